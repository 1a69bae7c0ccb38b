// Why: a page token is handed to a client and comes back later, perhaps at another pod; it must
// come back as it was. The payload is signed, not hidden. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coolkit::crypto {

// base64url (RFC 4648 section 5, without padding) of payload and HMAC-SHA-256 of the purpose and
// the payload. The purpose, "list page" say, keeps tokens of one kind from passing as another.
[[nodiscard]] std::string EncodeSignedToken(std::string_view key, std::string_view purpose,
                                            std::string_view payload);

// The payload; empty when the token was not made with this key for this purpose, or is spelled
// otherwise than EncodeSignedToken does. Linear in the token's length, which the caller limits.
[[nodiscard]] std::optional<std::string> DecodeSignedToken(std::string_view key,
                                                           std::string_view purpose,
                                                           std::string_view token);

}  // namespace coolkit::crypto
