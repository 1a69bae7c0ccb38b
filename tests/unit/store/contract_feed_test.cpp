// The feed and what is cleaned up behind it.
#include <algorithm>
#include <map>

#include "unit/store/contract.h"
#include "unit/store/stores_under_test.h"

namespace coolkit::store {
namespace {

class FeedContract : public StoreContract {
 protected:
  // The highest version by key, as a tailer would apply it.
  static std::map<std::string, model::Version> Highest(const FeedAnswer& answer) {
    std::map<std::string, model::Version> highest;
    for (const model::Change& change : answer.changes.keys) {
      model::Version& version = highest[change.key.key];
      version = std::max(version, change.version);
    }
    return highest;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, FeedContract, testing::ValuesIn(StoreKinds()), KindName);

using Changed = std::map<std::string, model::Version>;

TEST_P(FeedContract, FirstPollIsAGap) {
  Put("a", "1");
  const FeedAnswer first = Poll(std::nullopt);
  EXPECT_TRUE(first.gap);
  EXPECT_TRUE(first.changes.keys.empty());
  EXPECT_EQ(first.next.position, first.snapshot.position);
  EXPECT_TRUE(first.next.incarnation == first.snapshot.incarnation);
}

TEST_P(FeedContract, ChangesSinceTheCursorExactlyOnce) {
  Put("before", "1");
  FeedCursor cursor = Poll(std::nullopt).next;
  const model::Version a = Put("a", "1").version;
  Put("b", "1");
  const model::Version b = Put("b", "2").version;
  Put("c", "1");
  const model::Version c = Delete("c").version;
  const AtomicAnswer atomic = WriteAtomic({PutOp("d", "1"), PutOp("e", "1")});
  Write(PutOp("a", "2", If(ConditionKind::kAbsent)));  // refused: no change
  Delete("never");

  const FeedAnswer answer = Poll(cursor);
  EXPECT_FALSE(answer.gap);
  EXPECT_EQ(Highest(answer), (Changed{{"a", a},
                                      {"b", b},
                                      {"c", c},
                                      {"d", atomic.outcomes.at(0).version},
                                      {"e", atomic.outcomes.at(1).version}}));
  EXPECT_TRUE(answer.changes.collections.empty());
  EXPECT_FALSE(answer.changes.everything);
  EXPECT_GE(answer.snapshot.position, atomic.snapshot.position);

  const FeedAnswer nothing = Poll(answer.next);
  EXPECT_FALSE(nothing.gap);
  EXPECT_TRUE(nothing.changes.keys.empty());
  EXPECT_EQ(nothing.next.position, answer.next.position) << "reading does not move the position";
  const model::Version last = Put("f", "1").version;
  EXPECT_EQ(Highest(Poll(nothing.next)), (Changed{{"f", last}}));
  EXPECT_EQ(Highest(Poll(cursor)).size(), 6u) << "an older cursor still sees all since then";
}

TEST_P(FeedContract, TooManyChangesBecomeCollections) {
  ContractLimits limits;
  limits.changes_per_poll_max = 3;
  Make(limits);
  const FeedCursor cursor = Poll(std::nullopt).next;
  for (const char* key : {"a", "b", "c"}) Put(key, "1");
  EXPECT_EQ(Poll(cursor).changes.keys.size(), 3u);
  WriteOp other = PutOp("d", "1");
  other.key = model::Key("other", "d");
  Write(std::move(other));
  FeedAnswer answer = Poll(cursor);
  EXPECT_FALSE(answer.gap);
  EXPECT_TRUE(answer.changes.keys.empty());
  std::sort(answer.changes.collections.begin(), answer.changes.collections.end());
  EXPECT_EQ(answer.changes.collections, (std::vector<std::string>{"other", "things"}));
  EXPECT_TRUE(Poll(answer.next).changes.collections.empty());
}

TEST_P(FeedContract, CursorOfAnotherLifeIsAGap) {
  FeedCursor cursor = Poll(std::nullopt).next;
  Put("a", "1");
  cursor.incarnation.id[0] ^= 1;
  const FeedAnswer answer = Poll(cursor);
  EXPECT_TRUE(answer.gap);
  EXPECT_TRUE(answer.changes.keys.empty());
}

TEST_P(FeedContract, CursorFromTheFutureIsAGap) {
  FeedCursor cursor = Poll(std::nullopt).next;
  cursor.position.value += 1000;
  EXPECT_TRUE(Poll(cursor).gap);
}

TEST_P(FeedContract, PruneLosesNoCursorAtOrAfterTheMark) {
  const FeedCursor first = Poll(std::nullopt).next;
  Put("a", "1");
  Put("b", "1");
  const FeedCursor mark = Poll(first).next;
  const model::Version c = Put("c", "1").version;
  const FeedCursor later = Poll(mark).next;
  Put("d", "1");

  EXPECT_GE(Prune(mark), 2u);
  EXPECT_EQ(Prune(mark), 0u);
  EXPECT_TRUE(Poll(first).gap) << "what it misses is gone";
  const FeedAnswer at_mark = Poll(mark);
  EXPECT_FALSE(at_mark.gap);
  EXPECT_EQ(at_mark.changes.keys.size(), 2u);
  EXPECT_EQ(Highest(at_mark).at("c"), c);
  EXPECT_EQ(Poll(later).changes.keys.size(), 1u);
}

TEST_P(FeedContract, PruneInSteps) {
  const FeedCursor first = Poll(std::nullopt).next;
  for (int i = 0; i < 10; ++i) Put("k" + std::to_string(i), "1");
  const FeedCursor mark = Poll(first).next;
  Put("after", "1");
  std::size_t removed = 0;
  for (int i = 0; i < 10; ++i) {
    const std::size_t step = Prune(mark, 3);
    EXPECT_LE(step, 3u);
    removed += step;
  }
  EXPECT_GE(removed, 10u);
  EXPECT_FALSE(Poll(mark).gap);
}

TEST_P(FeedContract, PruneOfEverythingTakesNoPositionBack) {
  Put("a", "1");
  const FeedCursor mark = Poll(std::nullopt).next;
  Prune(mark);
  const FeedAnswer answer = Poll(mark);
  EXPECT_FALSE(answer.gap);
  EXPECT_GE(answer.next.position, mark.position);
  EXPECT_TRUE(answer.changes.keys.empty());
  EXPECT_GT(Put("a", "2").version, model::Version{0});
  EXPECT_EQ(Poll(mark).changes.keys.size(), 1u);
  EXPECT_GT(Poll(mark).next.position, mark.position);
}

TEST_P(FeedContract, MarkOfAnotherLifePrunesNothing) {
  FeedCursor first = Poll(std::nullopt).next;
  Put("a", "1");
  FeedCursor mark = Poll(first).next;
  mark.incarnation.id[3] ^= 1;
  EXPECT_EQ(Prune(mark), 0u);
  EXPECT_FALSE(Poll(first).gap);
}

TEST_P(FeedContract, CollectRemovesDeadRowsOlderThanTheRetention) {
  Put("live", "1");
  Put("deleted", "1");
  Delete("deleted");
  Write(PutFor("expired", "1", milliseconds(1)));
  Write(PutFor("lasting", "1", seconds(1000)));
  clock().AdvanceWall(seconds(10));
  EXPECT_EQ(Collect(seconds(60)), 0u);
  clock().AdvanceWall(seconds(60));
  const FeedCursor cursor = Poll(std::nullopt).next;
  EXPECT_EQ(Collect(seconds(60), 1), 1u);
  EXPECT_EQ(Collect(seconds(60)), 1u);
  EXPECT_EQ(Collect(seconds(60)), 0u);
  EXPECT_TRUE(Poll(cursor).changes.keys.empty()) << "caches judge the end themselves";
  EXPECT_TRUE(Read("live").entry->present());
  EXPECT_TRUE(Read("lasting").entry->present());
  EXPECT_FALSE(Read("deleted").entry->present());
}

TEST_P(FeedContract, CollectedVersionsNeverComeBack) {
  std::vector<model::Version> versions;
  for (int i = 0; i < 5; ++i) {
    versions.push_back(Put("a", "1").version);
    versions.push_back(Delete("a").version);
    clock().AdvanceWall(seconds(1));
    EXPECT_EQ(Collect(milliseconds(0)), 1u);
    versions.push_back(Read("a").entry->version());
    Prune(Poll(std::nullopt).next);
    versions.push_back(Write(PutOp("other", "1")).outcome.version);
  }
  EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
  EXPECT_EQ(std::adjacent_find(versions.begin(), versions.end()), versions.end());
}

}  // namespace
}  // namespace coolkit::store
