// Seeded schedules: work in any order, connections that break at any operation, requests of all
// kinds. Whatever happens each request ends exactly once, and no write is done that was said not to
// have been taken.
#include <gtest/gtest.h>

#include <set>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed)
      : random_(seed), order_(seed + 1), pods_({}, {}, {}, &order_) {
    pods_.dialer.capacity = 1 + random_.Below(100'000);
    pods_.dialer.prepare = [this](support::PipeConnection& a, support::PipeConnection& b) {
      for (auto* end : {&a, &b}) {
        end->behaviour().posted = random_.Below(2) == 0;
        end->behaviour().cut_write = [this](std::size_t n) { return 1 + random_.Below(n); };
      }
      faults_.push_back(std::make_unique<support::PipeFaults>());
      if (random_.Below(2) == 0) faults_.back()->fail_at = random_.Below(200);
      (random_.Below(2) == 0 ? a : b).behaviour().faults = faults_.back().get();
    };
    pods_.second.handler.hold = true;
  }
  ~Schedule() {
    pods_.first.Close();
    pods_.second.Close();
  }
  void Run() {
    pods_.Connect();
    for (int step = 0; step < 60; ++step) {
      Step();
      for (std::uint64_t n = random_.Below(30); n > 0; --n) pods_.loop.RunOne();
      if (random_.Below(4) == 0) pods_.loop.RunFor(milliseconds(random_.Below(100)));
    }
    pods_.first.peers.Close();
    pods_.second.server.Close();
    pods_.loop.RunReady();
    NoteWrites();
    pods_.second.handler.AnswerAll();
    pods_.loop.RunFor(seconds(3));
    EXPECT_EQ(ended_, started_);
    for (const std::string& key : not_taken_) EXPECT_FALSE(taken_.contains(key)) << key;
    pods_.first.peers.Stop();
    pods_.second.server.Stop();
    EXPECT_EQ(pods_.second.server.connection_count(), 0u);
  }
  [[nodiscard]] std::size_t answered() const { return answered_; }

 private:
  void Step() {
    const std::uint64_t what = random_.Below(8);
    if (what < 3) {
      Start();
      pods_.first.peers.Read(pods_.second.id(), ReadOf({"k" + std::to_string(started_)}),
                             [this](const auto& reply) { End(reply.has_value()); });
    } else if (what < 5) {
      Start();
      const std::string key = "w" + std::to_string(started_);
      const std::string value(random_.Below(3) == 0 ? random_.Below(200'000) : 10, 'v');
      const BootTime deadline = pods_.loop.Now() + milliseconds(random_.Below(500));
      pods_.first.peers.Write(pods_.second.id(), PutOf(key, value, deadline),
                              [this, key](const Result<ring::PeerWriteReply>& reply) {
                                End(reply.has_value());
                                if (!reply && reply.error().code != ErrorCode::kOutcomeUnknown) {
                                  not_taken_.insert(key);
                                }
                              });
    } else if (what == 5) {
      NoteWrites();
      pods_.second.handler.AnswerAll();
    } else if (what == 6) {
      pods_.first.peers.SendHeartbeat({MemberOf(1), 1, ring::kNobody});
      pods_.first.peers.Subscribe(pods_.second.id(), pods_.loop.Now());
      pods_.second.server.Broadcast({}, pods_.second.server.CollectPings());
    } else if (random_.Below(4) == 0) {
      pods_.first.peers.SetAddresses({});
      pods_.first.peers.SetAddresses({pods_.second.address()});
    }
  }
  void Start() { ++started_; }
  void End(bool answered) {
    ++ended_;
    answered_ += answered ? 1 : 0;
  }
  void NoteWrites() {
    for (const auto& write : pods_.second.handler.writes) {
      taken_.insert(write.request.ops[0].key.key);
    }
  }

  SeededRandom random_;
  SeededRandom order_;
  std::vector<std::unique_ptr<support::PipeFaults>> faults_;
  TwoPods pods_;
  std::size_t started_ = 0;
  std::size_t ended_ = 0;
  std::size_t answered_ = 0;
  std::set<std::string> taken_;
  std::set<std::string> not_taken_;
};

TEST(SchedulesTest, EachRequestEndsOnceAndNoneIsDoneThatWasNotTaken) {
  std::size_t answered = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Schedule schedule(seed);
    schedule.Run();
    answered += schedule.answered();
    if (HasFailure()) break;
  }
  EXPECT_GT(answered, 1'000u);
}

}  // namespace
}  // namespace coolkit::peer
