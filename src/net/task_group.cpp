#include "net/task_group.h"

namespace coolkit::net {

TaskGroup::~TaskGroup() { CHECK(size() == 0); }

bool TaskGroup::Spawn(Task<void> task) {
  {
    MutexLock lock(mutex_);
    if (closed_) return false;
    ++running_;
  }
  Detach(std::move(task), [this] { Leave(); });
  return true;
}

void TaskGroup::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
}

void TaskGroup::BlockUntilEmpty() {
  MutexLock lock(mutex_);
  while (running_ > 0) empty_.Wait(mutex_);
}

std::size_t TaskGroup::size() const {
  MutexLock lock(mutex_);
  return running_;
}

void TaskGroup::Leave() {
  // Notify under the lock: the group may be destroyed as soon as a waiter can see zero.
  MutexLock lock(mutex_);
  if (--running_ == 0) empty_.NotifyAll();
}

}  // namespace coolkit::net
