#include "store/postgres/write_lanes.h"

#include <gmock/gmock.h>

namespace coolkit::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Lane = WriteLanes::Lane;

PgWrite Write(const std::string& key, const std::string& value, BootTime deadline = kNever) {
  PgWrite write;
  write.op.key = model::Key("things", key);
  write.op.value = std::make_shared<const std::string>(value);
  write.deadline = deadline;
  return write;
}
std::vector<std::string> ValuesOf(const std::vector<PgWrite>& writes) {
  std::vector<std::string> values;
  for (const PgWrite& write : writes) values.push_back(*write.op.value);
  return values;
}
void Finish(WriteLanes& lanes, const std::vector<PgWrite>& writes) {
  for (const PgWrite& write : writes) lanes.Finish(write.op.key);
}

constexpr WriteLanes::Limits kLimits{4, 100, 10, 20};
const std::string kLarge(30, 'L');

TEST(WriteLanesTest, LargeValuesHaveALaneOfTheirOwn) {
  WriteLanes lanes(kLimits);
  EXPECT_EQ(lanes.Add(Write("a", "1")), Lane::kSmall);
  EXPECT_EQ(lanes.Add(Write("b", kLarge)), Lane::kLarge);
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kSmall)), ElementsAre("1"));
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kLarge)), ElementsAre(kLarge));
}

TEST(WriteLanesTest, AKeyStaysInItsLaneWhileItHasWrites) {
  WriteLanes lanes(kLimits);
  EXPECT_EQ(lanes.Add(Write("a", kLarge)), Lane::kLarge);
  EXPECT_EQ(lanes.Add(Write("a", "small")), Lane::kLarge);
  const std::vector<PgWrite> batch = lanes.Take(Lane::kLarge);
  EXPECT_EQ(lanes.Add(Write("a", "while it is under way")), Lane::kLarge);
  Finish(lanes, batch);
  Finish(lanes, lanes.Take(Lane::kLarge));
  EXPECT_EQ(lanes.Add(Write("a", "small")), Lane::kSmall);
}

TEST(WriteLanesTest, ABatchHasLimits) {
  WriteLanes lanes(kLimits);
  for (int i = 0; i < 6; ++i) static_cast<void>(lanes.Add(Write("k" + std::to_string(i), "v")));
  EXPECT_EQ(lanes.Take(Lane::kSmall).size(), 4u);
  EXPECT_EQ(lanes.Take(Lane::kSmall).size(), 2u);
  static_cast<void>(lanes.Add(Write("a", std::string(150, 'x'))));
  static_cast<void>(lanes.Add(Write("b", std::string(50, 'x'))));
  EXPECT_EQ(lanes.Take(Lane::kLarge).size(), 1u) << "one always goes";
  PgWrite listed = Write("c", "v");
  listed.op.condition.versions.resize(9);
  static_cast<void>(lanes.Add(std::move(listed)));
  PgWrite more = Write("d", "v");
  more.op.condition.versions.resize(2);
  static_cast<void>(lanes.Add(std::move(more)));
  EXPECT_EQ(lanes.Take(Lane::kSmall).size(), 1u);
}

TEST(WriteLanesTest, ALockedKeyTakesItsWaitingWritesAlongInOrder) {
  WriteLanes lanes(kLimits);
  static_cast<void>(lanes.Add(Write("a", "1")));
  static_cast<void>(lanes.Add(Write("a", "2")));
  std::vector<PgWrite> taken = lanes.Take(Lane::kSmall);
  static_cast<void>(lanes.Add(Write("a", "3")));
  static_cast<void>(lanes.Add(Write("b", "other")));
  lanes.Lock(std::move(taken));
  EXPECT_EQ(lanes.Add(Write("a", "4")), Lane::kLocked);
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kSmall)), ElementsAre("other"));
  ASSERT_TRUE(lanes.HasWork(Lane::kLocked));
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kLocked)), ElementsAre("1", "2", "3", "4"));
}

TEST(WriteLanesTest, WritesOfAKeyThatIsUnderWayWait) {
  WriteLanes lanes(kLimits);
  static_cast<void>(lanes.Add(Write("a", "1")));
  const std::vector<PgWrite> first = lanes.Take(Lane::kSmall);
  static_cast<void>(lanes.Add(Write("a", "2")));
  static_cast<void>(lanes.Add(Write("b", "3")));
  static_cast<void>(lanes.Add(Write("a", "4")));
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kSmall)), ElementsAre("3"));
  EXPECT_THAT(lanes.Take(Lane::kSmall), IsEmpty());
  Finish(lanes, first);
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kSmall)), ElementsAre("2", "4"));
}

TEST(WriteLanesTest, LockedKeysTakeTurns) {
  WriteLanes lanes(kLimits);
  for (const char* key : {"a", "b"}) {
    static_cast<void>(lanes.Add(Write(key, key)));
    lanes.Lock(lanes.Take(Lane::kSmall));
  }
  std::vector<PgWrite> a = lanes.Take(Lane::kLocked);
  EXPECT_THAT(ValuesOf(a), ElementsAre("a"));
  EXPECT_EQ(lanes.Add(Write("a", "later")), Lane::kLocked);
  lanes.Lock(std::move(a));
  lanes.EndTurn(model::Key("things", "a"));
  std::vector<PgWrite> b = lanes.Take(Lane::kLocked);
  EXPECT_THAT(ValuesOf(b), ElementsAre("b"));
  Finish(lanes, b);
  lanes.EndTurn(model::Key("things", "b"));
  a = lanes.Take(Lane::kLocked);
  EXPECT_THAT(ValuesOf(a), ElementsAre("a", "later"));
  EXPECT_FALSE(lanes.HasWork(Lane::kLocked));
  Finish(lanes, a);
  EXPECT_EQ(lanes.Add(Write("a", "free")), Lane::kSmall);
}

TEST(WriteLanesTest, WhatComesDuringATurnGetsTheNextOne) {
  WriteLanes lanes(kLimits);
  static_cast<void>(lanes.Add(Write("a", "1")));
  lanes.Lock(lanes.Take(Lane::kSmall));
  const std::vector<PgWrite> turn = lanes.Take(Lane::kLocked);
  static_cast<void>(lanes.Add(Write("a", "2")));
  EXPECT_FALSE(lanes.HasWork(Lane::kLocked)) << "its turn is not over";
  Finish(lanes, turn);
  lanes.EndTurn(model::Key("things", "a"));
  EXPECT_THAT(ValuesOf(lanes.Take(Lane::kLocked)), ElementsAre("2"));
}

TEST(WriteLanesTest, ExpiredWritesLeaveEveryLane) {
  WriteLanes lanes(kLimits);
  const BootTime soon{seconds(1)};
  static_cast<void>(lanes.Add(Write("locked", "1", soon)));
  lanes.Lock(lanes.Take(Lane::kSmall));
  static_cast<void>(lanes.Add(Write("small", "2", soon)));
  static_cast<void>(lanes.Add(Write("large", kLarge, soon)));
  static_cast<void>(lanes.Add(Write("stays", "4")));
  EXPECT_THAT(lanes.TakeExpired(BootTime{}), IsEmpty());
  EXPECT_EQ(lanes.TakeExpired(soon).size(), 3u);
  EXPECT_FALSE(lanes.HasWork(Lane::kLocked));
  EXPECT_FALSE(lanes.HasWork(Lane::kLarge));
  EXPECT_EQ(lanes.waiting(), 1u);
  EXPECT_EQ(lanes.TakeAll().size(), 1u);
}

}  // namespace
}  // namespace coolkit::store
