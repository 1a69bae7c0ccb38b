#include "cache/key_index.h"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "base/random.h"

namespace coolkit::cache {
namespace {

// Handles name places in a vector of hashes; hashes may repeat.
class Hashes {
 public:
  std::vector<std::uint64_t> of;
  [[nodiscard]] auto Of() const {
    return [this](KeyIndex::Handle handle) { return of[handle]; };
  }
};

auto Is(KeyIndex::Handle wanted) {
  return [wanted](KeyIndex::Handle handle) { return handle == wanted; };
}

TEST(KeyIndex, EmptyFindsNothing) {
  const KeyIndex index;
  EXPECT_FALSE(index.Find(1, [](KeyIndex::Handle) { return true; }));
  EXPECT_EQ(index.bytes(), 0u);
}

TEST(KeyIndex, KeysOfEqualHashAreToldApart) {
  Hashes hashes;
  KeyIndex index;
  for (KeyIndex::Handle handle = 0; handle < 100; ++handle) {
    hashes.of.push_back(0x123456789abcdef0);
    index.Insert(hashes.of.back(), handle, hashes.Of());
  }
  for (KeyIndex::Handle handle = 0; handle < 100; ++handle) {
    EXPECT_EQ(index.Find(hashes.of[handle], Is(handle)), handle);
  }
  index.Erase(hashes.of[50], 50);
  EXPECT_FALSE(index.Find(hashes.of[50], Is(50)));
  EXPECT_EQ(index.Find(hashes.of[99], Is(99)), 99u);
}

TEST(KeyIndex, HighestHandleIsNoEmptyCell) {
  Hashes hashes;
  KeyIndex index;
  const KeyIndex::Handle highest = (1u << KeyIndex::kHandleBits) - 1;
  SeededRandom random(1);
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t hash = random.Next();
    index.Insert(hash, highest, [](KeyIndex::Handle) -> std::uint64_t { return 0; });
    ASSERT_EQ(index.Find(hash, Is(highest)), highest);
    index.Erase(hash, highest);
    ASSERT_EQ(index.size(), 0u);
  }
}

// Against a map from handle to hash, through growth and shrinking.
TEST(KeyIndex, AgreesWithAMap) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SeededRandom random(seed);
    Hashes hashes;
    hashes.of.resize(60'000);
    KeyIndex index;
    std::vector<KeyIndex::Handle> live;
    std::vector<KeyIndex::Handle> free;
    for (KeyIndex::Handle handle = 0; handle < 50'000; ++handle) free.push_back(handle);
    for (int step = 0; step < 60'000; ++step) {
      const bool grow = step < 30'000 ? random.Below(10) < 8 : random.Below(10) < 2;
      if (grow && !free.empty()) {
        const KeyIndex::Handle handle = free.back();
        free.pop_back();
        // Few distinct homes: long ways to search.
        hashes.of[handle] = random.Next() & (random.Below(4) == 0 ? 0xf000'0000'ffff'ffff : ~0ull);
        index.Insert(hashes.of[handle], handle, hashes.Of());
        live.push_back(handle);
      } else if (!live.empty()) {
        const std::size_t at = random.Below(live.size());
        const KeyIndex::Handle handle = live[at];
        if (random.Below(4) == 0 && !free.empty()) {
          const KeyIndex::Handle to = free.back();
          free.back() = handle;
          hashes.of[to] = hashes.of[handle];
          index.Rename(hashes.of[handle], handle, to);
          live[at] = to;
        } else {
          index.Erase(hashes.of[handle], handle);
          live[at] = live.back();
          live.pop_back();
          free.push_back(handle);
        }
      }
      if (index.sparse() && random.Below(1'000) == 0) index.Shrink(hashes.Of());
      ASSERT_EQ(index.size(), live.size());
    }
    for (const KeyIndex::Handle handle : live) {
      ASSERT_EQ(index.Find(hashes.of[handle], Is(handle)), handle) << "seed " << seed;
    }
    for (const KeyIndex::Handle handle : free) {
      ASSERT_FALSE(index.Find(hashes.of[handle], Is(handle)));
    }
  }
}

TEST(KeyIndex, CostsAboutFiveBytesPerKey) {
  SeededRandom random(1);
  Hashes hashes;
  KeyIndex index;
  for (KeyIndex::Handle handle = 0; handle < 200'000; ++handle) {
    hashes.of.push_back(random.Next());
    const std::size_t before = index.bytes();
    const std::size_t announced = index.insert_bytes_max();
    index.Insert(hashes.of.back(), handle, hashes.Of());
    ASSERT_EQ(index.bytes(), announced == 0 ? before : announced);
    if (handle > 1'000) {
      ASSERT_LT(static_cast<double>(index.bytes()), 6.4 * handle);
    }
  }
  for (KeyIndex::Handle handle = 100; handle < 200'000; ++handle) {
    index.Erase(hashes.of[handle], handle);
  }
  ASSERT_TRUE(index.sparse());
  const std::size_t promised = index.shrink_bytes();
  index.Shrink(hashes.Of());
  EXPECT_EQ(index.bytes(), promised);
  EXPECT_LT(index.bytes(), 1'000u);
  for (KeyIndex::Handle handle = 0; handle < 100; ++handle) {
    ASSERT_TRUE(index.Find(hashes.of[handle], Is(handle)));
  }
}

}  // namespace
}  // namespace coolkit::cache
