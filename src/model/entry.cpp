#include "model/entry.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace coolkit::model {
namespace {

constexpr std::string_view kDefaultType = "application/octet-stream";

// Content types that one byte names. Of this process only: the order may change.
constexpr std::array<std::string_view, 14> kCommonTypes = {
    "application/json",
    "text/plain",
    "text/plain; charset=utf-8",
    "text/plain;charset=utf-8",
    "text/html",
    "text/html; charset=utf-8",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/protobuf",
    "application/x-protobuf",
    "application/json; charset=utf-8",
    "image/png",
    "image/jpeg",
    "image/webp",
};

constexpr std::int64_t kTimeMax = (std::int64_t{1} << 54) - 1;

char* Append(char* out, std::string_view part) {
  if (!part.empty()) std::memcpy(out, part.data(), part.size());
  return out + part.size();
}

}  // namespace

EntryPtr Entry::Create(const Fields& fields) {
  CHECK(fields.collection.size() <= kMaxCollectionBytes && fields.key.size() <= kMaxKeyBytes);
  CHECK(fields.content_type.size() <= kMaxContentTypeBytes);
  CHECK(fields.value.size() < kValueBytesLimit);
  const std::string_view type =
      fields.content_type == kDefaultType ? std::string_view() : fields.content_type;
  const auto* const common = std::find(kCommonTypes.begin(), kCommonTypes.end(), type);
  std::array<char, 2> type_head{};
  std::string_view type_prefix;
  std::string_view type_text;
  if (common != kCommonTypes.end()) {
    type_head[0] = static_cast<char>(common - kCommonTypes.begin());
    type_prefix = {type_head.data(), 1};
  } else if (!type.empty()) {
    type_head = {static_cast<char>(kLiteral), static_cast<char>(type.size())};
    type_prefix = {type_head.data(), 2};
    type_text = type;
  }
  std::array<char, sizeof(std::int64_t)> expiry_bytes{};
  std::string_view expiry;
  if (fields.expires_at) {
    const std::int64_t count = fields.expires_at->time_since_epoch().count();
    std::memcpy(expiry_bytes.data(), &count, sizeof(count));
    expiry = {expiry_bytes.data(), expiry_bytes.size()};
  }

  const std::size_t size = kHeaderBytes + fields.collection.size() + fields.key.size() +
                           expiry.size() + type_prefix.size() + type_text.size() +
                           fields.value.size();
  void* memory = std::malloc(std::max(size, sizeof(Entry)));
  if (memory == nullptr) throw std::bad_alloc();
  static_assert(offsetof(Entry, key_size_low_) + sizeof(key_size_low_) == kHeaderBytes);
  auto* entry = new (memory) Entry();
  entry->version_ = fields.version;
  const std::int64_t modified =
      std::clamp(static_cast<std::int64_t>(fields.modified_at.time_since_epoch().count()),
                 -kTimeMax, kTimeMax);
  entry->time_word_ = (static_cast<std::uint64_t>(modified) << kTimeShift) |
                      (fields.collection.size() << kCollectionShift) |
                      (expiry.empty() ? 0 : kHasExpiry) | (type_prefix.empty() ? 0 : kHasType);
  entry->value_word_ = static_cast<std::uint32_t>(fields.value.size()) |
                       (fields.present ? kPresent : 0) |
                       (static_cast<std::uint32_t>(fields.key.size() >> 8) << kKeyHighShift);
  entry->key_size_low_ = static_cast<std::uint8_t>(fields.key.size());
  char* out = static_cast<char*>(memory) + kHeaderBytes;
  for (const std::string_view part :
       {fields.collection, fields.key, expiry, type_prefix, type_text, fields.value}) {
    out = Append(out, part);
  }
  return EntryPtr(entry);
}

std::string_view Entry::content_type() const {
  if ((time_word_ & kHasType) == 0) return kDefaultType;
  const auto* type = reinterpret_cast<const unsigned char*>(rest());
  if (type[0] != kLiteral) return kCommonTypes[type[0]];
  return {rest() + 2, type[1]};
}

std::optional<DbTime> Entry::expires_at() const {
  if ((time_word_ & kHasExpiry) == 0) return std::nullopt;
  std::int64_t count = 0;
  std::memcpy(&count, text() + collection_size() + key_size(), sizeof(count));
  return DbTime(microseconds(count));
}

KeyRef Entry::key_ref() const { return {collection(), key(), HashKey(collection(), key())}; }

std::size_t Entry::allocated_bytes() const {
  // malloc keeps 8 bytes of its own before each block.
  return ::malloc_usable_size(const_cast<Entry*>(this)) + sizeof(std::size_t);
}

OwnedBytes EntryPtr::ValueBytes() const {
  Retain();
  return {entry_->value(), entry_,
          [](const void* owner) { Release(static_cast<const Entry*>(owner)); }};
}

void EntryPtr::Release(const Entry* entry) {
  if (entry == nullptr) return;
  if (entry->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  entry->~Entry();
  std::free(const_cast<Entry*>(entry));
}

}  // namespace coolkit::model
