#include "node/hand_off.h"

#include <gtest/gtest.h>

#include <deque>

#include "support/manual_loop.h"

namespace coolkit::node {
namespace {

// Takes pushes as a test says.
class Receivers final : public ring::PeerClient {
 public:
  struct Pending {
    ring::MemberId peer;
    ring::PeerPush push;
    Completion<Result<ring::PeerPushReply>> done;
  };
  void Read(const ring::MemberId&, ring::PeerReadRequest,
            Completion<Result<ring::PeerReadReply>> done) override {
    done(Fail(ErrorCode::kInternal, "not scripted"));
  }
  void Write(const ring::MemberId&, ring::PeerWriteRequest,
             Completion<Result<ring::PeerWriteReply>> done) override {
    done(Fail(ErrorCode::kInternal, "not scripted"));
  }
  void Push(const ring::MemberId& peer, ring::PeerPush push,
            Completion<Result<ring::PeerPushReply>> done) override {
    pushes.push_back({peer, std::move(push), std::move(done)});
  }
  Pending Take() {
    Pending pending = std::move(pushes.front());
    pushes.pop_front();
    return pending;
  }
  std::deque<Pending> pushes;
};

class HandOffTest : public testing::Test {
 protected:
  HandOffTest() {
    life_.id[0] = 1;
    cache_.Reset(life_, {1});
    state_.Publish(life_, {50}, {clock_.Now(), DbTime()});
    for (int n = 0; n < 3; ++n) {
      members_[n].id.bytes[0] = static_cast<std::uint8_t>(n + 1);
      members_[n].name = "pod-" + std::to_string(n);
      members_[n].address = "10.0.0.1:" + std::to_string(8080 + n);
    }
    hand_off_.Start(loop_, members_[0].id);
  }
  ~HandOffTest() override {
    hand_off_.AskToStop();
    while (!peers_.pushes.empty()) peers_.Take().done(Fail(ErrorCode::kConnectionClosed, ""));
    Run(seconds(10));
    hand_off_.Stop();
  }
  // Even slots at `even`, odd ones at `odd`.
  ring::ViewPtr View(ring::Epoch epoch, std::uint16_t even, std::uint16_t odd) {
    ring::View view;
    view.set_epoch(epoch);
    for (const ring::Member& member : members_) view.AddMember(member);
    for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
      view.SetOwner(slot, slot % 2 == 0 ? even : odd, ring::kNoMember);
    }
    return std::make_shared<const ring::View>(std::move(view));
  }
  void Fill(int count) {
    for (int n = 0; n < count; ++n) {
      model::Entry::Fields fields;
      const std::string key = "key-" + std::to_string(n);
      fields.collection = "c";
      fields.key = key;
      fields.version = {1};
      fields.present = true;
      fields.value = "value";
      cache_.Admit(model::Entry::Create(fields), {{10}, {10}, {}}, life_);
    }
  }
  void Run(milliseconds duration) { loop_.RunFor(duration); }

  model::Incarnation life_;
  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  telemetry::Registry registry_;
  RingMetrics metrics_{registry_};
  telemetry::Log log_{telemetry::LogFormat::kJson, telemetry::LogLevel::kError, "test"};
  cache::Cache cache_{{.bytes_max = 64u << 20}};
  feed::State state_;
  Receivers peers_;
  ring::Member members_[3];
  HandOff hand_off_{{cache_, state_, peers_, metrics_, log_}, {.batch_items_max = 10}};
};

TEST_F(HandOffTest, SlotsThatChangeHandsTakeTheirEntriesAlong) {
  Fill(100);
  hand_off_.OnView(View(1, 0, 0), View(2, 0, 1));
  EXPECT_EQ(hand_off_.Pending(), model::kSlotCount / 2);
  Run(milliseconds(500));
  std::size_t entries = 0;
  while (!peers_.pushes.empty()) {
    auto pending = peers_.Take();
    EXPECT_EQ(pending.peer, members_[1].id);
    EXPECT_EQ(pending.push.epoch, 2);
    EXPECT_EQ(pending.push.incarnation, life_);
    for (const ring::PeerPushItem& item : pending.push.items) {
      EXPECT_EQ(model::SlotOf(item.entry->key_ref().hash) % 2, 1u);
      EXPECT_EQ(item.as_of, model::Position{50}) << "R6: the applied position, sampled before";
    }
    entries += pending.push.items.size();
    pending.done(ring::PeerPushReply{10, true});
    Run(milliseconds(50));
  }
  EXPECT_GT(entries, 30u);
  EXPECT_LT(entries, 70u);
  EXPECT_EQ(hand_off_.Pending(), 0u);
}

TEST_F(HandOffTest, OneBatchAtATimeIsUnderWay) {
  Fill(100);
  hand_off_.OnView(View(1, 0, 0), View(2, 0, 1));
  Run(milliseconds(1'000));
  EXPECT_EQ(peers_.pushes.size(), 1u);
}

TEST_F(HandOffTest, AFailedBatchIsSentAgainAndThenGivenUp) {
  Fill(100);
  hand_off_.OnView(View(1, 0, 0), View(2, 0, 1));
  Run(milliseconds(400));
  ASSERT_EQ(peers_.pushes.size(), 1u);
  const std::string first(peers_.pushes.front().push.items.front().entry->key());
  for (int n = 0; n < 5; ++n) {
    ASSERT_EQ(peers_.pushes.size(), 1u) << n;
    EXPECT_EQ(peers_.pushes.front().push.items.front().entry->key(), first);
    peers_.Take().done(Fail(ErrorCode::kConnectionClosed, "scripted"));
    Run(milliseconds(300));
  }
  EXPECT_TRUE(peers_.pushes.empty());
  EXPECT_EQ(hand_off_.Pending(), 0u);
  EXPECT_EQ(metrics_.hand_off_failures.Value(), 1u);
}

TEST_F(HandOffTest, SlotsOfOthersAreNotOurs) {
  Fill(100);
  hand_off_.OnView(View(1, 1, 1), View(2, 2, 2));
  EXPECT_EQ(hand_off_.Pending(), 0u);
}

TEST_F(HandOffTest, AnEntryOfAnotherLifeIsLeftOut) {  // R12
  Fill(100);
  hand_off_.OnView(View(1, 0, 0), View(2, 1, 1));
  model::Incarnation next = life_;
  next.id[0] = 2;
  next.base = 5;
  cache_.Reset(next, {60});
  state_.Publish(next, {60}, {});
  Run(milliseconds(500));
  EXPECT_TRUE(peers_.pushes.empty());
  EXPECT_EQ(hand_off_.Pending(), 0u);
}

}  // namespace
}  // namespace coolkit::node
