// Other processes on the same file: locks that are held too long, writers that share, the log.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <semaphore>
#include <thread>

#include "unit/store/sqlite/sqlite_fixture.h"

namespace coolkit::store {
namespace {

using testing::HasSubstr;

class LockTest : public SqliteTest {};

TEST_F(LockTest, WritesBehindAForeignLockKeepTheirDeadlinesAndDoNotHappen) {
  Start();
  Put("a", "1");
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("BEGIN IMMEDIATE"), "");
  std::vector<Got<WriteAnswer>> late;
  for (int i = 0; i < 10; ++i) {
    late.push_back(StartWrite(PutOp("late", "1"), milliseconds(30)));
  }
  Got<WriteAnswer> patient = StartWrite(PutOp("patient", "1"));
  for (Got<WriteAnswer>& got : late) {
    const Result<WriteAnswer> answer = got.get();
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  }
  EXPECT_EQ(Entry("a")->value(), "1") << "readers do not wait for writers";
  ASSERT_EQ(other.Run("COMMIT"), "");
  EXPECT_TRUE(patient.get().has_value());
  EXPECT_FALSE(Entry("late")->present());
  EXPECT_TRUE(Entry("patient")->present());
}

TEST_F(LockTest, ALockHeldTooLongIsUnavailability) {
  options_.lock_wait_max = milliseconds(40);
  Start();
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("BEGIN IMMEDIATE"), "");
  const Result<WriteAnswer> answer = Write(PutOp("a", "1"));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kDatabaseUnavailable);
  EXPECT_THAT(answer.error().detail, HasSubstr("locked by another process"));
  EXPECT_GE(parts_.metrics.ConnectionError("locked").Value(), 1u);
  ASSERT_EQ(other.Run("COMMIT"), "");
  Put("a", "2");
}

TEST_F(LockTest, StopDoesNotWaitForAForeignLock) {
  Start();
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("BEGIN IMMEDIATE"), "");
  Got<WriteAnswer> got = StartWrite(PutOp("a", "1"));
  store().Stop();
  const Result<WriteAnswer> answer = got.get();
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kDraining);
}

TEST_F(LockTest, WritesOfAMomentShareACommit) {
  Start();
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("BEGIN IMMEDIATE"), "");
  std::vector<Got<WriteAnswer>> got;
  for (int i = 0; i < 200; ++i) got.push_back(StartWrite(PutOp("k" + std::to_string(i), "v")));
  ASSERT_EQ(other.Run("COMMIT"), "");
  for (Got<WriteAnswer>& one : got) ASSERT_TRUE(one.get().has_value());
  EXPECT_EQ(parts_.metrics.commits_total.Value(), 4u) << "64 rows at most in each";
  EXPECT_EQ(parts_.metrics.rows_written_total.Value(), 200u);
  EXPECT_EQ(parts_.metrics.Statement("commit").calls->Value(), 4u);
}

TEST_F(LockTest, LargeValuesAreCommittedAlone) {
  Start();
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("BEGIN IMMEDIATE"), "");
  std::vector<Got<WriteAnswer>> got;
  for (int i = 0; i < 3; ++i) {
    got.push_back(StartWrite(PutOp("k" + std::to_string(i), std::string(2 << 20, 'v'))));
  }
  ASSERT_EQ(other.Run("COMMIT"), "");
  for (Got<WriteAnswer>& one : got) ASSERT_TRUE(one.get().has_value());
  EXPECT_EQ(parts_.metrics.commits_total.Value(), 3u);
}

TEST_F(LockTest, QueuedBytesAreBounded) {
  options_.write_bytes_queued_max = 1 << 20;
  Start();
  PlainSql other = Sql();
  ASSERT_EQ(other.Run("BEGIN IMMEDIATE"), "");
  std::vector<Got<WriteAnswer>> got;
  for (int i = 0; i < 8; ++i) {
    got.push_back(StartWrite(PutOp("k" + std::to_string(i), std::string(300 << 10, 'v'))));
  }
  ASSERT_EQ(other.Run("COMMIT"), "");
  int refused = 0;
  for (Got<WriteAnswer>& one : got) {
    const Result<WriteAnswer> answer = one.get();
    if (answer) continue;
    EXPECT_EQ(answer.error().code, ErrorCode::kOverloaded);
    ++refused;
  }
  EXPECT_EQ(refused, 5);
  EXPECT_EQ(parts_.metrics.writes_refused.Value(), 5u);
}

TEST_F(LockTest, TheLogIsBounded) {
  options_.checkpoint_pages = 64;
  Start();
  for (int i = 0; i < 150; ++i) Put("k" + std::to_string(i % 50), std::string(3000, 'v'));
  EXPECT_LT(std::filesystem::file_size(options_.path + "-wal"), 160u * 4120);
  EXPECT_GT(parts_.metrics.Statement("checkpoint").calls->Value(), 1u);
  EXPECT_EQ(parts_.metrics.Statement("checkpoint").errors->Value(), 0u);
}

