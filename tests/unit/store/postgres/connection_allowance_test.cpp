#include "store/postgres/connection_allowance.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.h"

namespace coolkit::store {
namespace {

constexpr int kServerMax = 1000;
constexpr milliseconds kHold{15'000};

BootTime At(milliseconds time) { return BootTime(time); }

// Tells it the same count every second of [from, to].
void Hear(ConnectionAllowance& allowance, int members, int from_s, int to_s) {
  for (int s = from_s; s <= to_s; ++s) allowance.OnMembers(members, At(seconds(s)));
}

TEST(ConnectionAllowanceTest, ANewcomerHasOneUntilAllHaveHeardOfIt) {
  ConnectionAllowance allowance({});
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(100))), 1) << "nothing is known";
  Hear(allowance, 10, 100, 114);
  EXPECT_EQ(allowance.Share(kServerMax, At(milliseconds(114'999))), 1);
  Hear(allowance, 10, 115, 115);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(115))), 8);
}

TEST(ConnectionAllowanceTest, ItShrinksAtOnceAndGrowsAfterTheHold) {
  ConnectionAllowance allowance({});
  Hear(allowance, 50, 0, 20);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(20))), 7) << "350 of 400, 50 are the reserve";
  Hear(allowance, 100, 21, 21);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(21))), 3);
  Hear(allowance, 50, 22, 36);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(36))), 3) << "the dead may still be connected";
  Hear(allowance, 50, 37, 37);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(37))), 7);
  // One larger count in between counts for the whole hold.
  Hear(allowance, 40, 38, 40);
  Hear(allowance, 60, 41, 41);
  Hear(allowance, 40, 42, 56);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(56))), 5);
  Hear(allowance, 40, 57, 57);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(57))), 8);
}

TEST(ConnectionAllowanceTest, WhoDoesNotHearKeepsOne) {
  ConnectionAllowance allowance({});
  Hear(allowance, 10, 0, 20);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(26))), 8);
  EXPECT_EQ(allowance.Share(kServerMax, At(milliseconds(26'001))), 1) << "many may have come";
  Hear(allowance, 10, 27, 41);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(41))), 1) << "as a newcomer";
  Hear(allowance, 10, 42, 42);
  EXPECT_EQ(allowance.Share(kServerMax, At(seconds(42))), 8);
}

TEST(ConnectionAllowanceTest, TheServerCutsTheBudget) {
  ConnectionAllowance allowance({});
  Hear(allowance, 10, 0, 20);
  EXPECT_EQ(allowance.Share(100, At(seconds(20))), 7) << "80 of 100, 10 are the reserve";
  EXPECT_EQ(allowance.Share(0, At(seconds(20))), 1) << "the server has not said yet";
  Hear(allowance, 500, 21, 21);
  EXPECT_EQ(allowance.Share(100, At(seconds(21))), 1) << "never none";
}

TEST(ConnectionAllowanceTest, Reserves) {
  EXPECT_EQ(ConnectionAllowance::Reserve(400), 50);
  EXPECT_EQ(ConnectionAllowance::Reserve(10), 1);
  EXPECT_EQ(ConnectionAllowance::Reserve(2), 1);
  EXPECT_EQ(ConnectionAllowance::Reserve(1), 0);
}

// Pods that come and go, each of which learns late, at its own moments, from a past moment of its
// own; those who die without a word stay connected for a while.
class Fleet {
 public:
  Fleet(std::uint64_t seed, milliseconds hold) : random_(seed) {
    options_.budget = {40 + Below(200), 1 + Below(12)};
    options_.hold = hold;
    // Also counts of the moments before the first step.
    for (int i = 0; i < kAgeMax; ++i) counts_.push_back(0);
  }

  // A quarter of a second. What is wrong then; empty: nothing.
  std::string Step() {
    ++now_;
    Change();
    counts_.push_back(Live());
    int connections = 0;
    for (auto it = pods_.begin(); it != pods_.end();) {
      Pod& pod = it->second;
      if (pod.died_at >= 0 && now_ - pod.died_at >= kLingers) {
        it = pods_.erase(it);
        continue;
      }
      if (pod.died_at < 0) Run(pod);
      connections += pod.share;
      grew_ |= pod.share > 1;
      ++it;
    }
    if (connections <= options_.budget.all_pods) return {};
    return std::to_string(connections) + " connections of " +
           std::to_string(options_.budget.all_pods) + " at step " + std::to_string(now_);
  }
  [[nodiscard]] bool grew() const { return grew_; }

