// Why: an operation that waits must learn of its deadline in time even while the threads that do
// the work are stuck in a lock of another process or in the kernel, and one that is refused must
// not be completed inside its own call. So these answers have a thread of their own.
// Thread safety: Start and Stop from one thread, Answer from any.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "base/function.h"
#include "base/mutex.h"
#include "base/time.h"

namespace coolkit::store {

class Sweeper {
 public:
  // `sweep` answers what has waited too long; called every `interval` on the sweeper's thread.
  Sweeper(milliseconds interval, std::function<void()> sweep);
  ~Sweeper();

  void Start();
  // Gives the answers that are left and ends the thread.
  void Stop();

  // Calls `answer` soon on the sweeper's thread; false, and `answer` is untouched, when there is
  // none.
  [[nodiscard]] bool Answer(Function<void()>& answer);

 private:
  void Run();

  const milliseconds interval_;
  const std::function<void()> sweep_;
  std::thread thread_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<Function<void()>> answers_ GUARDED_BY(mutex_);
  bool running_ GUARDED_BY(mutex_) = false;
};

}  // namespace coolkit::store
