// Why: the unit of the cache: key, value or absence, version and expiry in one allocation,
// immutable and counted, so that a response is written from it without a copy while the cache may
// already have let it go. Packed, because memory per entry is what a pod's cache is measured by: 25
// bytes beside the texts. Thread-safe: immutable, atomic count.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/owned_bytes.h"
#include "base/time.h"
#include "model/key.h"
#include "model/version.h"

namespace coolkit::model {

class EntryPtr;

class Entry {
 public:
  // Values have fewer bytes than this.
  static constexpr std::size_t kValueBytesLimit = 1u << 29;

  struct Fields {
    std::string_view collection;
    std::string_view key;
    Version version;                   // of an absence: "absent as of"
    bool present = false;              // false: a tombstone, an expired row, or no row at all
    std::string_view content_type;     // empty: application/octet-stream
    std::string_view value;            // empty when absent
    DbTime modified_at{};              // kept exactly within 570 years of 1970
    std::optional<DbTime> expires_at;  // by the database's clock (R15)
  };
  // Copies everything into one allocation.
  [[nodiscard]] static EntryPtr Create(const Fields& fields);

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  [[nodiscard]] bool present() const { return (value_word_ & kPresent) != 0; }
  [[nodiscard]] Version version() const { return version_; }
  [[nodiscard]] std::string_view collection() const { return {text(), collection_size()}; }
  [[nodiscard]] std::string_view key() const { return {text() + collection_size(), key_size()}; }
  [[nodiscard]] std::string_view content_type() const;
  [[nodiscard]] std::string_view value() const { return {rest() + type_bytes(), value_size()}; }
  [[nodiscard]] DbTime modified_at() const {
    // The upper 55 bits, with their sign.
    return DbTime(microseconds(static_cast<std::int64_t>(time_word_) >> kTimeShift));
  }
  [[nodiscard]] std::optional<DbTime> expires_at() const;
  // Computes the hash each time: the index keeps its own.
  [[nodiscard]] KeyRef key_ref() const;
  // What malloc really took for this entry.
  [[nodiscard]] std::size_t allocated_bytes() const;

 private:
  friend class EntryPtr;
  Entry() = default;

  // time_word_: modified_at 55 bits, collection size 7, has an expiry 1, has a content type 1.
  static constexpr int kTimeShift = 9;
  static constexpr std::uint64_t kHasType = 1;
  static constexpr std::uint64_t kHasExpiry = 2;
  static constexpr int kCollectionShift = 2;
  // value_word_: value size 29 bits, present 1, key size's upper 2.
  static constexpr std::uint32_t kPresent = 1u << 29;
  static constexpr int kKeyHighShift = 30;

  // The texts begin right behind the last member, where the compiler sees padding.
  static constexpr std::size_t kHeaderBytes = 25;
  // How a content type is kept: one byte names a common one, kLiteral is followed by size and text.
  static constexpr unsigned char kLiteral = 255;

  [[nodiscard]] const char* text() const {
    return reinterpret_cast<const char*>(this) + kHeaderBytes;
  }
  [[nodiscard]] std::size_t collection_size() const {
    return (time_word_ >> kCollectionShift) & 0x7f;
  }
  [[nodiscard]] std::size_t key_size() const {
    return (std::size_t{value_word_ >> kKeyHighShift} << 8) | key_size_low_;
  }
  [[nodiscard]] std::size_t value_size() const { return value_word_ & (kPresent - 1); }
  // Behind collection, key and expiry: content type, then value.
  [[nodiscard]] const char* rest() const {
    return text() + collection_size() + key_size() +
           ((time_word_ & kHasExpiry) != 0 ? sizeof(std::int64_t) : 0);
  }
  [[nodiscard]] std::size_t type_bytes() const {
    if ((time_word_ & kHasType) == 0) return 0;
    const auto* type = reinterpret_cast<const unsigned char*>(rest());
    return type[0] == kLiteral ? std::size_t{2} + type[1] : 1;
  }

  Version version_;
  std::uint64_t time_word_ = 0;
  mutable std::atomic<std::uint32_t> references_{1};
  std::uint32_t value_word_ = 0;
  std::uint8_t key_size_low_ = 0;
};

// A counted reference to an Entry.
class EntryPtr {
 public:
  EntryPtr() = default;
  EntryPtr(const EntryPtr& other) : entry_(other.entry_) { Retain(); }
  EntryPtr(EntryPtr&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  EntryPtr& operator=(EntryPtr other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~EntryPtr() { Release(entry_); }

  [[nodiscard]] const Entry* get() const { return entry_; }
  const Entry* operator->() const { return entry_; }
  const Entry& operator*() const { return *entry_; }
  explicit operator bool() const { return entry_ != nullptr; }
  // The value's bytes, kept alive by a reference of their own.
  [[nodiscard]] OwnedBytes ValueBytes() const;

  // For containers that keep the pointer in a word of their own: Detach hands the reference over,
  // Adopt takes it back, Share makes another one beside it.
  [[nodiscard]] const Entry* Detach() { return std::exchange(entry_, nullptr); }
  [[nodiscard]] static EntryPtr Adopt(const Entry* entry) { return EntryPtr(entry); }
  [[nodiscard]] static EntryPtr Share(const Entry* entry) {
    EntryPtr shared(entry);
    shared.Retain();
    return shared;
  }

 private:
  friend class Entry;
  explicit EntryPtr(const Entry* entry) : entry_(entry) {}
  void Retain() const {
    if (entry_ != nullptr) entry_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  static void Release(const Entry* entry);

  const Entry* entry_ = nullptr;
};

}  // namespace coolkit::model
