#include "feed/state.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace coolkit::feed {
namespace {

// Every field tells the same number.
struct Told {
  model::Incarnation incarnation;
  model::Position applied;
  model::Fresh horizon;
};
Told Numbered(std::int64_t n) {
  Told told;
  told.incarnation.system_id = static_cast<std::uint64_t>(n);
  told.incarnation.database_oid = static_cast<std::uint32_t>(n);
  for (std::uint8_t& byte : told.incarnation.id) byte = static_cast<std::uint8_t>(n);
  told.incarnation.base = n;
  told.applied = {n};
  told.horizon = {BootTime(nanoseconds(n)), DbTime(microseconds(-n))};
  return told;
}
void ExpectSame(const Sample& sample, const Told& told) {
  ASSERT_EQ(sample.incarnation, told.incarnation);
  ASSERT_EQ(sample.incarnation.base, told.incarnation.base);
  ASSERT_EQ(sample.applied, told.applied);
  ASSERT_EQ(sample.horizon.at, told.horizon.at);
  ASSERT_EQ(sample.horizon.db_now, told.horizon.db_now);
}

TEST(State, KnowsNothingAtFirst) {
  const State state;
  const Sample sample = state.Read();
  EXPECT_EQ(sample.applied, model::kNoPosition);
  EXPECT_EQ(sample.horizon.at, kMinusInfinity);
}

TEST(State, GivesBackEveryField) {
  State state;
  model::Incarnation life;
  life.system_id = UINT64_MAX - 3;
  life.database_oid = 0xfedcba98;
  for (std::size_t i = 0; i < life.id.size(); ++i) life.id[i] = static_cast<std::uint8_t>(200 + i);
  life.base = -7;
  const Told told{life, {-5}, {kNever, DbTime::min()}};
  state.Publish(told.incarnation, told.applied, told.horizon);
  ExpectSame(state.Read(), told);
}

TEST(State, ReadersNeverSeeHalfOfAChange) {
  State state;
  state.Publish(Numbered(0).incarnation, Numbered(0).applied, Numbered(0).horizon);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      std::int64_t last = 0;
      while (!done.load()) {
        const Sample sample = state.Read();
        ExpectSame(sample, Numbered(sample.applied.value));
        ASSERT_GE(sample.applied.value, last) << "a sample went back";
        last = sample.applied.value;
      }
    });
  }
  for (std::int64_t n = 1; n <= 200'000; ++n) {
    const Told told = Numbered(n);
    state.Publish(told.incarnation, told.applied, told.horizon);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  ExpectSame(state.Read(), Numbered(200'000));
}

}  // namespace
}  // namespace coolkit::feed
