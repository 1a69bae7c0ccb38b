#include "net/event_loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "base/check.h"
#include "net/asio_context.h"

namespace coolkit::net {
namespace asio = boost::asio;

EventLoop::EventLoop(const Clock& clock, std::string name)
    : clock_(clock), name_(std::move(name)), asio_(std::make_unique<AsioContext>(*this)) {}

EventLoop::~EventLoop() { CHECK(!thread_.joinable()); }

void EventLoop::Start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());
    const auto guard = asio::make_work_guard(asio_->io);
    asio_->io.run();
  });
}

void EventLoop::Stop() {
  if (!thread_.joinable()) return;
  CHECK(!InLoop());
  asio_->io.stop();
  thread_.join();
}

void EventLoop::Post(Function<void()> work) { asio::post(asio_->io, std::move(work)); }

TimerId EventLoop::At(BootTime when, Function<void()> work) {
  const TimerId id{++asio_->last_timer};
  asio_->timers.emplace(std::pair(when, id.value), std::move(work));
  asio_->timer_times.emplace(id.value, when);
  asio_->ArmTimer();
  return id;
}

bool EventLoop::Cancel(TimerId timer) {
  const auto it = asio_->timer_times.find(timer.value);
  if (it == asio_->timer_times.end()) return false;
  asio_->timers.erase(std::pair(it->second, timer.value));
  asio_->timer_times.erase(it);
  return true;  // a timer armed for it fires for nothing
}

bool EventLoop::InLoop() const { return std::this_thread::get_id() == thread_.get_id(); }

void AsioContext::ArmTimer() {
  if (timers.empty()) return;
  const BootTime first = timers.begin()->first.first;
  if (first >= armed_for || first == kNever) return;
  armed_for = first;
  const nanoseconds wait = std::max(nanoseconds(0), first - loop.Now());
  timer.expires_after(wait);
  timer.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // armed anew for an earlier time
    armed_for = kNever;
    const BootTime now = loop.Now();
    // Only what was there when the round began: work that adds due timers waits for the next one.
    const std::uint64_t last = last_timer;
    while (!timers.empty() && timers.begin()->first.first <= now &&
           timers.begin()->first.second <= last) {
      auto node = timers.extract(timers.begin());
      timer_times.erase(node.key().second);
      node.mapped()();
    }
    ArmTimer();
  });
}

void AsioContext::Watch(DeadlineHolder& holder) {
  holder.sweep_index_ = holders.size();
  holders.push_back(&holder);
  ArmSweep();
}

void AsioContext::Unwatch(DeadlineHolder& holder) {
  DeadlineHolder* last = holders.back();
  holders[holder.sweep_index_] = last;
  last->sweep_index_ = holder.sweep_index_;
  holders.pop_back();
}

void AsioContext::ArmSweep() {
  if (sweep_armed || holders.empty()) return;
  sweep_armed = true;
  sweep_timer.expires_after(kSweepInterval);
  sweep_timer.async_wait([this](const boost::system::error_code& error) {
    sweep_armed = false;
    if (error) return;
    const BootTime now = loop.Now();
    // A holder may end, and so unwatch itself and others, while it is looked at.
    for (std::size_t i = holders.size(); i > 0; --i) {
      if (i <= holders.size()) holders[i - 1]->CheckDeadlines(now);
    }
    ArmSweep();
  });
}

}  // namespace coolkit::net
