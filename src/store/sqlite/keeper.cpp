#include "store/sqlite/keeper.h"

#include <algorithm>

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
  if (!connection) timer.Failed();
  return connection;
}

Result<Connection> ConnectionKeeper::Reopen() {
  if (shared_.clock.Now() < next_attempt_) return coolkit::Fail(last_error_);
  Result<Connection> connection =
      Open(/*create=*/false, std::min(kReopenTimeout, shared_.options.start_timeout));
  if (connection) {
    shared_.log.Info("database opened again");
    return connection;
  }
  shared_.metrics.ConnectionError("open").Add();
  Warn("database could not be opened", connection.error());
  next_attempt_ = shared_.clock.Now() + shared_.options.reopen_pause;
  // Clients don't learn the path.
  last_error_ = {ErrorCode::kDatabaseUnavailable, "the database file could not be opened", {}};
  return coolkit::Fail(last_error_);
}

void ConnectionKeeper::Note(const SqliteFailure& failure) {
  shared_.metrics.ConnectionError(failure.reason).Add();
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
