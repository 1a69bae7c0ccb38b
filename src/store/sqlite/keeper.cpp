#include "store/sqlite/keeper.h"

#include <algorithm>

#include "store/sqlite/database_file.h"

namespace coolkit::store {
namespace {

// How long a worker may be stuck in opening its file again; its queue's deadlines are kept by the
// sweeper meanwhile.
constexpr milliseconds kReopenTimeout{1000};

}  // namespace

Result<Connection> ConnectionKeeper::Open(bool create, milliseconds timeout) {
  OpenOptions open = shared_.OpenOptionsFor(options_.cache_kib);
  open.create = create;
  open.read_only = options_.read_only;
  open.timeout = timeout;
  StatementTimer timer(shared_, shared_.metrics.Statement("open"));
  Result<Connection> connection = OpenDatabase(open, shared_.clock);
  if (connection) {
    files_ = FilesNow();
  } else {
    timer.Failed();
  }
  return connection;
}

ConnectionKeeper::Files ConnectionKeeper::FilesNow() const {
  const std::string& path = shared_.options.path;
  return {FileIdentity(path), FileIdentity(path + "-wal"), FileIdentity(path + "-shm")};
}

bool ConnectionKeeper::HasForeignLog() const {
  const Files now = FilesNow();
  if (now.database.empty() || now.database == files_.database) return false;
  return (!now.log.empty() && now.log == files_.log) ||
         (!now.index.empty() && now.index == files_.index);
}

std::unexpected<Error> ConnectionKeeper::NotOpened(const Error& error) {
  shared_.metrics.ConnectionError("open").Add();
  Warn("database could not be opened", error);
  failed_ = true;
  next_attempt_ = shared_.clock.Now() + shared_.options.reopen_pause;
  // Clients don't learn the path.
  last_error_ = {ErrorCode::kDatabaseUnavailable, "the database file could not be opened", {}};
  return coolkit::Fail(last_error_);
}

Result<Connection> ConnectionKeeper::Reopen() {
  if (shared_.clock.Now() < next_attempt_) return coolkit::Fail(last_error_);
  if (HasForeignLog()) {
    return NotOpened({ErrorCode::kDatabaseUnavailable,
                      "database " + shared_.options.path +
                          ": the file was replaced, but the -wal and -shm files beside it belong "
                          "to the one before; stop all that use it and take them away too",
                      {}});
  }
  Result<Connection> connection =
      Open(/*create=*/false, std::min(kReopenTimeout, shared_.options.start_timeout));
  if (!connection) return NotOpened(connection.error());
  if (failed_) shared_.log.Info("database opened again");
  failed_ = false;
  return connection;
}

void ConnectionKeeper::Note(const SqliteFailure& failure) {
  shared_.metrics.ConnectionError(failure.reason).Add();
  if (failure.reopen) failed_ = true;
  Warn("database failed", failure.error);
}

void ConnectionKeeper::NoteMoved() {
  shared_.metrics.ConnectionError("moved").Add();
  shared_.log.Warn("database file was moved, removed or replaced");
}

void ConnectionKeeper::SetOpen(bool open) {
  if (open == open_) return;
  open_ = open;
  shared_.metrics.connections_idle.Add(open ? 1 : -1);
}

void ConnectionKeeper::Warn(std::string_view message, const Error& error) {
  const BootTime now = shared_.clock.Now();
  if (now < next_warning_) return;
  next_warning_ = now + seconds(1);
  shared_.log.Warn(
      message, {{"code", ErrorCodeName(error.code)}, {"detail", std::string_view(error.detail)}});
}

}  // namespace coolkit::store
