// Why: clang's thread-safety analysis needs annotated locks; libstdc++'s are bare. Every lock in
// coolkit is one of these. Never hold one across co_await.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define COOLKIT_TSA(x) __attribute__((x))
#else
#define COOLKIT_TSA(x)
#endif

#define CAPABILITY(x) COOLKIT_TSA(capability(x))
#define SCOPED_CAPABILITY COOLKIT_TSA(scoped_lockable)
#define GUARDED_BY(x) COOLKIT_TSA(guarded_by(x))
#define PT_GUARDED_BY(x) COOLKIT_TSA(pt_guarded_by(x))
#define REQUIRES(...) COOLKIT_TSA(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) COOLKIT_TSA(acquire_capability(__VA_ARGS__))
#define RELEASE(...) COOLKIT_TSA(release_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) COOLKIT_TSA(try_acquire_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(x) COOLKIT_TSA(assert_capability(x))
#define EXCLUDES(...) COOLKIT_TSA(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS COOLKIT_TSA(no_thread_safety_analysis)

namespace coolkit {

class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }
  [[nodiscard]] bool TryLock() TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  // Tells the analysis that the caller holds it where it can't see that (a callback called under
  // the lock). Checks nothing.
  void AssertHeld() const ASSERT_CAPABILITY(this) {}

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Locks for the length of a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// A condition variable for Mutex. Always wait in a loop over the condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when `timeout` passed. For threads that sleep between rounds of work.
  template <class Rep, class Period>
  bool WaitFor(Mutex& mutex, std::chrono::duration<Rep, Period> timeout) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool woken = condition_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace coolkit
