// Reads and lists: snapshots, order, bounds, positions.
#include "unit/store/contract.h"
#include "unit/store/stores_under_test.h"

namespace coolkit::store {
namespace {

class ReadContract : public StoreContract {
 protected:
  static std::vector<std::string> KeysOf(const ListAnswer& answer) {
    std::vector<std::string> keys;
    for (const ListRow& row : answer.rows) keys.emplace_back(row.entry->key());
    return keys;
  }
  static ListRequest Request(std::string from = "", std::string below = "") {
    ListRequest request;
    request.collection = "things";
    request.from = std::move(from);
    request.below = std::move(below);
    return request;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ReadContract, testing::ValuesIn(StoreKinds()), KindName);

using Keys = std::vector<std::string>;

TEST_P(ReadContract, ABatchAnswersEachKeyInOrder) {
  Put("a", "1");
  Put("b", "2");
  Delete("b");
  const ReadAnswer answer = Read(std::vector{K("b"), K("never"), K("a"), K("a")});
  ASSERT_EQ(answer.entries.size(), 4u);
  EXPECT_FALSE(answer.entries[0]->present());
  EXPECT_EQ(answer.entries[0]->key(), "b");
  EXPECT_FALSE(answer.entries[1]->present());
  EXPECT_EQ(answer.entries[1]->key(), "never");
  EXPECT_EQ(answer.entries[2]->value(), "1");
  EXPECT_EQ(answer.entries[3]->value(), "1");
  EXPECT_GT(answer.entries[1]->version(), answer.entries[0]->version());
}

TEST_P(ReadContract, ABatchOfAThousandAndOfNone) {
  Put("k500", "v");
  std::vector<model::Key> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back(K("k" + std::to_string(i)));
  const ReadAnswer answer = Read(std::move(keys));
  ASSERT_EQ(answer.entries.size(), 1000u);
  EXPECT_TRUE(answer.entries[500]->present());
  EXPECT_FALSE(answer.entries[501]->present());
  EXPECT_EQ(Read(std::vector<model::Key>{}).snapshot.position, answer.snapshot.position);
}

TEST_P(ReadContract, SnapshotNamesLifePositionAndClocks) {
  const BootTime before = clock().Now();
  const DbTime wall_before(
      std::chrono::duration_cast<microseconds>(clock().WallNow().time_since_epoch()));
  const ReadOne read = Read("a");
  const WriteAnswer written = Write(PutOp("a", "1"));
  const ReadOne after = Read("a");
  EXPECT_GE(read.snapshot.sent_at, before);
  EXPECT_LE(read.snapshot.sent_at, written.snapshot.sent_at);
  EXPECT_LE(after.snapshot.sent_at, clock().Now());
  EXPECT_GE(read.snapshot.db_now, wall_before);
  EXPECT_GE(after.snapshot.db_now, written.snapshot.db_now);
  EXPECT_TRUE(read.snapshot.incarnation == written.snapshot.incarnation);
  EXPECT_NE(read.snapshot.incarnation.system_id, 0u);
}

// A write's position is that of a snapshot that contains it, and so is every later one.
TEST_P(ReadContract, PositionsReadYourWrites) {
  model::Position last = model::kNoPosition;
  for (int i = 0; i < 20; ++i) {
    const WriteAnswer written = Write(PutOp("a", std::to_string(i)));
    EXPECT_GT(written.snapshot.position, last);
    const ReadOne read = Read("a");
    EXPECT_EQ(read.entry->value(), std::to_string(i));
    EXPECT_GE(read.snapshot.position, written.snapshot.position);
    const ListAnswer list = List(Request());
    EXPECT_GE(list.snapshot.position, read.snapshot.position);
    last = list.snapshot.position;
  }
}

TEST_P(ReadContract, ListIsInByteOrderAndLiveOnly) {
  // U+FF5A sorts before U+10000 by bytes (UTF-8), after it by UTF-16 units.
  for (const char* key : {"b", "a", "B", "a/b", "\xef\xbd\x9a", "\xf0\x90\x80\x80", "z", "a!"}) {
    Put(key, "v");
  }
  Put("gone", "v");
  Delete("gone");
  Write(PutFor("expired", "v", milliseconds(1)));
  clock().AdvanceWall(seconds(1));
  WriteOp elsewhere = PutOp("a", "v");
  elsewhere.key = model::Key("thingsx", "a");
  Write(std::move(elsewhere));
  const ListAnswer answer = List(Request());
  EXPECT_EQ(KeysOf(answer),
            (Keys{"B", "a", "a!", "a/b", "b", "z", "\xef\xbd\x9a", "\xf0\x90\x80\x80"}));
  EXPECT_FALSE(answer.more);
}

TEST_P(ReadContract, ListBounds) {
  for (const char* key : {"a", "ab", "abc", "abd", "ac", "b"}) Put(key, "v");
  EXPECT_EQ(KeysOf(List(Request("ab", "ac"))), (Keys{"ab", "abc", "abd"}));
  EXPECT_EQ(KeysOf(List(Request("abc"))), (Keys{"abc", "abd", "ac", "b"}));
  EXPECT_EQ(KeysOf(List(Request("", "ab"))), (Keys{"a"}));
  EXPECT_EQ(KeysOf(List(Request("x"))), (Keys{}));
  EXPECT_EQ(KeysOf(List(Request("ac", "ab"))), (Keys{}));
}

TEST_P(ReadContract, ListLimitAndMore) {
  for (const char* key : {"a", "b", "c"}) Put(key, "v");
  ListRequest request = Request();
  request.limit = 2;
  const ListAnswer first = List(request);
  EXPECT_EQ(KeysOf(first), (Keys{"a", "b"}));
  EXPECT_TRUE(first.more);
  request.limit = 3;
  EXPECT_FALSE(List(request).more);
  request.from = "c";
  request.limit = 1;
  const ListAnswer last = List(request);
  EXPECT_EQ(KeysOf(last), (Keys{"c"}));
  EXPECT_FALSE(last.more);
}

TEST_P(ReadContract, ListValuesAndTheirBytes) {
  Put("a", std::string(100, 'a'));
  Put("b", std::string(100, 'b'));
  Put("c", std::string(1000, 'c'));
  ListRequest request = Request();
  const ListAnswer names = List(request);
  ASSERT_EQ(names.rows.size(), 3u);
  EXPECT_EQ(names.rows[2].value_bytes, 1000u);
  EXPECT_EQ(names.rows[2].entry->value(), "");
  EXPECT_TRUE(names.rows[2].entry->present());
  EXPECT_EQ(names.rows[0].entry->content_type(), "text/plain");

  request.with_values = true;
  request.bytes_max = 202;
  const ListAnswer two = List(request);
  EXPECT_EQ(KeysOf(two), (Keys{"a", "b"}));
  EXPECT_TRUE(two.more);
  EXPECT_EQ(two.rows[1].entry->value(), std::string(100, 'b'));
  request.from = "c";
  const ListAnswer one = List(request);
  EXPECT_EQ(KeysOf(one), (Keys{"c"})) << "one row always comes";
  EXPECT_FALSE(one.more);
}

TEST_P(ReadContract, ListRowsHaveVersionsAndEnds) {
  const WriteOutcome put = Write(PutFor("a", "1", seconds(5))).outcome;
  const ListAnswer answer = List(Request());
  ASSERT_EQ(answer.rows.size(), 1u);
  EXPECT_EQ(answer.rows[0].entry->version(), put.version);
  EXPECT_EQ(answer.rows[0].entry->expires_at(), put.expires_at);
  EXPECT_EQ(answer.rows[0].entry->modified_at(), put.modified_at);
}

}  // namespace
}  // namespace coolkit::store
