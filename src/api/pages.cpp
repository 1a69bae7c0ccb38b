#include "api/pages.h"

#include "api/answers.h"
#include "api/error_pages.h"  // generated from docs/errors/
#include "api/error_table.h"
#include "api/openapi.h"
#include "api/query.h"
#include "api/write_request.h"

namespace coolkit::api {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

std::string IndexText() {
  std::string text =
      "coolkit: an HTTP key-value store, as durable as its database and as fast as memory.\n\n"
      "  curl -X PUT --data-binary hello -H 'Content-Type: text/plain' $URL/v1/kv/demo/greeting\n"
      "  curl -i $URL/v1/kv/demo/greeting\n\n";
  for (const Route& route : Routes()) {
    for (const Operation& operation : route.operations) {
      if (operation.method == http::Method::kOptions || operation.method == http::Method::kHead) {
        continue;
      }
      std::string line(http::MethodName(operation.method));
      line.resize(8, ' ');
      line += route.path;
      line.resize(std::max<std::size_t>(line.size() + 2, 44), ' ');
      text += line;
      text += operation.summary;
      text += '\n';
    }
  }
  text += "\nDescribed in full by /openapi.json; every error by /errors/{code}.\n";
  return text;
}

http::Response Text(std::string_view text, std::shared_ptr<const void> owner,
                    std::string_view type) {
  http::Response response;
  response.headers = "X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nContent-Type: ";
  response.headers += type;
  response.headers += "\r\n";
  response.body = OwnedBytes(text, std::move(owner));
  return response;
}

http::Response AllowedMethods(RouteId route) {
  http::Response response;
  response.status = 204;
  response.headers = "Allow: " + std::string(RouteOf(route).allow) + "\r\n";
  if (FindOperation(route, http::Method::kPatch) != nullptr) {
    response.headers += "Accept-Patch: " + std::string(kPatchTypes) + "\r\n";
  }
  return response;
}

}  // namespace

std::optional<std::string_view> ErrorPage(std::string_view code) {
  for (const auto& [name, text] : kErrorPages) {
    if (name == code && FindErrorCode(code)) return text;
  }
  return std::nullopt;
}

Pages::Pages()
    : index_(std::make_shared<const std::string>(IndexText())),
      open_api_(std::make_shared<const std::string>(OpenApiJson())) {}

http::Response Pages::Answer(const Call& call) const {
  if (call.head.method == http::Method::kOptions) return AllowedMethods(call.location.route);
  if (const Result<void> good = ParseNoQuery(call.location.query); !good) {
    return AnswerError(call, good.error());
  }
  if (call.location.route == RouteId::kIndex) return Text(*index_, index_, kPlainText);
  if (call.location.route == RouteId::kOpenApi) {
    return Text(*open_api_, open_api_, "application/json");
  }
  const auto code = PercentDecode(call.location.rest);
  if (const auto page = code ? ErrorPage(*code) : std::nullopt) {
    return Text(*page, nullptr, kPlainText);
  }
  const Error unknown{ErrorCode::kNoSuchRoute, "there is no error code of that name", {}};
  return AnswerError(call, unknown);
}

}  // namespace coolkit::api
