// Why: every service waits in Stop for all the tasks it started. A group counts them.
// Spawn and Wait belong to the group's loop; Close and BlockUntilEmpty to any thread.
#pragma once

#include <atomic>
#include <utility>

#include "base/mutex.h"
#include "net/task.h"

namespace coolkit::net {

class TaskGroup {
 public:
  TaskGroup() = default;
  ~TaskGroup();  // the group is empty by then
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs `task` up to its first wait and counts it until its end. False, and nothing runs, once
  // the group is closed.
  bool Spawn(Task<void> task);
  // Refuses new tasks from now on.
  void Close();
  // Blocks the calling thread until no task is left; never call it on the loop that runs them.
  void BlockUntilEmpty();
  [[nodiscard]] std::size_t size() const;

 private:
  void Leave();

  mutable Mutex mutex_;
  CondVar empty_;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace coolkit::net
