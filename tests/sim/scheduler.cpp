#include "sim/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace coolkit::sim {
namespace {

constexpr std::size_t kDepthMax = 3;           // of preempted threads
constexpr std::uint64_t kPreemptedSteps = 60;  // of others, at most

}  // namespace

Process::Process(Scheduler& scheduler, std::string name, nanoseconds clock_offset)
    : scheduler_(scheduler), name_(std::move(name)), clock_offset_(clock_offset) {}

BootTime Process::PodClock::Now() const {
  Scheduler& scheduler = process_.scheduler_;
  scheduler.MayPreempt();
  BootTime world = scheduler.now();
  if (process_.cached_clock && !scheduler.stack_.empty()) {
    world = scheduler.stack_.back()->step_ended_at_;
  }
  return process_.PodTime(world);
}

std::chrono::system_clock::time_point Process::PodClock::WallNow() const {
  return std::chrono::system_clock::time_point(std::chrono::duration_cast<microseconds>(
      process_.PodTime(process_.scheduler_.now()).time_since_epoch()));
}

Thread::Thread(Scheduler& scheduler, Process& process)
    : scheduler_(scheduler), process_(process), step_ended_at_(scheduler.now()) {
  scheduler_.threads_.push_back(this);
}

Thread::~Thread() { std::erase(scheduler_.threads_, this); }

void Thread::Post(Function<void()> work) { Enqueue(std::move(work)); }

void Thread::Enqueue(Function<void()> work) {
  if (work_.empty() && !draining_) {
    Random& random = scheduler_.random();
    const bool late = random.Below(100) < scheduler_.temper.late_percent;
    runnable_at_ =
        scheduler_.now() + scheduler_.UpTo(late ? scheduler_.temper.late_max : nanoseconds(20'000));
  }
  work_.push_back(std::move(work));
}

net::TimerId Thread::At(BootTime when, Function<void()> work) {
  const std::uint64_t id = ++scheduler_.last_id_;
  timers_.push_back({when, id, std::move(work)});
  return {id};
}

bool Thread::Cancel(net::TimerId timer) {
  return std::erase_if(timers_, [&](const Timer& at) { return at.id == timer.value; }) > 0;
}

void Thread::RunOne() {
  Function<void()> work;
  const BootTime pod_now = process_.PodTime(scheduler_.now());
  const auto due = std::ranges::find_if(
      timers_, [&](const Timer& at) { return draining_ || at.when <= pod_now; });
  const bool timer = due != timers_.end() && (work_.empty() || scheduler_.random().Below(2) == 0);
  if (timer) {
    work = std::move(due->work);
    timers_.erase(due);
  } else {
    work = std::move(work_.front());
    work_.pop_front();
  }
  work();
}

bool Thread::Drain() {
  draining_ = true;
  bool ran = false;
  while (!work_.empty() || !timers_.empty()) {
    RunOne();
    ran = true;
  }
  return ran;
}

void Scheduler::AddEvent(BootTime when, Function<void()> work) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::move(work));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = std::move(work);
  }
  events_.push_back({when, ++last_id_, slot});
  std::push_heap(events_.begin(), events_.end());
}

void Scheduler::RunEvent() {
  std::pop_heap(events_.begin(), events_.end());
  const std::uint32_t slot = events_.back().slot;
  events_.pop_back();
  Function<void()> work = std::move(slots_[slot]);
  slots_[slot] = nullptr;
  free_slots_.push_back(slot);
  work();
}

bool Scheduler::Runnable(const Thread& thread) const {
  if (thread.running_ || thread.process_.frozen_until_ > now_) return false;
  if (!thread.work_.empty() && thread.runnable_at_ <= now_) return true;
  if (thread.timers_.empty()) return false;
  const BootTime pod_now = thread.process_.PodTime(now_);
  return std::ranges::any_of(thread.timers_,
                             [&](const Thread::Timer& at) { return at.when <= pod_now; });
}

// One of the runnable threads, each as likely.
Thread* Scheduler::Pick() {
  Thread* picked = nullptr;
  std::uint64_t count = 0;
  for (Thread* thread : threads_) {
    if (!Runnable(*thread)) continue;
    if (++count == 1 || random_.Below(count) == 0) picked = thread;
  }
  return picked;
}

BootTime Scheduler::NextMoment() const {
  BootTime next = events_.empty() ? kNever : events_.front().when;
  for (const Thread* thread : threads_) {
    if (thread->running_) continue;
    BootTime wakes = thread->work_.empty() ? kNever : thread->runnable_at_;
    for (const Thread::Timer& at : thread->timers_) {
      if (at.when != kNever) wakes = std::min(wakes, thread->process_.WorldTime(at.when));
    }
    if (wakes != kNever) next = std::min(next, std::max(wakes, thread->process_.frozen_until_));
  }
  return next;
}

void Scheduler::RunThread(Thread& thread) {
  thread.running_ = true;
  ++thread.process_.busy_;
  stack_.push_back(&thread);
  thread.RunOne();
  stack_.pop_back();
  --thread.process_.busy_;
  thread.running_ = false;
  if (after_step_) after_step_(thread.process_);
  now_ += UpTo(step_max);
  thread.step_ended_at_ = now_;
}

bool Scheduler::Step() {
  ++steps_;
  if (!events_.empty() && events_.front().when <= now_) {
    RunEvent();
    return true;
  }
  if (Thread* thread = Pick()) {
    RunThread(*thread);
    return true;
  }
  const BootTime next = NextMoment();
  if (next == kNever) return false;
  now_ = std::max(now_, next);
  return true;
}

void Scheduler::MayPreempt() {
  if (temper.preempt_every == 0 || stack_.empty() || stack_.size() >= kDepthMax) return;
  if (random_.Below(temper.preempt_every) != 0) return;
  ++preemptions_;
  Process& process = stack_.back()->process_;
  // Descheduled for a moment, for longer, or stopped with its whole process.
  const std::uint64_t dice = random_.Below(8);
  const nanoseconds span = UpTo(dice < 5 ? nanoseconds(100'000) : temper.preempted_max);
  const BootTime end = now_ + span;
  if (dice == 7) process.FreezeUntil(end);
  trace_.Add(now_, process.name(), "is preempted for us", span.count() / 1000);
  for (std::uint64_t i = 0; i < kPreemptedSteps && now_ < end; ++i) {
    if (!Step()) break;
  }
  now_ = std::max(now_, end);
  trace_.Add(now_, process.name(), "goes on");
}

}  // namespace coolkit::sim
