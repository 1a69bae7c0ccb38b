#include "node/tailer.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/manual_loop.h"
#include "support/scripted_store.h"

namespace coolkit::node {
namespace {

class TailerTest : public testing::Test {
 protected:
  ~TailerTest() override {
    // Ends the task: the poll under way is answered, then the pause notices the stop.
    std::thread stopper([this] { tailer_.Stop(); });
    while (loop_.pending() > 0 || !store_.polls.empty()) {
      if (!store_.polls.empty()) Take(store_.polls).done(Fail(ErrorCode::kDraining, "end"));
      loop_.RunReady();
      loop_.RunNextTimer();
    }
    stopper.join();
  }
  template <class T>
  static T Take(std::deque<T>& queue) {
    return support::ScriptedStore::Take(queue);
  }
  void Start() {
    tailer_.Start(loop_, [this] { ++first_polls_; });
    loop_.RunReady();
  }
  // Answers the poll under way and runs on to the next one.
  void Answer(std::int64_t position, model::ChangeSet changes = {}, bool gap = false) {
    ASSERT_EQ(store_.polls.size(), 1u);
    auto poll = Take(store_.polls);
    store::FeedAnswer answer;
    answer.snapshot = store_.SnapshotAt(position, poll.sent_at);
    answer.next = {store_.life, {position}, ""};
    answer.gap = gap || !poll.cursor;
    answer.changes = std::move(changes);
    poll.done(std::move(answer));
    loop_.RunFor(milliseconds(25));
  }
  void Admit(std::int64_t version, std::int64_t as_of) {
    model::Entry::Fields fields;
    fields.collection = key_.collection;
    fields.key = key_.key;
    fields.version = {version};
    fields.present = true;
    fields.value = "v";
    cache_.Admit(model::Entry::Create(fields), {{as_of}, {as_of}, {}}, store_.life);
  }

  const model::Key key_{"things", "key"};
  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  support::ScriptedStore store_{clock_};
  telemetry::Registry registry_;
  TailerMetrics metrics_{registry_};
  DatabaseContact contact_;
  std::string log_text_;
  telemetry::Log log_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "pod", &log_text_};
  cache::Cache cache_{{.bytes_max = 64u << 20}};
  feed::State state_;
  Tailer tailer_{{store_, cache_, state_, metrics_, contact_, log_}, {}};
  int first_polls_ = 0;
};

TEST_F(TailerTest, TheFirstPollBeginsTheIncarnation) {
  Start();
  EXPECT_FALSE(store_.polls.front().cursor);
  Answer(10);
  EXPECT_EQ(first_polls_, 1);
  const feed::Sample sample = state_.Read();
  EXPECT_EQ(sample.incarnation, store_.life);
  EXPECT_EQ(sample.applied, model::Position{10});
  EXPECT_EQ(metrics_.resets.Value(), 1u);
  Admit(3, 10);
  EXPECT_TRUE(cache_.Peek(key_.ref()));
}

TEST_F(TailerTest, ChangesDropWhatIsOlder) {
  Start();
  Answer(10);
  Admit(3, 10);
  model::ChangeSet changes;
  changes.keys.push_back({key_, {4}});
  Answer(11, changes);
  EXPECT_FALSE(cache_.Peek(key_.ref()));
  EXPECT_EQ(state_.Read().applied, model::Position{11});
  EXPECT_EQ(metrics_.changes.Value(), 1u);
}

// R2: what was acknowledged before the statement was sent is included, not what came until the
// answer arrived.
TEST_F(TailerTest, R2TheHorizonIsTheTimeBeforeTheStatementWasSent) {
  Start();
  const BootTime sent = clock_.Now();
  clock_.Advance(milliseconds(300));
  Answer(10);
  EXPECT_EQ(state_.Read().horizon.at, sent);
}

TEST_F(TailerTest, R4AGapDropsWhatIsOlderThanIt) {
  Start();
  Answer(10);
  Admit(3, 10);
  Answer(20, {}, true);
  EXPECT_FALSE(cache_.Peek(key_.ref()));
  EXPECT_EQ(metrics_.gaps.Value(), 1u);
}

TEST_F(TailerTest, R12ANewLifeDropsEverything) {
  Start();
  Answer(10);
  Admit(3, 10);
  store_.life.id[0] = 77;
  Answer(2);
  EXPECT_FALSE(cache_.Peek(key_.ref()));
  EXPECT_EQ(state_.Read().incarnation, store_.life);
  EXPECT_EQ(state_.Read().applied, model::Position{2});
}

TEST_F(TailerTest, AFailedPollMovesNothingAndIsTriedAgain) {
  Start();
  Answer(10);
  const feed::Sample before = state_.Read();
  Take(store_.polls).done(Fail(ErrorCode::kDatabaseUnavailable, "gone"));
  loop_.RunFor(seconds(1));
  EXPECT_EQ(state_.Read().horizon.at, before.horizon.at);
  EXPECT_EQ(metrics_.poll_errors.Value(), 1u);
  EXPECT_EQ(contact_.Silence(clock_.Now()), seconds(1) + milliseconds(25));
  Answer(11);
  EXPECT_EQ(state_.Read().applied, model::Position{11});
}

}  // namespace
}  // namespace coolkit::node
