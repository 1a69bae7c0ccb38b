#include "api/problem.h"

#include <algorithm>
#include <cstdint>

#include "api/error_table.h"
#include "base/text.h"
#include "json/writer.h"

namespace coolkit::api {
namespace {

// 503 and 429 always say when to try again.
constexpr std::int64_t kFallbackRetryAfterSeconds = 1;

std::int64_t RetryAfterSeconds(const Error& error, const ErrorRow& row, int status) {
  const std::int64_t asked = (error.retry_after.count() + 999) / 1000;
  const std::int64_t seconds = asked > 0 ? asked : row.retry_after_seconds;
  const bool required = status == 503 || status == 429;
  return required ? std::max(seconds, kFallbackRetryAfterSeconds) : seconds;
}

}  // namespace

std::string ProblemBody(const Error& error, int status, std::string_view trace_id) {
  const ErrorRow& row = ErrorRowOf(error.code);
  const std::string_view code = ErrorCodeName(row.code);
  std::string body;
  body.reserve(256 + error.detail.size());
  json::Writer writer(body);
  writer.BeginObject();
  writer.Field("type", "/errors/" + std::string(code));
  writer.Field("title", row.title);
  writer.Field("status", status);
  // What only the process knows about is not the client's to read.
  const bool presentable =
      error.code == row.code && !error.detail.empty() && IsValidUtf8(error.detail);
  writer.Field("detail", presentable ? std::string_view(error.detail) : row.help);
  writer.Field("code", code);
  writer.Field("retryable", row.retryable);
  writer.Field("trace_id", trace_id);
  writer.EndObject();
  body += '\n';
  return body;
}

http::Response Problem(const Error& error, std::string_view trace_id, Caching caching) {
  return ProblemWithStatus(ErrorRowOf(error.code).status, error, trace_id, caching);
}

http::Response ProblemWithStatus(int status, const Error& error, std::string_view trace_id,
                                 Caching caching) {
  http::Response response;
  response.status = status;
  response.headers =
      "Content-Type: application/problem+json\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: sandbox\r\n";
  response.headers +=
      caching == Caching::kAskAgain ? "Cache-Control: no-cache\r\n" : "Cache-Control: no-store\r\n";
  const std::int64_t retry_after = RetryAfterSeconds(error, ErrorRowOf(error.code), status);
  if (retry_after > 0) {
    response.headers += "Retry-After: " + std::to_string(retry_after) + "\r\n";
  }
  response.body = OwnedBytes(ProblemBody(error, status, trace_id));
  return response;
}

}  // namespace coolkit::api
