// Why: the few text codings that several floors need: hex, base64, UTF-8, durations, byte sizes.
// Strict decoders: a text has one spelling or is refused. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace coolkit {

// Lower-case hex of bytes.
[[nodiscard]] std::string HexEncode(std::string_view bytes);
// Accepts upper and lower case; empty on an odd length or another character.
[[nodiscard]] std::optional<std::string> HexDecode(std::string_view text);

// RFC 4648 section 4, with padding.
[[nodiscard]] std::string Base64Encode(std::string_view bytes);
// Requires canonical padding and zero trailing bits; no white space.
[[nodiscard]] std::optional<std::string> Base64Decode(std::string_view text);

// RFC 3629: no overlong forms, surrogates or code points above U+10FFFF.
[[nodiscard]] bool IsValidUtf8(std::string_view bytes);

// `^[1-9][0-9]*(ms|s|m|h|d)$`; or "0" when `allow_zero`. Errors: kInvalidRequest, also when the
// value does not fit.
[[nodiscard]] Result<milliseconds> ParseDuration(std::string_view text, bool allow_zero = false);
// The shortest form that ParseDuration reads back: 90s, 5m, 250ms.
[[nodiscard]] std::string FormatDuration(milliseconds duration);

// `^[0-9]+(B|KiB|MiB|GiB|TiB)?$`.
[[nodiscard]] Result<std::uint64_t> ParseByteSize(std::string_view text);
[[nodiscard]] std::string FormatByteSize(std::uint64_t bytes);

// Decimal digits only, no sign, no leading zero except "0"; empty when it does not fit.
[[nodiscard]] std::optional<std::uint64_t> ParseDecimal(std::string_view text);

}  // namespace coolkit
