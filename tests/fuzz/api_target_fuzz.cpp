// Any bytes as a request target: never a crash; a key that is accepted is a valid key, and means
// the same when every byte of it is percent-encoded; no encoding moves a request to another route.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/location.h"
#include "api/page_token.h"
#include "api/query.h"
#include "base/check.h"
#include "base/text.h"

namespace {

using coolkit::api::ItemKey;
using coolkit::api::Locate;
using coolkit::api::Location;
using coolkit::api::RouteId;

std::string Encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) encoded += "%" + coolkit::HexEncode(std::string_view(&c, 1));
  return encoded;
}

void CheckItem(const Location& location) {
  ItemKey key;
  if (!key.Parse(location)) return;
  CHECK(coolkit::model::ValidateCollection(key.ref().collection));
  CHECK(coolkit::model::ValidateKey(key.ref().key));
  const std::string target = "/v1/kv/" + Encode(key.ref().collection) + "/" + Encode(key.ref().key);
  const Location again = Locate(target);
  CHECK(again.route == RouteId::kItem);
  ItemKey same;
  CHECK(same.Parse(again));
  CHECK(same.ref() == key.ref());
}

void CheckList(const Location& location) {
  const auto query = coolkit::api::ParseListQuery(location.query);
  if (!query) return;
  CHECK(coolkit::IsValidUtf8(query->prefix) && query->page_size >= 1 && query->page_size <= 1000);
  const std::string end = coolkit::api::PrefixEnd(query->prefix);
  CHECK(coolkit::IsValidUtf8(end) && (end.empty() || end > query->prefix));
  if (!query->page_token) return;
  const auto from = coolkit::api::ReadPageToken(*query->page_token, "c", query->prefix);
  CHECK(!from || from->starts_with(query->prefix));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  const Location location = Locate(target);
  static_cast<void>(coolkit::api::DecodeCollection(location));
  static_cast<void>(coolkit::api::ParsePutQuery(location.query));
  static_cast<void>(coolkit::api::ParseNoQuery(location.query));
  if (location.route == RouteId::kItem) CheckItem(location);
  CheckList(location);
  return 0;
}
