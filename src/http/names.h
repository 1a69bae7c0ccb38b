// Why: names of methods and header fields are recognised once, while parsing, by their length and
// letters, so that later look-ups compare an enum. Pure; any thread.
#pragma once

#include <string_view>

#include "http/message.h"

namespace coolkit::http {

// Methods are case-sensitive (RFC 9110 section 9.1); an unknown one is kOther.
[[nodiscard]] Method MethodFromText(std::string_view text);
// Field names are not case-sensitive; an unknown one is kOther.
[[nodiscard]] Field FieldFromName(std::string_view name);

// A tchar of RFC 9110 section 5.6.2.
[[nodiscard]] bool IsTokenChar(char c);
// One or more of them.
[[nodiscard]] bool IsToken(std::string_view text);

// ASCII letters compare equal in either case.
[[nodiscard]] bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Without surrounding spaces and tabs (OWS).
[[nodiscard]] std::string_view TrimBlanks(std::string_view text);

// Cuts the first member off a comma-separated list and returns it trimmed; an empty member is
// returned too (RFC 9110 section 5.6.1 lets recipients ignore it). `rest` is not empty.
[[nodiscard]] std::string_view NextListMember(std::string_view& rest);

}  // namespace coolkit::http
