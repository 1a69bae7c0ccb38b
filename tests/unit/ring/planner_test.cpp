#include "ring/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace coolkit::ring {
namespace {

constexpr BootTime kStart{seconds(1000)};

Member MakeMember(int n, MemberState state = MemberState::kReady, int life = 0) {
  Member member;
  member.id.bytes[0] = static_cast<std::uint8_t>(n);
  member.id.bytes[1] = static_cast<std::uint8_t>(life + 1);
  member.name = "pod-" + std::to_string(n);
  member.address = "10.0.0." + std::to_string(n) + ":8080";
  member.born_us = life;
  member.state = state;
  return member;
}

std::vector<Member> Pods(int from, int to) {
  std::vector<Member> pods;
  for (int n = from; n < to; ++n) pods.push_back(MakeMember(n));
  return pods;
}

std::map<std::string, std::size_t> Counts(const View& view) {
  std::map<std::string, std::size_t> counts;
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    const Member* owner = view.OwnerOf(slot);
    ++counts[owner == nullptr ? "nobody" : owner->name];
  }
  return counts;
}

void ExpectBalanced(const View& view, std::size_t owners) {
  const auto counts = Counts(view);
  ASSERT_EQ(counts.size(), owners);
  for (const auto& [name, count] : counts) {
    EXPECT_NE(name, "nobody");
    EXPECT_GE(count, model::kSlotCount / owners);
    EXPECT_LE(count, model::kSlotCount / owners + 1);
  }
}

std::size_t Moves(const View& from, const View& to) {
  std::size_t moves = 0;
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    const Member* a = from.OwnerOf(slot);
    const Member* b = to.OwnerOf(slot);
    moves += a != nullptr && b != nullptr && a->id != b->id;
  }
  return moves;
}

// Plans until nothing changes any more, after `wait`.
View Settle(Planner& planner, View view, const std::vector<Member>& live, BootTime now,
            milliseconds wait = milliseconds(0)) {
  for (const BootTime t : {now, now + wait}) {
    while (auto next = planner.Plan(view, live, t)) {
      next->set_epoch(view.epoch() + 1);
      view = std::move(*next);
    }
  }
  return view;
}

TEST(PlannerTest, TheFirstPodsShareEverythingAtOnce) {
  Planner planner({});
  for (const int n : {1, 3, 10, 97}) {
    ExpectBalanced(Settle(planner, View(), Pods(0, n), kStart), static_cast<std::size_t>(n));
  }
}

TEST(PlannerTest, AFinishedViewIsLeftAlone) {
  Planner planner({});
  const View view = Settle(planner, View(), Pods(0, 7), kStart);
  EXPECT_FALSE(planner.Plan(view, Pods(0, 7), kStart + seconds(100)));
}

TEST(PlannerTest, ANewcomerWaitsForALeaverAndThenTakesItsShareFromAll) {
  Planner planner({});
  const View before = Settle(planner, View(), Pods(0, 10), kStart);
  const View waiting = Settle(planner, before, Pods(0, 11), kStart);
  EXPECT_EQ(Moves(before, waiting), 0u);
  const View after = Settle(planner, waiting, Pods(0, 11), kStart, milliseconds(3'000));
  ExpectBalanced(after, 11);
  EXPECT_EQ(Moves(before, after), model::kSlotCount / 11) << "no more than its share moves";
}

TEST(PlannerTest, ALeaverHandsAllToANewcomer) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 10);
  const View before = Settle(planner, View(), live, kStart);
  live[3].state = MemberState::kDraining;
  const View held = Settle(planner, before, live, kStart);
  EXPECT_EQ(Moves(before, held), 0u) << "it waits for the newcomer";
  live.push_back(MakeMember(10));
  const View after = Settle(planner, held, live, kStart + seconds(2));
  EXPECT_EQ(Moves(before, after), before.SlotsOwnedBy(live[3].id));
  EXPECT_EQ(after.SlotsOwnedBy(live[10].id), before.SlotsOwnedBy(live[3].id));
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    if (after.OwnerOf(slot)->id != live[10].id) continue;
    ASSERT_NE(after.PreviousOf(slot), nullptr) << "its cache is still warm";
    EXPECT_EQ(after.PreviousOf(slot)->id, live[3].id);
  }
}

