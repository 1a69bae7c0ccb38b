// Why: one seed must decide everything that may happen in any order: which thread of which process
// runs next, how long it is kept waiting, what happens while it is preempted, when a message
// arrives. Runs the production code's loops on one real thread, on a clock of its own.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "net/loop.h"
#include "sim/trace.h"

namespace coolkit::sim {

class Scheduler;

// What a SIGSTOP stops: the threads and the clock of one pod.
class Process {
 public:
  Process(Scheduler& scheduler, std::string name, nanoseconds clock_offset);

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // The pod's time at this moment of the world's, without a chance of preemption.
  [[nodiscard]] BootTime PodTime(BootTime world) const { return world + clock_offset_; }
  [[nodiscard]] BootTime WorldTime(BootTime pod) const { return pod - clock_offset_; }

  void FreezeUntil(BootTime when) { frozen_until_ = std::max(frozen_until_, when); }
  [[nodiscard]] BootTime frozen_until() const { return frozen_until_; }
  // Some thread of it is in the middle of a step.
  [[nodiscard]] bool busy() const { return busy_ > 0; }

  // R8 broken: the clock says when the loop's last step ended.
  bool cached_clock = false;

 private:
  friend class Scheduler;
  // The pod's CLOCK_BOOTTIME. A thread may be preempted whenever it asks.
  class PodClock final : public Clock {
   public:
    explicit PodClock(Process& process) : process_(process) {}
    [[nodiscard]] BootTime Now() const override;
    [[nodiscard]] std::chrono::system_clock::time_point WallNow() const override;

   private:
    Process& process_;
  };

  Scheduler& scheduler_;
  std::string name_;
  nanoseconds clock_offset_;
  PodClock clock_{*this};
  BootTime frozen_until_ = kMinusInfinity;
  int busy_ = 0;
};

// One loop of a process.
class Thread final : public net::Loop {
 public:
  Thread(Scheduler& scheduler, Process& process);
  ~Thread() override;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void Post(Function<void()> work) override;
  [[nodiscard]] net::TimerId At(BootTime when, Function<void()> work) override;
  bool Cancel(net::TimerId timer) override;
  [[nodiscard]] const Clock& clock() const override { return process_.clock(); }
  [[nodiscard]] Process& process() const { return process_; }

  // Runs everything that is posted and every timer, whatever the time, until nothing is left: the
  // end of a process. True: something ran.
  bool Drain();

 private:
  friend class Scheduler;
  friend class Process;
  struct Timer {
    BootTime when;
    std::uint64_t id;
    Function<void()> work;
  };

  void Enqueue(Function<void()> work);
  void RunTimer(std::uint64_t id);
  void RunOne();

  Scheduler& scheduler_;
  Process& process_;
  std::deque<Function<void()>> work_;
  std::vector<Timer> timers_;
  BootTime runnable_at_ = kMinusInfinity;  // it is kept waiting until then
  BootTime step_ended_at_;
  bool running_ = false;
  bool draining_ = false;
};

class Scheduler {
 public:
  // How a run goes; a seed chooses it.
  struct Temper {
    std::uint64_t preempt_every = 40;  // one in so many chances; 0: never
    std::uint64_t late_percent = 10;   // of wake-ups that take long
    nanoseconds late_max{milliseconds(2)};
    nanoseconds preempted_max{milliseconds(5)};
  };

  Scheduler(Random& random, Trace& trace) : random_(random), trace_(trace) {}

  [[nodiscard]] BootTime now() const { return now_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::uint64_t preemptions() const { return preemptions_; }
  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] Random& random() { return random_; }

  // Something outside of all processes: a message arrives, the database does something.
  void After(nanoseconds delay, Function<void()> work) { AddEvent(now_ + delay, std::move(work)); }
  // One step of anything; false: nothing will ever happen again.
  bool Step();
  // The running thread may be kept waiting here while others go on.
  void MayPreempt();
  // Called after each step of a thread.
  void OnStep(std::function<void(Process&)> check) { after_step_ = std::move(check); }

  Temper temper;
  // How long a step takes at most, in which nobody else runs: the world has one CPU.
  nanoseconds step_max{10'000};

 private:
  friend class Thread;
  friend class Process;
  struct Event {
    BootTime when;
    std::uint64_t sequence;
    std::uint32_t slot;
    friend bool operator<(const Event& a, const Event& b) {  // for a heap: the earliest on top
      return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
    }
  };

  void AddEvent(BootTime when, Function<void()> work);
  void RunEvent();
  [[nodiscard]] bool Runnable(const Thread& thread) const;
  [[nodiscard]] Thread* Pick();
  [[nodiscard]] BootTime NextMoment() const;
  void RunThread(Thread& thread);
  [[nodiscard]] nanoseconds UpTo(nanoseconds most) {
    return nanoseconds(static_cast<std::int64_t>(
        random_.Below(static_cast<std::uint64_t>(std::max<std::int64_t>(most.count(), 1)))));
  }

  Random& random_;
  Trace& trace_;
  BootTime now_{seconds(1000)};
  std::uint64_t steps_ = 0;
  std::uint64_t preemptions_ = 0;
  std::uint64_t last_id_ = 0;
  std::vector<Event> events_;  // a heap
  std::vector<Function<void()>> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<Thread*> threads_;
  std::vector<Thread*> stack_;  // in the middle of a step; the last one is running
  std::function<void(Process&)> after_step_;
};

}  // namespace coolkit::sim
