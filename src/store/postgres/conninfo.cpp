#include "store/postgres/conninfo.h"

#include <libpq-fe.h>

namespace coolkit::store {
namespace {

// Would libpq take it? Its message may quote a part of the URL, so it is not passed on.
bool IsTaken(const std::string& url) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  PQconninfoFree(options);
  PQfreemem(message);
  return options != nullptr;
}

}  // namespace

Result<PostgresUrl> ParsePostgresUrl(std::string_view url) {
  PostgresUrl parsed;
  const std::size_t query_at = url.find('?');
  parsed.text = url.substr(0, query_at);
  std::string_view query =
      query_at == std::string_view::npos ? std::string_view() : url.substr(query_at + 1);
  char separator = '?';
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (item.substr(0, item.find('=')) == "pooler") {
      if (item != "pooler=transaction" && item != "pooler=none") {
        return Fail(ErrorCode::kInvalidRequest,
                    "pooler=… of the database URL must be transaction or none");
      }
      parsed.transaction_pooler = item == "pooler=transaction";
      continue;
    }
    parsed.text += separator;
    parsed.text += item;
    separator = '&';
  }
  if (!IsTaken(parsed.text)) {
    return Fail(ErrorCode::kInvalidRequest,
                "the PostgreSQL URL (not shown) is malformed or has a parameter that libpq does "
                "not know; special characters in it must be percent-encoded");
  }
  return parsed;
}

}  // namespace coolkit::store
