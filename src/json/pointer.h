// Why: JSON Patch names places by JSON Pointer (RFC 6901). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coolkit::json {

// The reference tokens, with ~0 and ~1 resolved; none is the whole document.
using Pointer = std::vector<std::string>;

// Empty when `text` is no pointer: it is neither "" nor begins with a solidus, or a tilde is not
// followed by 0 or 1.
[[nodiscard]] std::optional<Pointer> ParsePointer(std::string_view text);

// An index by RFC 6901 section 4: digits without leading zeros. Empty for anything else ("-" too).
[[nodiscard]] std::optional<std::size_t> ArrayIndex(std::string_view token);

}  // namespace coolkit::json
