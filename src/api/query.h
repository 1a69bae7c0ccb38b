// Why: a misspelt query parameter that is ignored stores a value without its expiry; so unknown,
// repeated and malformed ones are refused. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/limits.h"

namespace coolkit::api {

// `^[1-9][0-9]*(ms|s|m|h|d)$`, at most 3650d. Errors: kInvalidTtl.
[[nodiscard]] Result<milliseconds> ParseTtl(std::string_view text);

// For calls without parameters. Errors: kInvalidQuery.
[[nodiscard]] Result<void> ParseNoQuery(std::string_view query);

// PUT: `ttl`; nothing: no expiry. Errors: kInvalidQuery, kInvalidTtl.
[[nodiscard]] Result<std::optional<milliseconds>> ParsePutQuery(std::string_view query);

struct ListQuery {
  std::string prefix;
  std::size_t page_size = model::kDefaultPageSize;
  std::optional<std::string> page_token;
  bool values = false;
};
// Errors: kInvalidQuery. The page token is only decoded, not judged.
[[nodiscard]] Result<ListQuery> ParseListQuery(std::string_view query);

}  // namespace coolkit::api
