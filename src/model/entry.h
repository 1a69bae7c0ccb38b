// Why: the unit of the cache: key, value or absence, version and expiry in one allocation,
// immutable and counted, so that a response is written from it without a copy while the cache may
// already have let it go. Thread-safe: immutable, atomic count.
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
  struct Fields {
    std::string_view collection;
    std::string_view key;
    Version version;                // of an absence: "absent as of"
    bool present = false;           // false: a tombstone, an expired row, or no row at all
    std::string_view content_type;  // empty: application/octet-stream
    std::string_view value;         // empty when absent
    DbTime modified_at{};
    std::optional<DbTime> expires_at;  // by the database's clock (R15)
  };
  // Copies everything into one allocation.
  [[nodiscard]] static EntryPtr Create(const Fields& fields);

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  [[nodiscard]] bool present() const { return present_; }
  [[nodiscard]] Version version() const { return version_; }
  [[nodiscard]] std::string_view collection() const { return {text(), collection_size_}; }
  [[nodiscard]] std::string_view key() const { return {text() + collection_size_, key_size_}; }
  [[nodiscard]] std::string_view content_type() const;
  [[nodiscard]] std::string_view value() const {
    return {text() + collection_size_ + key_size_ + type_size_, value_size_};
  }
  [[nodiscard]] DbTime modified_at() const { return modified_at_; }
  [[nodiscard]] std::optional<DbTime> expires_at() const {
    return expires_at_ == DbTime::max() ? std::nullopt : std::optional(expires_at_);
  }
  // Computes the hash each time: the index keeps its own.
  [[nodiscard]] KeyRef key_ref() const;
  // What malloc really took for this entry.
  [[nodiscard]] std::size_t allocated_bytes() const;

 private:
  friend class EntryPtr;
  Entry() = default;
  [[nodiscard]] const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] char* text() { return reinterpret_cast<char*>(this + 1); }

  Version version_;
  DbTime modified_at_{};
  DbTime expires_at_ = DbTime::max();
  mutable std::atomic<std::uint32_t> references_{1};
  std::uint32_t value_size_ = 0;
  std::uint16_t key_size_ = 0;
  std::uint8_t collection_size_ = 0;
  std::uint8_t type_size_ = 0;
  bool present_ = false;
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
  // Adopt takes it back.
  [[nodiscard]] const Entry* Detach() { return std::exchange(entry_, nullptr); }
  [[nodiscard]] static EntryPtr Adopt(const Entry* entry) { return EntryPtr(entry); }

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
