// Why: one loop with its share of the clients: it hands out what is due, wakes clients that wait,
// and gathers what they measured. Everything belongs to its loop; the completions run there.
#pragma once

#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/function.h"
#include "bench/call_source.h"
#include "bench/load_options.h"
#include "bench/load_stats.h"
#include "bench/recorder.h"
#include "bench/schedule.h"
#include "net/connection.h"
#include "net/task.h"

namespace coolkit::bench {

// Connects to a target; the completion runs on the loop.
using Connect = std::function<void(std::size_t target, BootTime deadline,
                                   Completion<Result<std::unique_ptr<net::Connection>>> done)>;

// What a thread has done so far, for progress and at the end of a phase.
struct LoadProgress {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  Histogram latency;  // since the last time that it was asked
};

class LoadClient;

class LoadThread {
 public:
  // All outlive it. `first_client`: the number of its first client. `file` may be null.
  LoadThread(net::Loop& loop, const LoadOptions& options, unsigned clients,
             std::uint32_t first_client, Connect connect, HistoryFile* file);
  ~LoadThread();  // no phase runs

  // One phase: the calls of `source` by `schedule`; `done` once every client has its last answer.
  // Statistics are those of the last phase; `measure_from_ns` begins them.
  void Run(std::unique_ptr<CallSource> source, Schedule schedule, std::int64_t measure_from_ns,
           nanoseconds interval, Function<void()> done);
  // Ends the phase early: nothing begins any more.
  void Stop();
  [[nodiscard]] LoadProgress TakeProgress();
  [[nodiscard]] const LoadStats& stats() const { return stats_; }
  // Hands the rest of the history to its file and closes the connections.
  void Close();

 private:
  friend class LoadClient;
  // Suspends a client until something may be due.
  struct Idle {
    LoadThread& thread;
    [[nodiscard]] bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> client) { thread.Park(client); }
    void await_resume() const {}
  };

  // The next call for a client; false: none is due now.
  [[nodiscard]] bool TakeCall(Flight& flight);
  [[nodiscard]] bool Over() const;
  void Park(std::coroutine_handle<> client);
  void WakeDue();
  void ArmTimer();
  void ClientEnded();
  [[nodiscard]] std::int64_t NowNs() const { return loop_.Now().time_since_epoch().count(); }

  net::Loop& loop_;
  const LoadOptions& options_;
  Connect connect_;
  Recorder recorder_;
  std::vector<std::unique_ptr<LoadClient>> clients_;

  std::unique_ptr<CallSource> source_;
  std::optional<Schedule> schedule_;
  bool exhausted_ = false;  // the source
  std::size_t running_ = 0;
  Function<void()> done_;
  std::deque<std::coroutine_handle<>> idle_;  // in turn, so that every target gets its share
  bool timer_armed_ = false;
  net::TimerId timer_;
  LoadStats stats_;
  LoadProgress progress_;
};

}  // namespace coolkit::bench
