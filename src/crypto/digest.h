// Why: the few primitives that tokens and the ring's key need, in one place that OpenSSL stays
// behind. Pure but for RandomBytes; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coolkit::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

// FIPS 180-4.
[[nodiscard]] Sha256Digest Sha256(std::string_view bytes);

// RFC 2104 with SHA-256. A key of any length; 32 random bytes are a good one.
[[nodiscard]] Sha256Digest HmacSha256(std::string_view key, std::string_view bytes);

// The digest's bytes as text; valid as long as the digest.
[[nodiscard]] std::string_view AsBytes(const Sha256Digest& digest);

// Whether both are the same, in a time that depends on their lengths only.
[[nodiscard]] bool ConstantTimeEqual(std::string_view a, std::string_view b);

// Bytes from the system's generator, fit for keys.
[[nodiscard]] std::string RandomBytes(std::size_t count);

}  // namespace coolkit::crypto
