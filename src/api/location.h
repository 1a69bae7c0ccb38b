// Why: where a request goes is decided by its raw target alone, before anything is decoded: the
// target is split at its first four `/`, so no encoding can move it to another route. Cheap enough
// to be done again for the metrics. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/routes.h"
#include "base/result.h"
#include "model/key.h"

namespace coolkit::api {

// The raw parts of a target; views into it.
struct Location {
  RouteId route = RouteId::kNone;
  std::string_view collection;  // raw, without the custom method
  std::string_view rest;        // raw: the key (kItem), the code (kErrorPage)
  std::string_view query;       // raw, without `?`
};

// Takes a target as http::RequestHead has it: the origin form, or `*`. Anything else is nowhere.
[[nodiscard]] Location Locate(std::string_view target);

// Percent-decodes once; `+` stays a plus. Nothing on a bad escape.
[[nodiscard]] std::optional<std::string> PercentDecode(std::string_view raw);

// The decoded and checked collection. Errors: kInvalidCollection.
[[nodiscard]] Result<std::string> DecodeCollection(const Location& location);

// The decoded and checked key of a kItem location, without a copy where the raw text needs no
// decoding. Stays where it was made: ref() may point into it.
class ItemKey {
 public:
  ItemKey() = default;
  ItemKey(const ItemKey&) = delete;
  ItemKey& operator=(const ItemKey&) = delete;

  // The location's target outlives this. Errors: kInvalidCollection, kInvalidKey.
  [[nodiscard]] Result<void> Parse(const Location& location);
  [[nodiscard]] const model::KeyRef& ref() const { return ref_; }

 private:
  std::string collection_;
  std::string key_;
  model::KeyRef ref_;
};

}  // namespace coolkit::api
