#include "store/postgres/session.h"

#include <future>
#include <utility>

#include "base/clock.h"
#include "net/wait_ready.h"
#include "store/postgres/conninfo.h"
#include "store/postgres/pg_result.h"
#include "store/postgres/sqlstate.h"

namespace coolkit::store {
namespace {

constexpr milliseconds kDialTime{30'000};

void IgnoreNotice(void* /*context*/, const PGresult* /*notice*/) {}

std::unexpected<Error> Explain(const PgResult& result) {
  const Refusal why = RefusalOf(result.sqlstate());
  std::string said(result.message());
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return Fail(why.code, std::string(why.words) + ": " + said);
}

// Goes on until the connection is made or can't be. False: not in time.
bool FinishConnecting(PGconn* connection, milliseconds time) {
  const SystemClock clock;
  const BootTime deadline = clock.Now() + time;
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  if (PQstatus(connection) == CONNECTION_BAD) next = PGRES_POLLING_FAILED;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    const net::Interest interest =
        next == PGRES_POLLING_READING ? net::Interest::kReadable : net::Interest::kWritable;
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.Now());
    if (!net::BlockUntilReady(PQsocket(connection), interest, left)) return false;
    next = PQconnectPoll(connection);
  }
  return true;
}

std::expected<Route, DialFailure> DialAndWait(Dialer* dialer) {
  if (dialer == nullptr) return Route{};
  const SystemClock clock;
  std::promise<std::expected<Route, DialFailure>> dialed;
  dialer->Dial(clock.Now() + kDialTime, [&dialed](std::expected<Route, DialFailure> route) {
    dialed.set_value(std::move(route));
  });
  return dialed.get_future().get();
}

}  // namespace

std::expected<PgSession, PgSession::Unreached> PgSession::Reach(const std::string& url,
                                                                milliseconds connect_timeout,
                                                                Dialer* dialer) {
  const Result<PostgresUrl> parsed = ParsePostgresUrl(url);
  if (!parsed) return std::unexpected(Unreached{parsed.error(), "other", false});
  std::string tried;
  std::string_view words;
  std::string_view reason;
  for (std::size_t host = 0; host < parsed->attempts(); ++host) {
    std::expected<Route, DialFailure> route = DialAndWait(dialer);
    if (!route) {
      return std::unexpected(
          Unreached{Error{ErrorCode::kDatabaseUnavailable,
                          "the database can't be reached: " + std::move(route.error().message),
                          {}},
                    route.error().reason, IsPassing(route.error().reason)});
    }
    PgSession session(StartConnecting(*parsed, host, *route, "coolkit migrate"));
    PGconn* const connection = session.connection_.get();
    PQsetNoticeReceiver(connection, &IgnoreNotice, nullptr);
    const milliseconds time = parsed->connect_timeout.value_or(connect_timeout);
    const bool in_time = FinishConnecting(connection, time);
    if (in_time && PQstatus(connection) == CONNECTION_OK) {
      PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
      return session;
    }
    std::string message = in_time ? PQerrorMessage(connection) : "no answer in time";
    const auto known = route->news ? route->news->failure() : std::nullopt;
    if (known) message = known->message;
    const std::string_view state = SqlstateInMessage(message);
    words = state.empty() ? "the database can't be reached" : RefusalOf(state).words;
    reason = known ? known->reason : in_time ? ConnectReason(message) : "timeout";
    tried += (tried.empty() ? "" : "; ") + InOneLine(message);
  }
  return std::unexpected(
      Unreached{Error{ErrorCode::kDatabaseUnavailable, std::string(words) + ": " + tried, {}},
                reason, IsPassing(reason)});
}

Result<PgSession> PgSession::Connect(const std::string& url, milliseconds connect_timeout,
                                     Dialer* dialer) {
  std::expected<PgSession, Unreached> session = Reach(url, connect_timeout, dialer);
  if (!session) return Fail(std::move(session.error().error));
  return std::move(*session);
}

Result<std::vector<PgSession::Row>> PgSession::Query(const char* sql,
                                                     const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const PgResult result(PQexecParams(connection_.get(), sql, static_cast<int>(values.size()),
                                     nullptr, values.data(), nullptr, nullptr, 0));
  if (!result.ok()) return Explain(result);
  std::vector<Row> rows;
  for (int i = 0; i < result.rows(); ++i) {
    Row row;
    for (int column = 0; column < result.columns(); ++column) {
      if (result.IsNull(i, column)) {
        row.emplace_back();
      } else {
        row.emplace_back(std::string(result.Bytes(i, column)));
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> PgSession::Execute(const std::string& sql) {
  const PgResult result(PQexec(connection_.get(), sql.c_str()));
  if (!result.ok()) return Explain(result);
  return {};
}

}  // namespace coolkit::store