TEST_F(LockTest, ALogThatCanNotBeEmptiedRefusesWritesUntilItCan) {
  options_.checkpoint_pages = 16;
  options_.log_bytes_max = 100 * 4120;
  Start();
  Put("a", "1");
  PlainSql reader = Sql();
  ASSERT_EQ(reader.Run("BEGIN; SELECT count(*) FROM kv;"), "");  // keeps its snapshot
  Result<WriteAnswer> answer = Write(PutOp("a", "1"));
  for (int i = 0; i < 300 && answer; ++i) answer = Write(PutOp("a", std::string(3000, 'v')));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kDatabaseUnavailable);
  EXPECT_THAT(answer.error().detail, HasSubstr("write-ahead log"));
  EXPECT_GE(parts_.metrics.log_limit_hits.Value(), 1u);
  EXPECT_LT(std::filesystem::file_size(options_.path + "-wal"), 150u * 4120);
  EXPECT_TRUE(Entry("a")->present()) << "reads go on";
  ASSERT_EQ(reader.Run("COMMIT"), "");
  const BootTime give_up = In(seconds(20));
  while (!answer && parts_.clock.Now() < give_up) answer = Write(PutOp("a", "2"));
  EXPECT_TRUE(answer.has_value()) << "and writes recover";
}

// Two stores on one file, as two processes would have it: nobody starves, nothing is lost.
TEST_F(LockTest, TwoStoresShareAFile) {
  options_.checkpoint_pages = 16;  // both empty the log all the time
  Start();
  SqliteParts parts;
  SqliteStore second(options_, parts.clock, parts.metrics, parts.log);
  ASSERT_TRUE(second.Start().has_value());
  const FeedCursor cursor = Poll(std::nullopt).next;
  constexpr int kWrites = 300;
  const auto hammer = [&](Store& store, const std::string& name) {
    for (int i = 0; i < kWrites; ++i) {
      auto [done, got] = MakeCompletion<WriteAnswer>();
      store.Write(PutOp("shared", name + std::to_string(i)), In(seconds(60)), std::move(done));
      const Result<WriteAnswer> answer = got.get();
      ASSERT_TRUE(answer.has_value()) << answer.error().detail;
      auto [read_done, read] = MakeCompletion<ReadAnswer>();
      store.Read({K("shared")}, In(seconds(60)), std::move(read_done));
      const Result<ReadAnswer> found = read.get();
      ASSERT_TRUE(found.has_value()) << found.error().detail;
      ASSERT_GE(found->entries[0]->version(), answer->outcome.version);
    }
  };
  std::thread other([&] { hammer(second, "b"); });
  hammer(store(), "a");
  other.join();
  const FeedAnswer answer = Poll(cursor);
  ASSERT_EQ(answer.changes.keys.size(), 2u * kWrites);
  for (std::size_t i = 1; i < answer.changes.keys.size(); ++i) {
    EXPECT_GT(answer.changes.keys[i].version, answer.changes.keys[i - 1].version);
  }
  second.Stop();
  EXPECT_EQ(Sql().Text("PRAGMA integrity_check"), "ok");
}

// A process that dies at any moment: what it acknowledged is there, with its version.
TEST_F(LockTest, KilledProcessLosesNoAcknowledgedWrite) {
  struct Acknowledged {
    int number;
    std::int64_t version;
  };
  std::map<int, std::int64_t> acknowledged;
  for (int round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      SqliteParts parts;
      SqliteStore writer(options_, parts.clock, parts.metrics, parts.log);
      if (!writer.Start()) ::_exit(1);
      std::counting_semaphore<> window(256);
      for (int i = 0;; ++i) {
        window.acquire();
        const int number = round * 1'000'000 + i;
        writer.Write(PutOp("k" + std::to_string(number), "v"), kNever,
                     [&pipe_ends, &window, number](Result<WriteAnswer> answer) {
                       const Acknowledged done{number, answer ? answer->outcome.version.value : 0};
                       if (::write(pipe_ends[1], &done, sizeof(done)) < 0) ::_exit(1);
                       window.release();
                     });
      }
    }
    ::close(pipe_ends[1]);
    const int enough = 50 + round * 37;
    Acknowledged done{};
    for (int i = 0; ::read(pipe_ends[0], &done, sizeof(done)) == sizeof(done); ++i) {
      if (done.version != 0) acknowledged[done.number] = done.version;
      if (i == enough) ::kill(child, SIGKILL);
    }
    ::close(pipe_ends[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  }
  ASSERT_GE(acknowledged.size(), 250u);
  Start();
  for (const auto& [number, version] : acknowledged) {
    const model::EntryPtr entry = Entry("k" + std::to_string(number));
    ASSERT_TRUE(entry->present()) << number;
    ASSERT_EQ(entry->version().value, version) << number;
  }
  EXPECT_EQ(Sql().Text("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace coolkit::store
