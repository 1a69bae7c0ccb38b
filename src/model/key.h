// Why: a key is named by a collection and a key text, validated once at the edge; every floor
// below passes it on with its hash, so that slots, shards and tables agree. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/limits.h"

namespace coolkit::model {

// `[a-z0-9][a-z0-9_-]{0,63}`. Errors: kInvalidCollection.
[[nodiscard]] Result<void> ValidateCollection(std::string_view collection);

// 1 to 512 bytes of UTF-8 without NUL and without a segment `.` or `..` (segments are separated by
// `/`; empty ones are kept). Errors: kInvalidKey.
[[nodiscard]] Result<void> ValidateKey(std::string_view key);

// A borrowed key; the texts outlive it.
struct KeyRef {
  std::string_view collection;
  std::string_view key;
  std::uint64_t hash = 0;  // HashKey(collection, key)

  friend bool operator==(const KeyRef& a, const KeyRef& b) {
    return a.hash == b.hash && a.key == b.key && a.collection == b.collection;
  }
};

// Hash of (collection, key); equal in every process and release.
[[nodiscard]] std::uint64_t HashKey(std::string_view collection, std::string_view key);

// The slot of a key: unit of ownership, of hand-off and of cache sharding.
[[nodiscard]] constexpr std::uint32_t SlotOf(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash % kSlotCount);
}

// An owned key.
struct Key {
  std::string collection;
  std::string key;
  std::uint64_t hash = 0;

  Key() = default;
  // The texts are valid already (ValidateCollection, ValidateKey).
  Key(std::string collection_text, std::string key_text);
  explicit Key(const KeyRef& ref) : collection(ref.collection), key(ref.key), hash(ref.hash) {}

  [[nodiscard]] KeyRef ref() const { return {collection, key, hash}; }
  friend bool operator==(const Key& a, const Key& b) { return a.ref() == b.ref(); }
  // Byte order of (collection, key): the order in which batches take locks.
  friend auto operator<=>(const Key& a, const Key& b) {
    if (const auto order = a.collection.compare(b.collection); order != 0) return order <=> 0;
    return a.key.compare(b.key) <=> 0;
  }
};

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(const Key& key) const { return key.hash; }
  std::size_t operator()(const KeyRef& key) const { return key.hash; }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(const Key& a, const Key& b) const { return a == b; }
  bool operator()(const KeyRef& a, const Key& b) const { return a == b.ref(); }
  bool operator()(const Key& a, const KeyRef& b) const { return a.ref() == b; }
};

}  // namespace coolkit::model