 private:
  static constexpr int kStepMs = 250;
  static constexpr int kAgeMax = 4'000 / kStepMs;    // of a count when it comes
  static constexpr int kEveryMax = 6'000 / kStepMs;  // between two counts, unless one is lost
  static constexpr int kLingers = 5'000 / kStepMs;   // of a dead pod's connections
  static constexpr int kWindow = 15'000 / kStepMs;   // in which at most `reserve` pods come

  struct Pod {
    ConnectionAllowance allowance;
    int share = 1;
    int next_count_at = 0;
    int died_at = -1;
  };

  int Below(int bound) {
    return static_cast<int>(random_.Below(static_cast<std::uint64_t>(bound)));
  }
  [[nodiscard]] BootTime Now() const { return At(milliseconds(std::int64_t{now_} * kStepMs)); }
  [[nodiscard]] int Live() const {
    int live = 0;
    for (const auto& [id, pod] : pods_) live += pod.died_at < 0 ? 1 : 0;
    return live;
  }

  void Change() {
    if (Below(12) != 0) return;
    const int reserve = ConnectionAllowance::Reserve(options_.budget.all_pods);
    const int room = options_.budget.all_pods - reserve;
    int come = Below(3) == 0 ? Below(reserve + 1) : Below(3);
    while (come-- > 0 && CameLately() < reserve && static_cast<int>(pods_.size()) < room) {
      joined_at_.push_back(now_);
      pods_.emplace(++last_id_, Pod{ConnectionAllowance(options_), 1, now_ + Below(8), -1});
    }
    int die = Below(4) == 0 ? Below(static_cast<int>(pods_.size()) + 1) : Below(2);
    for (auto it = pods_.begin(); it != pods_.end() && die > 0; ++it) {
      if (it->second.died_at >= 0 || Below(2) == 0) continue;
      it->second.died_at = now_;
      --die;
    }
  }
  [[nodiscard]] int CameLately() const {
    int came = 0;
    for (const int at : joined_at_) came += now_ - at <= kWindow ? 1 : 0;
    return came;
  }

  void Run(Pod& pod) {
    if (now_ >= pod.next_count_at) {
      const int age = Below(kAgeMax);
      const int count = counts_.at(counts_.size() - 1 - static_cast<std::size_t>(age));
      pod.allowance.OnMembers(count, Now());
      // Sometimes none comes for long.
      pod.next_count_at = now_ + 1 + (Below(30) == 0 ? Below(200) : Below(kEveryMax - 1));
    }
    pod.share = pod.allowance.Share(100'000, Now());
  }

  SeededRandom random_;
  ConnectionAllowance::Options options_;
  int now_ = 0;
  int last_id_ = 0;
  bool grew_ = false;
  std::map<int, Pod> pods_;
  std::vector<int> counts_;
  std::vector<int> joined_at_;
};

std::string RunFleets(int fleets, milliseconds hold, int* grew = nullptr) {
  for (int seed = 1; seed <= fleets; ++seed) {
    Fleet fleet(static_cast<std::uint64_t>(seed), hold);
    for (int step = 0; step < 1'500; ++step) {
      if (const std::string wrong = fleet.Step(); !wrong.empty()) {
        return "seed " + std::to_string(seed) + ": " + wrong;
      }
    }
    if (grew != nullptr) *grew += fleet.grew() ? 1 : 0;
  }
  return {};
}

TEST(ConnectionAllowanceTest, AllPodsTogetherNeverPassTheBudget) {
  int grew = 0;
  EXPECT_EQ(RunFleets(150, kHold, &grew), "");
  EXPECT_GT(grew, 100) << "nothing to see if nobody ever grows";
}

TEST(ConnectionAllowanceTest, WithoutTheHoldTheyWould) {
  EXPECT_NE(RunFleets(150, milliseconds(0)), "");
  EXPECT_NE(RunFleets(150, milliseconds(2'000)), "");
}

}  // namespace
}  // namespace coolkit::store
