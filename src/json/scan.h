// Why: a patch touches few members of a stored document; once the text is known to be valid, the
// places of members are found by walking over it, without building values for the rest.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/value.h"

namespace coolkit::json {

// All of these want JSON that Validate accepted, and positions at the start of what they name.

// The first position at or after `at` that is not white space; the size at the end.
[[nodiscard]] std::size_t SkipSpace(std::string_view text, std::size_t at);
// The position behind the string whose quotation mark stands at `at`.
[[nodiscard]] std::size_t SkipString(std::string_view text, std::size_t at);
// The position behind the value that begins at `at`.
[[nodiscard]] std::size_t SkipValue(std::string_view text, std::size_t at);
// How many items or members the array or object `text` has at most.
[[nodiscard]] std::size_t CountParts(std::string_view text);
// How many arrays and objects stand inside each other at most.
[[nodiscard]] std::size_t DepthOf(std::string_view text);
// The kind of the value that begins with `first`.
[[nodiscard]] Kind KindOf(char first);
// The text that a string, given with its quotation marks, stands for.
[[nodiscard]] std::string Unquote(std::string_view quoted);

}  // namespace coolkit::json
