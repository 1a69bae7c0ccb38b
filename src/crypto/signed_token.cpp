#include "crypto/signed_token.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/digest.h"

namespace coolkit::crypto {
namespace {

Sha256Digest Sign(std::string_view key, std::string_view purpose, std::string_view payload) {
  // The purpose goes in as a digest: of fixed length, so that it can't run into the payload.
  std::string message(AsBytes(Sha256(purpose)));
  message += payload;
  return HmacSha256(key, message);
}

std::string Base64UrlEncode(std::string_view bytes) {
  std::string text = Base64Encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> Base64UrlDecode(std::string_view token) {
  if (token.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string text(token);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.resize((text.size() + 3) / 4 * 4, '=');
  return Base64Decode(text);
}

}  // namespace

std::string EncodeSignedToken(std::string_view key, std::string_view purpose,
                              std::string_view payload) {
  std::string bytes(payload);
  bytes += AsBytes(Sign(key, purpose, payload));
  return Base64UrlEncode(bytes);
}

std::optional<std::string> DecodeSignedToken(std::string_view key, std::string_view purpose,
                                             std::string_view token) {
  auto bytes = Base64UrlDecode(token);
  if (!bytes || bytes->size() < Sha256Digest().size()) return std::nullopt;
  const std::size_t size = bytes->size() - Sha256Digest().size();
  const std::string_view payload = std::string_view(*bytes).substr(0, size);
  const std::string_view signature = std::string_view(*bytes).substr(size);
  const Sha256Digest expected = Sign(key, purpose, payload);
  if (!ConstantTimeEqual(signature, AsBytes(expected))) return std::nullopt;
  bytes->resize(size);
  return bytes;
}

}  // namespace coolkit::crypto
