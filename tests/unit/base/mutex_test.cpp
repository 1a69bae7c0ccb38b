#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace coolkit {
namespace {

struct Shared {
  Mutex mutex;
  CondVar changed;
  int value GUARDED_BY(mutex) = 0;
};

TEST(Mutex, ExcludesOtherThreads) {
  Shared shared;
  const auto add = [&shared] {
    for (int i = 0; i < 20'000; ++i) {
      MutexLock lock(shared.mutex);
      ++shared.value;
    }
  };
  std::thread other(add);
  add();
  other.join();
  MutexLock lock(shared.mutex);
  EXPECT_EQ(shared.value, 40'000);
}

// Asked from a thread of its own: the holder may not ask.
bool CanLock(Mutex& mutex) {
  bool taken = false;
  std::thread([&] {
    if (!mutex.TryLock()) return;
    taken = true;
    mutex.Unlock();
  }).join();
  return taken;
}

TEST(Mutex, TryLockTells) {
  Mutex mutex;
  EXPECT_TRUE(CanLock(mutex));
  {
    MutexLock lock(mutex);
    EXPECT_FALSE(CanLock(mutex));
  }
  EXPECT_TRUE(CanLock(mutex));
}

TEST(CondVar, WakesAWaiter) {
  Shared shared;
  std::thread other([&shared] {
    MutexLock lock(shared.mutex);
    shared.value = 1;
    shared.changed.NotifyAll();
    while (shared.value != 2) shared.changed.Wait(shared.mutex);
    shared.value = 3;
    shared.changed.NotifyOne();
  });
  {
    MutexLock lock(shared.mutex);
    while (shared.value != 1) shared.changed.Wait(shared.mutex);
    shared.value = 2;
    shared.changed.NotifyOne();
    while (shared.value != 3) shared.changed.Wait(shared.mutex);
  }
  other.join();
}

TEST(CondVar, WaitForEndsByItself) {
  Shared shared;
  MutexLock lock(shared.mutex);
  while (shared.changed.WaitFor(shared.mutex, std::chrono::milliseconds(1))) {
  }
  EXPECT_EQ(shared.value, 0);
}

}  // namespace
}  // namespace coolkit
