#include "api/query.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "api/location.h"
#include "base/text.h"

namespace coolkit::api {
namespace {

struct Pair {
  std::string name;
  std::string value;
};

Error Refusal(std::string detail) { return Error{ErrorCode::kInvalidQuery, std::move(detail), {}}; }

// The pairs of a query, decoded; each name is one of `known` and stands there once.
Result<std::vector<Pair>> ParsePairs(std::string_view query,
                                     std::span<const std::string_view> known) {
  std::vector<Pair> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view text = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (text.empty()) continue;
    const std::size_t equals = std::min(text.find('='), text.size());
    auto name = PercentDecode(text.substr(0, equals));
    auto value = PercentDecode(text.substr(std::min(equals + 1, text.size())));
    if (!name || !value) return Fail(Refusal("a query parameter has a bad escape"));
    if (!IsValidUtf8(*name) || !IsValidUtf8(*value)) {
      return Fail(Refusal("a query parameter is not valid UTF-8"));
    }
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      return Fail(Refusal("this call has no query parameter \"" + *name + "\""));
    }
    for (const Pair& pair : pairs) {
      if (pair.name == *name) return Fail(Refusal("\"" + *name + "\" is given twice"));
    }
    pairs.push_back({std::move(*name), std::move(*value)});
  }
  return pairs;
}

Result<void> ReadListParameter(Pair& pair, ListQuery& list) {
  if (pair.name == "prefix") {
    if (pair.value.size() > model::kMaxKeyBytes) {
      return Fail(Refusal("the prefix has more than 512 bytes"));
    }
    if (pair.value.find('\0') != std::string::npos) {
      return Fail(Refusal("the prefix contains NUL"));
    }
    list.prefix = std::move(pair.value);
  } else if (pair.name == "page_size") {
    const auto size = ParseDecimal(pair.value);
    if (!size || *size < 1 || *size > model::kMaxPageSize) {
      return Fail(Refusal("page_size is a whole number from 1 to 1000"));
    }
    list.page_size = static_cast<std::size_t>(*size);
  } else if (pair.name == "page_token") {
    list.page_token = std::move(pair.value);
  } else {
    if (pair.value != "true" && pair.value != "false") {
      return Fail(Refusal("values is true or false"));
    }
    list.values = pair.value == "true";
  }
  return {};
}

}  // namespace

Result<milliseconds> ParseTtl(std::string_view text) {
  const Result<milliseconds> ttl = ParseDuration(text);
  if (ttl && ttl->count() <= model::kMaxTtlMs) return *ttl;
  return Fail(ErrorCode::kInvalidTtl,
              "ttl is a whole number above 0 and a unit (ms, s, m, h, d), at most 3650d");
}

Result<void> ParseNoQuery(std::string_view query) {
  if (query.empty()) return {};
  const Result<std::vector<Pair>> pairs = ParsePairs(query, {});
  if (!pairs) return Fail(pairs.error());
  return {};
}

Result<std::optional<milliseconds>> ParsePutQuery(std::string_view query) {
  if (query.empty()) return std::optional<milliseconds>();
  static constexpr std::string_view kKnown[] = {"ttl"};
  const Result<std::vector<Pair>> pairs = ParsePairs(query, kKnown);
  if (!pairs) return Fail(pairs.error());
  if (pairs->empty()) return std::optional<milliseconds>();
  const Result<milliseconds> ttl = ParseTtl(pairs->front().value);
  if (!ttl) return Fail(ttl.error());
  return std::optional(*ttl);
}

Result<ListQuery> ParseListQuery(std::string_view query) {
  static constexpr std::string_view kKnown[] = {"prefix", "page_size", "page_token", "values"};
  Result<std::vector<Pair>> pairs = ParsePairs(query, kKnown);
  if (!pairs) return Fail(pairs.error());
  ListQuery list;
  for (Pair& pair : *pairs) {
    const Result<void> read = ReadListParameter(pair, list);
    if (!read) return Fail(read.error());
  }
  return list;
}

}  // namespace coolkit::api
