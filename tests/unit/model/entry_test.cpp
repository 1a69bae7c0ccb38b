#include "model/entry.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "model/limits.h"

namespace coolkit::model {
namespace {

const DbTime kModified{microseconds(1'700'000'000'000'000)};

// Of an absent key, version 9.
Entry::Fields Absent(std::string_view collection, std::string_view key) {
  Entry::Fields fields;
  fields.collection = collection;
  fields.key = key;
  fields.version = Version{9};
  return fields;
}

Entry::Fields Present(std::string_view value) {
  Entry::Fields fields = Absent("users", "alice");
  fields.version = Version{7};
  fields.present = true;
  fields.content_type = "text/plain";
  fields.value = value;
  fields.modified_at = kModified;
  fields.expires_at = kModified + seconds(90);
  return fields;
}

TEST(Entry, KeepsEveryField) {
  const EntryPtr entry = Entry::Create(Present("hello"));
  EXPECT_TRUE(entry->present());
  EXPECT_EQ(entry->version(), Version{7});
  EXPECT_EQ(entry->collection(), "users");
  EXPECT_EQ(entry->key(), "alice");
  EXPECT_EQ(entry->content_type(), "text/plain");
  EXPECT_EQ(entry->value(), "hello");
  EXPECT_EQ(entry->modified_at(), kModified);
  EXPECT_EQ(entry->expires_at(), kModified + seconds(90));
  EXPECT_EQ(entry->key_ref(), Key("users", "alice").ref());
}

TEST(Entry, CopiesItsTexts) {
  std::string value = "before";
  const EntryPtr entry = Entry::Create(Present(value));
  value = "after!";
  EXPECT_EQ(entry->value(), "before");
}

TEST(Entry, OfAnAbsentKey) {
  const EntryPtr entry = Entry::Create(Absent("c", "k"));
  EXPECT_FALSE(entry->present());
  EXPECT_EQ(entry->version(), Version{9});
  EXPECT_EQ(entry->value(), "");
  EXPECT_EQ(entry->expires_at(), std::nullopt);
}

TEST(Entry, WithoutATypeItIsBytes) {
  for (const std::string_view type : {"", "application/octet-stream"}) {
    Entry::Fields fields = Present("v");
    fields.content_type = type;
    const EntryPtr entry = Entry::Create(fields);
    EXPECT_EQ(entry->content_type(), "application/octet-stream");
    EXPECT_EQ(entry->value(), "v");
  }
}

TEST(Entry, HoldsTheLargestOfEverything) {
  const std::string collection(kMaxCollectionBytes, 'c');
  const std::string key(kMaxKeyBytes, 'k');
  const std::string type(kMaxContentTypeBytes, 't');
  const std::string value(kDefaultMaxValueBytes, '\0');
  Entry::Fields fields = Absent(collection, key);
  fields.present = true;
  fields.content_type = type;
  fields.value = value;
  const EntryPtr entry = Entry::Create(fields);
  EXPECT_EQ(entry->collection(), collection);
  EXPECT_EQ(entry->key(), key);
  EXPECT_EQ(entry->content_type(), type);
  EXPECT_EQ(entry->value(), value);
}

TEST(EntryDeathTest, RefusesWhatItsLengthsCannotHold) {
  const std::string key(kMaxKeyBytes + 1, 'k');
  EXPECT_DEATH(static_cast<void>(Entry::Create(Absent("c", key))), "CHECK failed");
  const std::string type(kMaxContentTypeBytes + 1, 't');
  Entry::Fields fields = Absent("c", "k");
  fields.content_type = type;
  EXPECT_DEATH(static_cast<void>(Entry::Create(fields)), "CHECK failed");
}

// 20-byte key, 100-byte value: what the memory goal of the cache is counted in.
TEST(Entry, IsOneSmallAllocation) {
  EXPECT_LE(sizeof(Entry), 40u);
  const std::string key(20, 'k');
  const std::string value(100, 'v');
  Entry::Fields fields = Absent("c", key);
  fields.present = true;
  fields.value = value;
  const EntryPtr entry = Entry::Create(fields);
  const std::size_t bytes = sizeof(Entry) + 1 + key.size() + value.size();
  EXPECT_GE(entry->allocated_bytes(), bytes);
#ifndef COOLKIT_SANITIZED  // their malloc rounds otherwise
  EXPECT_LE(entry->allocated_bytes(), bytes + 24);
#endif
}

TEST(EntryPtr, OfNothing) {
  const EntryPtr none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), nullptr);
  const EntryPtr copy = none;
  EXPECT_FALSE(copy);
}

// Under the address sanitizer a lost reference is a use after free, one too many a leak.
TEST(EntryPtr, CopiesMovesAndAssigns) {
  EntryPtr first = Entry::Create(Present("first"));
  EntryPtr second = first;
  EXPECT_EQ(first.get(), second.get());
  EntryPtr third = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): it is empty, and says so
  EXPECT_EQ(third->value(), "first");
  second = Entry::Create(Present("second"));
  EXPECT_EQ(second->value(), "second");
  EXPECT_EQ(third->value(), "first");
  EntryPtr& itself = second;
  second = itself;
  EXPECT_EQ((*second).value(), "second");
  second = EntryPtr();
  third = second;
  EXPECT_FALSE(third);
}

TEST(EntryPtr, ValueBytesOutliveIt) {
  const std::string value(1000, 'v');
  EntryPtr entry = Entry::Create(Present(value));
  const char* data = entry->value().data();
  OwnedBytes bytes = entry.ValueBytes();
  entry = EntryPtr();
  EXPECT_EQ(bytes.view(), value);
  EXPECT_EQ(bytes.view().data(), data);
  const OwnedBytes moved = std::move(bytes);
  EXPECT_EQ(moved.view(), value);
}

TEST(EntryPtr, DetachAndAdoptKeepTheOneReference) {
  EntryPtr entry = Entry::Create(Present("kept"));
  const Entry* word = entry.Detach();
  EXPECT_FALSE(entry);
  const EntryPtr again = EntryPtr::Adopt(word);
  EXPECT_EQ(again->value(), "kept");
}

TEST(EntryPtr, IsSharedAmongThreads) {
  const EntryPtr entry = Entry::Create(Present("shared"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([mine = entry] {
      for (int i = 0; i < 10'000; ++i) {
        const EntryPtr copy = mine;
        const OwnedBytes bytes = copy.ValueBytes();
        ASSERT_EQ(bytes.view(), "shared");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entry->value(), "shared");
}

// Sizes, flags and optional parts share words: each keeps to its bits.
TEST(Entry, PacksEveryCombination) {
  const std::string text(600, 'x');
  for (const std::size_t key_bytes : {1u, 255u, 256u, 511u, 512u}) {
    for (const std::size_t collection_bytes : {1u, 63u, 64u}) {
      for (const std::string_view type : {"", "application/json", "a/b", "image/webp"}) {
        for (const bool expires : {false, true}) {
          for (const DbTime modified : {DbTime{}, kModified, DbTime(microseconds(-1))}) {
            for (const bool present : {false, true}) {
              Entry::Fields fields;
              fields.collection = std::string_view(text).substr(0, collection_bytes);
              fields.key = std::string_view(text).substr(0, key_bytes);
              fields.version = Version{INT64_MAX};
              fields.present = present;
              fields.content_type = type;
              fields.value = present ? "value" : "";
              fields.modified_at = modified;
              if (expires) fields.expires_at = DbTime(microseconds(INT64_MAX - 1));
              const EntryPtr entry = Entry::Create(fields);
              ASSERT_EQ(entry->collection(), fields.collection);
              ASSERT_EQ(entry->key(), fields.key);
              ASSERT_EQ(entry->version(), fields.version);
              ASSERT_EQ(entry->present(), present);
              ASSERT_EQ(entry->content_type(), type.empty() ? "application/octet-stream" : type);
              ASSERT_EQ(entry->value(), fields.value);
              ASSERT_EQ(entry->modified_at(), modified);
              ASSERT_EQ(entry->expires_at(), fields.expires_at);
            }
          }
        }
      }
    }
  }
}

TEST(Entry, CostsTwentyFiveBytesBesideItsTexts) {
#ifdef COOLKIT_SANITIZED
  GTEST_SKIP() << "a sanitizer replaces malloc";
#endif
  Entry::Fields fields = Absent("default", "a key of twenty byte");
  fields.present = true;
  const std::string value(100, 'v');
  fields.value = value;
  // 25 + 7 + 20 + 100, and malloc's 8.
  EXPECT_EQ(Entry::Create(fields)->allocated_bytes(), 160u);
  fields.content_type = "application/json";  // a common type takes one byte, and malloc's step 16
  EXPECT_EQ(Entry::Create(fields)->allocated_bytes(), 176u);
}

}  // namespace
}  // namespace coolkit::model
