// Why: conditional requests are how clients write without losing each other's updates, so they
// follow RFC 9110 section 13 exactly: what the store's write statement can judge becomes its
// condition, the rest is evaluated here on a strong read. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "model/condition.h"
#include "model/entry.h"

namespace coolkit::api {

// `*` or a list of entity tags. A tag that is well formed but none of ours can't match, so only
// the versions of ours are kept.
struct EntityTags {
  struct Tag {
    model::Version version;
    bool weak = false;
  };
  bool any = false;  // `*`
  std::vector<Tag> tags;

  // Strong comparison: a weak tag never matches (RFC 9110 section 8.8.3.2).
  [[nodiscard]] bool MatchesStrongly(model::Version version) const;
  [[nodiscard]] bool MatchesWeakly(model::Version version) const;
};

// Errors: kInvalidHeader. `name` is for the message.
[[nodiscard]] Result<EntityTags> ParseEntityTags(std::string_view name, std::string_view value);

// What a request demands of the current state. Dates are Unix seconds.
struct Preconditions {
  std::optional<EntityTags> if_match;
  std::optional<EntityTags> if_none_match;
  std::optional<std::int64_t> if_modified_since;    // never beside if_none_match
  std::optional<std::int64_t> if_unmodified_since;  // never beside if_match

  [[nodiscard]] bool empty() const {
    return !if_match && !if_none_match && !if_modified_since && !if_unmodified_since;
  }
};

// Is one of the four fields there at all?
[[nodiscard]] bool HasPreconditions(const http::RequestHead& head);

// Reads the four fields. A date that is none is ignored, as RFC 9110 demands; so is
// If-Modified-Since unless the method is GET or HEAD. Errors: kInvalidHeader.
[[nodiscard]] Result<Preconditions> ParsePreconditions(const http::RequestHead& head);

enum class Verdict : std::uint8_t {
  kProceed,
  kFailed,       // 412
  kNotModified,  // 304, for reads
};

// In the order of RFC 9110 section 13.2.2. `reading`: GET or HEAD. The entry may be absent.
[[nodiscard]] Verdict Evaluate(const Preconditions& preconditions, const model::Entry& current,
                               bool reading);

// The condition of a write, if the store can judge it; else nothing.
[[nodiscard]] std::optional<model::Condition> ToCondition(const Preconditions& preconditions);

}  // namespace coolkit::api
