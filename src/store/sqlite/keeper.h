// Why: a disk that was full, a file that was replaced, a network file system that came back: a
// store recovers without a restart, because each thread opens its connection again when the old
// one is not to be trusted. Failures are counted by reason and logged, but not more than once a
// second.
// Not thread-safe: each worker has its own.
#pragma once

#include <string>
#include <utility>

#include "store/sqlite/shared.h"

namespace coolkit::store {

class ConnectionKeeper {
 public:
  struct Options {
    int cache_kib = 2048;
    bool read_only = false;
  };
  ConnectionKeeper(SqliteShared& shared, Options options) : shared_(shared), options_(options) {}
  ~ConnectionKeeper() { SetOpen(false); }

  // The first time; the error is for the person who starts the server and names the path.
  template <class User>
  [[nodiscard]] Result<void> Start(User& user, bool create) {
    Result<Connection> connection = Open(create, shared_.options.start_timeout);
    if (!connection) return coolkit::Fail(std::move(connection.error()));
    return Take(user, std::move(*connection));
  }

  // A connection to work with, opened again if need be. The error is for clients.
  template <class User>
  [[nodiscard]] Result<void> Ensure(User& user) {
    if (user.connection().is_open()) {
      if (!HasMoved(user.connection())) return {};
      NoteMoved();
      Close(user);
    }
    Result<Connection> connection = Reopen();
    if (!connection) return coolkit::Fail(std::move(connection.error()));
    return Take(user, std::move(*connection));
  }

  template <class User>
  void Close(User& user) {
    user.Close();
    SetOpen(false);
  }

  // What a failure means for clients; closes the connection if it is not to be trusted.
  template <class User>
  [[nodiscard]] Error Explain(User& user, int code, SqliteStage stage) {
    SqliteFailure failure = ExplainFailure(user.connection().get(), code, stage);
    Note(failure);
    if (failure.reopen) Close(user);
    return std::move(failure.error);
  }

  // While one lives, the connection counts as in use.
  class Use {
   public:
    explicit Use(ConnectionKeeper& keeper) : metrics_(keeper.shared_.metrics) { Add(1); }
    ~Use() { Add(-1); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    void Add(double delta) {
      metrics_.connections_in_use.Add(delta);
      metrics_.connections_idle.Add(-delta);
    }
    StoreMetrics& metrics_;
  };

 private:
  // The files that a connection has open, as they are named.
  struct Files {
    std::string database;
    std::string log;
    std::string index;
  };
  template <class User>
  [[nodiscard]] Result<void> Take(User& user, Connection connection) {
    if (const int code = user.Use(std::move(connection)); code != SQLITE_OK) {
      return coolkit::Fail(Explain(user, code, SqliteStage::kWork));
    }
    SetOpen(true);
    return {};
  }
  [[nodiscard]] Files FilesNow() const;
  // Another database is at the path, but the log beside it still belongs to the one before:
  // SQLite would play it into the wrong file.
  [[nodiscard]] bool HasForeignLog() const;
  [[nodiscard]] std::unexpected<Error> NotOpened(const Error& error);
  [[nodiscard]] Result<Connection> Open(bool create, milliseconds timeout);
  [[nodiscard]] Result<Connection> Reopen();
  void Note(const SqliteFailure& failure);
  void NoteMoved();
  void SetOpen(bool open);
  // At most once a second.
  void Warn(std::string_view message, const Error& error);

  SqliteShared& shared_;
  const Options options_;
  bool open_ = false;
  bool failed_ = false;  // since it was last opened
  Files files_;
  BootTime next_attempt_ = kMinusInfinity;
  BootTime next_warning_ = kMinusInfinity;
  Error last_error_;
};

}  // namespace coolkit::store
