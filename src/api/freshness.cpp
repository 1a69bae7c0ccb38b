#include "api/freshness.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/names.h"

namespace coolkit::api {
namespace {

// Larger numbers mean this: any bound of ours is far below.
constexpr std::int64_t kSecondsMax = 10LL * 365 * 24 * 3600;

// Where the directive at the front ends: at a comma that is not inside a quoted string. Nothing:
// the quoted string has no end.
std::optional<std::size_t> DirectiveEnd(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      return i;
    }
  }
  if (quoted) return std::nullopt;
  return text.size();
}

// delta-seconds, also in the quoted form that recipients should take (RFC 9111 section 5.2); 0 when
// it is none.
nanoseconds DeltaSeconds(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                    [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return nanoseconds(0);
  std::int64_t number = 0;
  for (const char c : value) number = std::min(number * 10 + (c - '0'), kSecondsMax);
  return seconds(number);
}

void Tighten(std::optional<nanoseconds>& bound, nanoseconds by) {
  bound = bound ? std::min(*bound, by) : by;
}

void ApplyDirective(std::string_view directive, kv::ReadOptions& options) {
  const std::size_t equals = std::min(directive.find('='), directive.size());
  const std::string_view name = http::TrimBlanks(directive.substr(0, equals));
  const std::string_view value =
      http::TrimBlanks(directive.substr(std::min(equals + 1, directive.size())));
  if (http::EqualsIgnoreCase(name, "no-cache")) {
    options.strong = true;
  } else if (http::EqualsIgnoreCase(name, "no-store")) {
    options.store_nothing = true;
  } else if (http::EqualsIgnoreCase(name, "only-if-cached")) {
    options.only_if_cached = true;
  } else if (http::EqualsIgnoreCase(name, "max-age")) {
    const nanoseconds age = DeltaSeconds(value);
    if (age == nanoseconds(0)) options.strong = true;
    Tighten(options.staleness_max, age);
  } else if (http::EqualsIgnoreCase(name, "stale-if-error")) {
    Tighten(options.stale_if_error_max, DeltaSeconds(value));
  }
}

void ApplyCacheControl(std::string_view text, kv::ReadOptions& options) {
  while (!text.empty()) {
    const std::optional<std::size_t> end = DirectiveEnd(text);
    if (!end) {
      options.strong = true;
      return;
    }
    ApplyDirective(text.substr(0, *end), options);
    text.remove_prefix(std::min(*end + 1, text.size()));
  }
}

Result<void> ApplyMaxStaleness(std::string_view text, kv::ReadOptions& options) {
  const auto number = ParseDecimal(text);
  if (!number) {
    return Fail(ErrorCode::kInvalidHeader,
                "Coolkit-Max-Staleness-Ms is a whole number of milliseconds");
  }
  constexpr auto kMsMax = static_cast<std::uint64_t>(kSecondsMax) * 1000;
  const milliseconds bound(static_cast<std::int64_t>(std::min(*number, kMsMax)));
  if (bound.count() == 0) options.strong = true;
  Tighten(options.staleness_max, bound);
  return {};
}

}  // namespace

Result<std::optional<model::Token>> ParsePosition(const http::RequestHead& head) {
  if (head.Find(http::Field::kCoolkitPosition) == nullptr) return std::optional<model::Token>();
  const auto token = model::ParseToken(head.Joined(http::Field::kCoolkitPosition));
  if (!token) {
    return Fail(ErrorCode::kInvalidPosition,
                "Coolkit-Position is not one that an answer of this service gave");
  }
  return token;
}

Result<void> ParseFreshness(const http::RequestHead& head, kv::ReadOptions& options) {
  using http::Field;
  if (head.Find(Field::kCacheControl) != nullptr) {
    ApplyCacheControl(head.Joined(Field::kCacheControl), options);
  } else if (const http::Header* pragma = head.Find(Field::kPragma)) {
    // What HTTP/1.0 clients have instead (RFC 9111 section 5.4).
    if (http::EqualsIgnoreCase(pragma->value, "no-cache")) options.strong = true;
  }
  if (head.Find(Field::kCoolkitMaxStalenessMs) != nullptr) {
    Result<void> read = ApplyMaxStaleness(head.Joined(Field::kCoolkitMaxStalenessMs), options);
    if (!read) return read;
  }
  if (head.Find(Field::kCoolkitPosition) == nullptr) return {};
  const Result<std::optional<model::Token>> token = ParsePosition(head);
  if (!token) return Fail(token.error());
  options.token = *token;
  return {};
}

}  // namespace coolkit::api
