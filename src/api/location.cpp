#include "api/location.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "model/limits.h"

namespace coolkit::api {
namespace {

constexpr std::string_view kItemsPrefix = "/v1/kv/";
constexpr std::string_view kBatchGetSuffix = ":batchGet";
constexpr std::string_view kBatchWriteSuffix = ":batchWrite";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Cuts the text up to the next `/` off the front of `path`, which starts with one.
std::string_view NextSegment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool SegmentIs(std::string_view raw, std::string_view text) {
  if (raw == text) return true;
  return raw.find('%') != std::string_view::npos && PercentDecode(raw) == text;
}

// `path` is what follows /v1/kv, beginning with `/`.
void LocateInCollection(std::string_view path, Location& location) {
  const std::string_view segment = NextSegment(path);
  location.collection = segment;
  if (!path.empty()) {
    location.route = RouteId::kItem;
    location.rest = path.substr(1);
  } else if (segment.ends_with(kBatchGetSuffix)) {
    location.route = RouteId::kBatchGet;
    location.collection.remove_suffix(kBatchGetSuffix.size());
  } else if (segment.ends_with(kBatchWriteSuffix)) {
    location.route = RouteId::kBatchWrite;
    location.collection.remove_suffix(kBatchWriteSuffix.size());
  } else {
    location.route = RouteId::kList;
  }
}

void LocateElsewhere(std::string_view path, Location& location) {
  const std::string_view first = NextSegment(path);
  if (path.empty()) {
    if (first.empty()) location.route = RouteId::kIndex;
    if (SegmentIs(first, "openapi.json")) location.route = RouteId::kOpenApi;
    return;
  }
  if (SegmentIs(first, "errors")) {
    location.rest = NextSegment(path);
    if (path.empty()) location.route = RouteId::kErrorPage;
  } else if (SegmentIs(first, "v1") && SegmentIs(NextSegment(path), "kv") && !path.empty()) {
    LocateInCollection(path, location);
  }
}

// Keys that are the same raw and decoded, and surely valid but for their length: visible ASCII
// without `%` and `.`.
bool IsPlain(std::string_view raw) {
  return std::all_of(raw.begin(), raw.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '%' && c != '.'; });
}

}  // namespace

Location Locate(std::string_view target) {
  Location location;
  if (target == "*") {
    location.route = RouteId::kServer;
    return location;
  }
  if (!target.starts_with('/')) return location;
  std::string_view path = target;
  if (const std::size_t mark = target.find('?'); mark != std::string_view::npos) {
    path = target.substr(0, mark);
    location.query = target.substr(mark + 1);
  }
  if (path.starts_with(kItemsPrefix)) {
    LocateInCollection(path.substr(kItemsPrefix.size() - 1), location);
  } else {
    LocateElsewhere(path, location);
  }
  return location;
}

std::optional<std::string> PercentDecode(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      out += raw[i];
      continue;
    }
    if (raw.size() - i < 3) return std::nullopt;
    const int high = HexValue(raw[i + 1]);
    const int low = HexValue(raw[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<std::string> DecodeCollection(const Location& location) {
  auto decoded = PercentDecode(location.collection);
  if (!decoded) return Fail(ErrorCode::kInvalidCollection, "the collection has a bad escape");
  const Result<void> valid = model::ValidateCollection(*decoded);
  if (!valid) return Fail(valid.error());
  return std::move(*decoded);
}

Result<void> ItemKey::Parse(const Location& location) {
  ref_.collection = location.collection;
  if (location.collection.find('%') == std::string_view::npos) {
    Result<void> valid = model::ValidateCollection(location.collection);
    if (!valid) return valid;
  } else {
    Result<std::string> decoded = DecodeCollection(location);
    if (!decoded) return Fail(decoded.error());
    collection_ = std::move(*decoded);
    ref_.collection = collection_;
  }
  ref_.key = location.rest;
  const bool plain = !location.rest.empty() && location.rest.size() <= model::kMaxKeyBytes &&
                     IsPlain(location.rest);
  if (!plain) {
    auto decoded = PercentDecode(location.rest);
    if (!decoded) return Fail(ErrorCode::kInvalidKey, "the key has a bad escape");
    key_ = std::move(*decoded);
    ref_.key = key_;
    Result<void> valid = model::ValidateKey(key_);
    if (!valid) return valid;
  }
  ref_.hash = model::HashKey(ref_.collection, ref_.key);
  return {};
}

}  // namespace coolkit::api
