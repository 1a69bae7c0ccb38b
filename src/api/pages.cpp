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

// The page that the path of an error page names.
Result<std::string_view> NamedErrorPage(const Location& location) {
  const auto code = PercentDecode(location.rest);
  if (const auto page = code ? ErrorPage(*code) : std::nullopt) return *page;
  return Fail(ErrorCode::kNoSuchRoute, "there is no error code of that name");
}

// Is the path one that can be? Nothing has methods where nothing can be.
Result<void> CheckPath(const Location& location) {
  switch (location.route) {
    case RouteId::kItem: {
      ItemKey key;
      return key.Parse(location);
    }
    case RouteId::kList:
    case RouteId::kBatchGet:
    case RouteId::kBatchWrite: {
      const Result<std::string> collection = DecodeCollection(location);
      if (!collection) return Fail(collection.error());
      return {};
    }
    case RouteId::kErrorPage: {
      const Result<std::string_view> page = NamedErrorPage(location);
      if (!page) return Fail(page.error());
      return {};
    }
    default:
      return {};
  }
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
  const Location& location = call.location;
  if (call.head.method == http::Method::kOptions) {
    const Result<void> good = CheckPath(location);
    return good ? AllowedMethods(location.route) : AnswerError(call, good.error());
  }
  if (const Result<void> good = ParseNoQuery(location.query); !good) {
    return AnswerError(call, good.error());
  }
  if (location.route == RouteId::kIndex) return Text(*index_, index_, kPlainText);
  if (location.route == RouteId::kOpenApi) return Text(*open_api_, open_api_, "application/json");
  const Result<std::string_view> page = NamedErrorPage(location);
  return page ? Text(*page, nullptr, kPlainText) : AnswerError(call, page.error());
}

}  // namespace coolkit::api
