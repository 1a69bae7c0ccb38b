#include "store/postgres/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "store/postgres/conninfo.h"
#include "store/postgres/pg_result.h"
#include "store/postgres/sqlstate.h"

namespace coolkit::store {
namespace {

void IgnoreNotice(void* /*context*/, const PGresult* /*notice*/) {}

std::unexpected<Error> Explain(const PgResult& result) {
  const Refusal why = RefusalOf(result.sqlstate());
  std::string said(result.message());
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return Fail(why.code, std::string(why.words) + ": " + said);
}

// The first line that says something, without the location in the server's source.
std::string FirstLine(std::string_view message) {
  return std::string(message.substr(0, message.find('\n')));
}

}  // namespace

Result<PgSession> PgSession::Connect(const std::string& url, milliseconds connect_timeout) {
  const Result<PostgresUrl> parsed = ParsePostgresUrl(url);
  if (!parsed) return Fail(parsed.error());
  const std::string timeout =
      std::to_string(std::max<std::int64_t>(2, connect_timeout.count() / 1000));
  const std::array<const char*, 5> names{"connect_timeout", "dbname", "fallback_application_name",
                                         "client_encoding", nullptr};
  const std::array<const char*, 5> values{timeout.c_str(), parsed->text.c_str(), "coolkit migrate",
                                          "UTF8", nullptr};
  PgSession session(PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/1));
  PGconn* const connection = session.connection_.get();
  CHECK(connection != nullptr);
  if (PQstatus(connection) != CONNECTION_OK) {
    return Fail(ErrorCode::kDatabaseUnavailable,
                "the database can't be reached: " + FirstLine(PQerrorMessage(connection)));
  }
  PQsetNoticeReceiver(connection, &IgnoreNotice, nullptr);
  return session;
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