TEST(PlannerTest, ALeaverWithoutANewcomerIsSpreadOverTheOthers) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 10);
  const View before = Settle(planner, View(), live, kStart);
  live[3].state = MemberState::kDraining;
  const View after = Settle(planner, before, live, kStart, milliseconds(6'000));
  ExpectBalanced(after, 9);
  EXPECT_EQ(Moves(before, after), before.SlotsOwnedBy(live[3].id));
}

TEST(PlannerTest, ADeadPodIsReplacedAtOnce) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 10);
  const View before = Settle(planner, View(), live, kStart);
  live.erase(live.begin() + 4);
  const View after = Settle(planner, before, live, kStart);
  ExpectBalanced(after, 9);
  EXPECT_EQ(Moves(before, after), before.SlotsOwnedBy(MakeMember(4).id)) << "no others move";
}

TEST(PlannerTest, ARestartOnTheSameAddressTakesItsOwnSlotsBack) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 3);
  const View before = Settle(planner, View(), live, kStart);
  live[2] = MakeMember(2, MemberState::kReady, 1);
  live.push_back(MakeMember(9));
  const View after = Settle(planner, before, live, kStart);
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    if (before.OwnerOf(slot)->address != live[2].address) continue;
    ASSERT_EQ(after.OwnerOf(slot)->id, live[2].id);
  }
}

TEST(PlannerTest, ARollingUpdateMovesEachKeyOnce) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 10);
  View view = Settle(planner, View(), live, kStart);
  BootTime now = kStart;
  std::size_t moves = 0;
  for (int n = 0; n < 10; ++n) {
    live[0].state = MemberState::kDraining;  // the oldest
    live.push_back(MakeMember(10 + n, MemberState::kJoining));
    const View draining = Settle(planner, view, live, now);
    live.back().state = MemberState::kReady;
    const View handed = Settle(planner, draining, live, now + seconds(2));
    live.erase(live.begin());
    const View done = Settle(planner, handed, live, now + seconds(4));
    moves += Moves(view, draining) + Moves(draining, handed) + Moves(handed, done);
    view = done;
    now += seconds(10);
  }
  ExpectBalanced(view, 10);
  EXPECT_EQ(moves, model::kSlotCount);
}

TEST(PlannerTest, JoiningPodsOwnNothing) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 2);
  live.push_back(MakeMember(2, MemberState::kJoining));
  const View view = Settle(planner, View(), live, kStart, milliseconds(60'000));
  EXPECT_EQ(view.SlotsOwnedBy(live[2].id), 0u);
  ExpectBalanced(view, 2);
}

TEST(PlannerTest, TheLastPodKeepsItsSlotsWhileItLeaves) {
  Planner planner({});
  std::vector<Member> live = Pods(0, 1);
  const View before = Settle(planner, View(), live, kStart);
  live[0].state = MemberState::kDraining;
  const View after = Settle(planner, before, live, kStart, milliseconds(60'000));
  EXPECT_EQ(after.SlotsOwnedBy(live[0].id), model::kSlotCount);
}

// Whatever happens, every slot ends at a live, ready pod; the shares are even once all is quiet;
// and a planner that never saw the history (a new leader) leaves the result as it is.
TEST(PlannerTest, AnyHistoryEndsBalanced) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SeededRandom random(seed);
    Planner planner({});
    std::map<int, Member> pods;
    View view;
    BootTime now = kStart;
    int next_pod = 0;
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t dice = random.Below(10);
      if (dice < 4 && pods.size() < 30) {
        pods[next_pod] = MakeMember(next_pod);
        ++next_pod;
      } else if (!pods.empty() && dice < 8) {
        auto it = std::next(pods.begin(), static_cast<long>(random.Below(pods.size())));
        if (dice < 6) {
          it->second.state = MemberState::kDraining;
        } else {
          pods.erase(it);
        }
      }
      now += milliseconds(random.Below(4'000));
      std::vector<Member> live;
      for (const auto& [n, member] : pods) live.push_back(member);
      view = Settle(planner, view, live, now);
    }
    std::erase_if(pods, [](const auto& pod) { return pod.second.state == MemberState::kDraining; });
    pods[next_pod] = MakeMember(next_pod);
    std::vector<Member> live;
    for (const auto& [n, member] : pods) live.push_back(member);
    view = Settle(planner, view, live, now, milliseconds(10'000));
    SCOPED_TRACE("seed " + std::to_string(seed));
    ExpectBalanced(view, live.size());
    Planner fresh({});
    EXPECT_FALSE(fresh.Plan(view, live, now));
  }
}

}  // namespace
}  // namespace coolkit::ring
