#include "model/entry.h"

#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace coolkit::model {
namespace {
constexpr std::string_view kDefaultType = "application/octet-stream";
}  // namespace

EntryPtr Entry::Create(const Fields& fields) {
  CHECK(fields.collection.size() <= kMaxCollectionBytes && fields.key.size() <= kMaxKeyBytes);
  CHECK(fields.content_type.size() <= kMaxContentTypeBytes);
  CHECK(fields.value.size() <= UINT32_MAX);
  const std::string_view type =
      fields.content_type == kDefaultType ? std::string_view() : fields.content_type;
  void* memory = std::malloc(sizeof(Entry) + fields.collection.size() + fields.key.size() +
                             type.size() + fields.value.size());
  if (memory == nullptr) throw std::bad_alloc();
  auto* entry = new (memory) Entry();
  entry->version_ = fields.version;
  entry->modified_at_ = fields.modified_at;
  entry->expires_at_ = fields.expires_at.value_or(DbTime::max());
  entry->present_ = fields.present;
  entry->collection_size_ = static_cast<std::uint8_t>(fields.collection.size());
  entry->key_size_ = static_cast<std::uint16_t>(fields.key.size());
  entry->type_size_ = static_cast<std::uint8_t>(type.size());
  entry->value_size_ = static_cast<std::uint32_t>(fields.value.size());
  char* out = entry->text();
  for (const std::string_view part : {fields.collection, fields.key, type, fields.value}) {
    if (!part.empty()) std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  return EntryPtr(entry);
}

std::string_view Entry::content_type() const {
  if (type_size_ == 0) return kDefaultType;
  return {text() + collection_size_ + key_size_, type_size_};
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
