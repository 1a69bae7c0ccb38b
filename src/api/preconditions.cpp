#include "api/preconditions.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/text.h"

namespace coolkit::api {
namespace {

constexpr bool IsEntityTagCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte <= 0x7E) || byte >= 0x80;
}

void SkipSpace(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

// The version that an opaque tag of ours spells.
std::optional<model::Version> VersionOf(std::string_view opaque) {
  const auto number = ParseDecimal(opaque);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!number || *number > kMax) return std::nullopt;
  return model::Version{static_cast<std::int64_t>(*number)};
}

// Cuts one entity tag off the front; false when there is none.
bool TakeTag(std::string_view& text, std::vector<EntityTags::Tag>& tags) {
  const bool weak = text.starts_with("W/");
  if (weak) text.remove_prefix(2);
  if (text.empty() || text.front() != '"') return false;
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return false;
  const std::string_view opaque = text.substr(1, end - 1);
  if (!std::all_of(opaque.begin(), opaque.end(), IsEntityTagCharacter)) return false;
  text.remove_prefix(end + 1);
  if (const auto version = VersionOf(opaque)) tags.push_back({*version, weak});
  return true;
}

Error Malformed(std::string_view name) {
  return Error{ErrorCode::kInvalidHeader,
               std::string(name) + " is * or a list of entity tags, like \"1024\", \"2048\"",
               {}};
}

std::int64_t ModifiedSeconds(const model::Entry& entry) {
  return std::chrono::floor<seconds>(entry.modified_at()).time_since_epoch().count();
}

model::Condition In(std::vector<model::Version> versions) {
  return {model::Condition::Kind::kIn, std::move(versions)};
}

// If-Match and If-None-Match together, where one condition says the same.
std::optional<model::Condition> Combine(const EntityTags& match, const EntityTags& none_match) {
  if (none_match.any) return In({});  // present and absent at once
  if (match.any) {
    if (none_match.tags.empty()) return model::Condition{model::Condition::Kind::kPresent, {}};
    return std::nullopt;  // present, and its version none of these
  }
  std::vector<model::Version> versions;
  for (const EntityTags::Tag& tag : match.tags) {
    if (!tag.weak && !none_match.MatchesWeakly(tag.version)) versions.push_back(tag.version);
  }
  return In(std::move(versions));
}

}  // namespace

bool EntityTags::MatchesStrongly(model::Version version) const {
  return any || std::any_of(tags.begin(), tags.end(), [version](const Tag& tag) {
           return !tag.weak && tag.version == version;
         });
}

bool EntityTags::MatchesWeakly(model::Version version) const {
  return any || std::any_of(tags.begin(), tags.end(),
                            [version](const Tag& tag) { return tag.version == version; });
}

Result<EntityTags> ParseEntityTags(std::string_view name, std::string_view value) {
  EntityTags result;
  std::string_view left = value;
  SkipSpace(left);
  if (left.starts_with('*')) {
    left.remove_prefix(1);
    SkipSpace(left);
    if (!left.empty()) return Fail(Malformed(name));
    result.any = true;
    return result;
  }
  bool some = false;
  // RFC 9110 section 5.6.1.2: empty list elements are skipped.
  for (bool comma = true; !left.empty();) {
    if (left.front() == ',') {
      left.remove_prefix(1);
      comma = true;
    } else {
      if (!comma || !TakeTag(left, result.tags)) return Fail(Malformed(name));
      comma = false;
      some = true;
    }
    SkipSpace(left);
  }
  if (!some) return Fail(Malformed(name));
  return result;
}

bool HasPreconditions(const http::RequestHead& head) {
  using http::Field;
  return head.Find(Field::kIfMatch) != nullptr || head.Find(Field::kIfNoneMatch) != nullptr ||
         head.Find(Field::kIfModifiedSince) != nullptr ||
         head.Find(Field::kIfUnmodifiedSince) != nullptr;
}

Result<Preconditions> ParsePreconditions(const http::RequestHead& head) {
  using http::Field;
  Preconditions result;
  if (!HasPreconditions(head)) return result;
  const auto tags = [&head](Field field, std::string_view name,
                            std::optional<EntityTags>& into) -> Result<void> {
    if (head.Find(field) == nullptr) return {};
    Result<EntityTags> parsed = ParseEntityTags(name, head.Joined(field));
    if (!parsed) return Fail(parsed.error());
    into = std::move(*parsed);
    return {};
  };
  // A date given twice is none.
  const auto date = [&head](Field field) -> std::optional<std::int64_t> {
    if (head.Find(field) == nullptr) return std::nullopt;
    return http::ParseHttpDate(head.Joined(field));
  };
  if (const auto read = tags(Field::kIfMatch, "If-Match", result.if_match); !read) {
    return Fail(read.error());
  }
  if (const auto read = tags(Field::kIfNoneMatch, "If-None-Match", result.if_none_match); !read) {
    return Fail(read.error());
  }
  if (!result.if_match) result.if_unmodified_since = date(Field::kIfUnmodifiedSince);
  const bool reading = head.method == http::Method::kGet || head.method == http::Method::kHead;
  if (reading && !result.if_none_match) result.if_modified_since = date(Field::kIfModifiedSince);
  return result;
}

Verdict Evaluate(const Preconditions& preconditions, const model::Entry& current, bool reading) {
  const bool present = current.present();
  if (preconditions.if_match) {
    if (!present || !preconditions.if_match->MatchesStrongly(current.version())) {
      return Verdict::kFailed;
    }
  } else if (preconditions.if_unmodified_since && present) {
    // Without a modification date the field is ignored (RFC 9110 section 13.1.4).
    if (ModifiedSeconds(current) > *preconditions.if_unmodified_since) return Verdict::kFailed;
  }
  if (preconditions.if_none_match) {
    if (present && preconditions.if_none_match->MatchesWeakly(current.version())) {
      return reading ? Verdict::kNotModified : Verdict::kFailed;
    }
  } else if (reading && preconditions.if_modified_since) {
    if (present && ModifiedSeconds(current) <= *preconditions.if_modified_since) {
      return Verdict::kNotModified;
    }
  }
  return Verdict::kProceed;
}

std::optional<model::Condition> ToCondition(const Preconditions& preconditions) {
  using Kind = model::Condition::Kind;
  if (preconditions.if_modified_since || preconditions.if_unmodified_since) return std::nullopt;
  if (preconditions.if_match && preconditions.if_none_match) {
    return Combine(*preconditions.if_match, *preconditions.if_none_match);
  }
  if (preconditions.if_match) {
    const EntityTags& match = *preconditions.if_match;
    if (match.any) return model::Condition{Kind::kPresent, {}};
    std::vector<model::Version> versions;
    for (const EntityTags::Tag& tag : match.tags) {
      if (!tag.weak) versions.push_back(tag.version);
    }
    return In(std::move(versions));
  }
  if (preconditions.if_none_match) {
    const EntityTags& none_match = *preconditions.if_none_match;
    if (none_match.any) return model::Condition{Kind::kAbsent, {}};
    if (none_match.tags.empty()) return model::Condition{};
    std::vector<model::Version> versions;
    for (const EntityTags::Tag& tag : none_match.tags) versions.push_back(tag.version);
    return model::Condition{Kind::kNotIn, std::move(versions)};
  }
  return model::Condition{};
}

}  // namespace coolkit::api
