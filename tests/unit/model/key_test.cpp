#include "model/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/hash.h"

namespace coolkit::model {
namespace {

using namespace std::string_literals;

TEST(ValidateCollection, AcceptsTheAlphabet) {
  for (const std::string& name : {"a"s, "0"s, "users"s, "a-b_c9"s, "9-"s, "a__"s,
                                  "abcdefghijklmnopqrstuvwxyz"s, std::string(64, 'z')}) {
    EXPECT_TRUE(ValidateCollection(name).has_value()) << name;
  }
}

TEST(ValidateCollection, RefusesEverythingElse) {
  for (const std::string& name :
       {""s, "-a"s, "_a"s, "A"s, "aB"s, "a.b"s, "a/b"s, "a b"s, " a"s, "a:batchGet"s, "a%20"s,
        "\xC3\xA9"s, "a\0b"s, std::string(65, 'a')}) {
    const auto result = ValidateCollection(name);
    ASSERT_FALSE(result.has_value()) << name;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidCollection);
    EXPECT_FALSE(result.error().detail.empty());
  }
}

TEST(ValidateKey, AcceptsAnyUtf8) {
  for (const std::string& key :
       {"a"s, "/"s, "//"s, "a//b"s, "a/"s, "/a"s, " "s, "x:batchGet"s, "a+b%c"s, "\x01\x7f"s,
        "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"s, std::string(512, 'k'), "\n"s}) {
    EXPECT_TRUE(ValidateKey(key).has_value()) << key;
  }
}

TEST(ValidateKey, RefusesDotSegments) {
  for (const std::string& key : {"."s, ".."s, "./a"s, "../a"s, "a/."s, "a/.."s, "a/./b"s, "a/../b"s,
                                 "/."s, "/.."s, "./"s, "../"s, "//..//"s}) {
    const auto result = ValidateKey(key);
    ASSERT_FALSE(result.has_value()) << key;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidKey);
  }
  for (const std::string& key : {"..."s, ".a"s, "a."s, "a..b"s, "..a/b.."s, ". "s, ".\t."s}) {
    EXPECT_TRUE(ValidateKey(key).has_value()) << key;
  }
}

TEST(ValidateKey, RefusesWhatIsNoText) {
  for (const std::string& key : {""s, std::string(513, 'k'), "\0"s, "a\0"s, "a\0b"s, "\xff"s,
                                 "a\xC3"s, "\xED\xA0\x80"s, "\xC0\xAF"s}) {
    const auto result = ValidateKey(key);
    ASSERT_FALSE(result.has_value()) << key;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidKey);
    EXPECT_FALSE(result.error().detail.empty());
  }
}

// 512 bytes, not characters.
TEST(ValidateKey, CountsBytes) {
  std::string key;
  for (int i = 0; i < 256; ++i) key += "\xC3\xA9";
  EXPECT_TRUE(ValidateKey(key).has_value());
  EXPECT_FALSE(ValidateKey(key + "a").has_value());
}

// Every release and every language of a peer must agree on these.
TEST(HashKey, IsTheSameForever) {
  EXPECT_EQ(HashKey("users", "alice"), Hash64("alice", Hash64("users")));
  EXPECT_EQ(HashKey("", ""), Hash64("", Hash64("")));
}

TEST(HashKey, TellsCollectionAndKeyApart) {
  EXPECT_NE(HashKey("a", "bc"), HashKey("ab", "c"));
  EXPECT_NE(HashKey("a", "b"), HashKey("b", "a"));
}

TEST(SlotOf, SpreadsKeysEvenly) {
  EXPECT_EQ(SlotOf(0), 0u);
  EXPECT_EQ(SlotOf(kSlotCount), 0u);
  EXPECT_EQ(SlotOf(~0ULL), kSlotCount - 1);
  constexpr int kKeysPerSlot = 20;
  std::vector<int> counts(kSlotCount);
  for (std::uint32_t i = 0; i < kSlotCount * kKeysPerSlot; ++i) {
    ++counts.at(SlotOf(HashKey("c", "key-" + std::to_string(i))));
  }
  // Poisson with mean 20: beyond these in one of 16,384 slots less than once in 100 runs.
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_GE(*least, 2);
  EXPECT_LE(*most, 50);
}

TEST(Key, CarriesItsHash) {
  const Key key("c", "k");
  EXPECT_EQ(key.hash, HashKey("c", "k"));
  EXPECT_EQ(key.ref(), (KeyRef{"c", "k", HashKey("c", "k")}));
  EXPECT_EQ(Key(key.ref()), key);
}

TEST(Key, EqualityIgnoresNothing) {
  EXPECT_EQ(Key("c", "k"), Key("c", "k"));
  EXPECT_NE(Key("c", "k"), Key("c", "l"));
  EXPECT_NE(Key("c", "k"), Key("d", "k"));
  // The same hash by accident.
  EXPECT_NE((KeyRef{"c", "k", 1}), (KeyRef{"c", "l", 1}));
  EXPECT_NE((KeyRef{"c", "k", 1}), (KeyRef{"d", "k", 1}));
}

// Byte order, so that every pod and the database take locks in the same order.
TEST(Key, OrdersByBytesOfCollectionThenKey) {
  std::vector<Key> keys{Key("b", "a"),   Key("a", "\xC3\xA9"), Key("a", "b"),
                        Key("a", "a/b"), Key("a", "a"),        Key("a", "Z")};
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> order;
  for (const Key& key : keys) order.push_back(key.collection + " " + key.key);
  EXPECT_EQ(order, (std::vector<std::string>{"a Z", "a a", "a a/b", "a b", "a \xC3\xA9", "b a"}));
}

TEST(KeyHash, LooksUpByBorrowedKey) {
  std::unordered_set<Key, KeyHash, KeyEqual> keys{Key("c", "k")};
  EXPECT_TRUE(keys.contains(KeyRef{"c", "k", HashKey("c", "k")}));
  EXPECT_FALSE(keys.contains(KeyRef{"c", "l", HashKey("c", "l")}));
}

}  // namespace
}  // namespace coolkit::model
