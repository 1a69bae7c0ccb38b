#include "store/sqlite/sweeper.h"

#include <pthread.h>

#include <utility>

#include "base/check.h"

namespace coolkit::store {

Sweeper::Sweeper(milliseconds interval, std::function<void()> sweep)
    : interval_(interval), sweep_(std::move(sweep)) {}

Sweeper::~Sweeper() { Stop(); }

void Sweeper::Start() {
  {
    const MutexLock lock(mutex_);
    CHECK(!running_);
    running_ = true;
  }
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "store-sweeper");
    Run();
  });
}

void Sweeper::Stop() {
  {
    const MutexLock lock(mutex_);
    running_ = false;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool Sweeper::Answer(Function<void()>& answer) {
  const MutexLock lock(mutex_);
  if (!running_) return false;
  answers_.push_back(std::move(answer));
  if (answers_.size() == 1) changed_.NotifyOne();
  return true;
}

void Sweeper::Run() {
  for (bool running = true; running;) {
    std::vector<Function<void()>> answers;
    {
      const MutexLock lock(mutex_);
      if (running_ && answers_.empty()) changed_.WaitFor(mutex_, interval_);
      answers.swap(answers_);
      running = running_;  // once it is false, Answer refuses: these are the last
    }
    for (Function<void()>& answer : answers) answer();
    sweep_();
  }
}

}  // namespace coolkit::store
