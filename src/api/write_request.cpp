#include "api/write_request.h"

#include <algorithm>

#include "api/freshness.h"
#include "api/query.h"
#include "http/names.h"

namespace coolkit::api {
namespace {

constexpr std::string_view kDefaultType = "application/octet-stream";

// The one value of a field that may stand there once. Errors: kInvalidHeader.
Result<std::string_view> Single(const http::RequestHead& head, http::Field field,
                                std::string_view name) {
  const http::Header* first = head.Find(field);
  if (first == nullptr) return std::string_view();
  const auto count = std::count_if(head.headers.begin(), head.headers.end(),
                                   [field](const http::Header& h) { return h.field == field; });
  if (count > 1) {
    return Fail(ErrorCode::kInvalidHeader, std::string(name) + " is given more than once");
  }
  return first->value;
}

Result<void> ParsePutFields(const http::RequestHead& head, WriteRequest& write) {
  // RFC 9110 section 14.5: a part must not be stored as if it were the whole.
  if (head.Find(http::Field::kContentRange) != nullptr) {
    return Fail(ErrorCode::kInvalidHeader, "a part of a value can't be put (Content-Range)");
  }
  const Result<std::string_view> type = Single(head, http::Field::kContentType, "Content-Type");
  if (!type) return Fail(type.error());
  write.content_type = type->empty() ? kDefaultType : *type;
  Result<void> valid = ValidateContentType(write.content_type);
  if (!valid) return valid;
  return RefuseContentCoding(head);
}

Result<void> ParsePatchFields(const http::RequestHead& head, WriteRequest& write) {
  const Result<std::string> type = MediaType(head);
  if (!type) return Fail(type.error());
  if (*type == "application/merge-patch+json") {
    write.format = PatchFormat::kMerge;
  } else if (*type == "application/json-patch+json") {
    write.format = PatchFormat::kOperations;
  } else {
    return Fail(ErrorCode::kUnsupportedMediaType, "PATCH takes " + std::string(kPatchTypes));
  }
  return RefuseContentCoding(head);
}

}  // namespace

Result<void> ValidateContentType(std::string_view content_type) {
  if (content_type.size() > model::kMaxContentTypeBytes) {
    return Fail(ErrorCode::kInvalidHeader, "the content type has more than 255 bytes");
  }
  const bool visible = std::all_of(content_type.begin(), content_type.end(),
                                   [](char c) { return c >= ' ' && c <= '~'; });
  const bool trimmed =
      !content_type.empty() && content_type.front() != ' ' && content_type.back() != ' ';
  if (visible && trimmed) return {};
  return Fail(ErrorCode::kInvalidHeader, "the content type is not visible ASCII");
}

Result<void> RefuseContentCoding(const http::RequestHead& head) {
  if (head.Find(http::Field::kContentEncoding) == nullptr) return {};
  const std::string codings = head.Joined(http::Field::kContentEncoding);
  for (std::string_view rest = codings; !rest.empty();) {
    const std::string_view coding = http::NextListMember(rest);
    if (!coding.empty() && !http::EqualsIgnoreCase(coding, "identity")) {
      return Fail(ErrorCode::kUnsupportedEncoding,
                  "Content-Encoding would be lost, so only identity is taken");
    }
  }
  return {};
}

Result<std::string> MediaType(const http::RequestHead& head) {
  const Result<std::string_view> value = Single(head, http::Field::kContentType, "Content-Type");
  if (!value) return Fail(value.error());
  std::string type(http::TrimBlanks(value->substr(0, value->find(';'))));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return type;
}

Result<void> WriteRequest::Parse(const http::RequestHead& head, const Location& location) {
  Result<void> good = key.Parse(location);
  if (!good) return good;
  if (head.method == http::Method::kPut) {
    const auto query = ParsePutQuery(location.query);
    if (!query) return Fail(query.error());
    ttl = *query;
    good = ParsePutFields(head, *this);
  } else {
    good = ParseNoQuery(location.query);
    if (good && head.method == http::Method::kPatch) good = ParsePatchFields(head, *this);
  }
  if (!good) return good;
  Result<Preconditions> conditions = ParsePreconditions(head);
  if (!conditions) return Fail(conditions.error());
  preconditions = std::move(*conditions);
  Result<std::optional<model::Token>> token = ParsePosition(head);
  if (!token) return Fail(token.error());
  position = *token;
  return {};
}

}  // namespace coolkit::api
