#include "model/key.h"

#include "base/hash.h"
#include "base/text.h"

namespace coolkit::model {

Result<void> ValidateCollection(std::string_view collection) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool good =
      !collection.empty() && collection.size() <= kMaxCollectionBytes && alnum(collection.front());
  for (const char c : collection) good = good && (alnum(c) || c == '_' || c == '-');
  if (good) return {};
  return Fail(ErrorCode::kInvalidCollection,
              "a collection is 1 to 64 characters of a-z, 0-9, _ and -, and starts with a letter "
              "or digit");
}

Result<void> ValidateKey(std::string_view key) {
  if (key.empty()) return Fail(ErrorCode::kInvalidKey, "the key is empty");
  if (key.size() > kMaxKeyBytes) {
    return Fail(ErrorCode::kInvalidKey, "the key has more than 512 bytes");
  }
  if (key.find('\0') != std::string_view::npos) {
    return Fail(ErrorCode::kInvalidKey, "the key contains NUL");
  }
  if (!IsValidUtf8(key)) return Fail(ErrorCode::kInvalidKey, "the key is not valid UTF-8");
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    const std::string_view segment = key.substr(start, end - start);
    if (segment == "." || segment == "..") {
      return Fail(ErrorCode::kInvalidKey, "a segment of the key is . or ..");
    }
    start = end + 1;
  }
  return {};
}

std::uint64_t HashKey(std::string_view collection, std::string_view key) {
  return Hash64(key, Hash64(collection));
}

Key::Key(std::string collection_text, std::string key_text)
    : collection(std::move(collection_text)),
      key(std::move(key_text)),
      hash(HashKey(collection, key)) {}

}  // namespace coolkit::model
