// Why: operations come from any thread and are worked on by one loop. The inbox bounds how many
// wait, and wakes the loop once for many: not at all while the loop could not begin anything with
// what came, since it looks by itself when a statement ends. Thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"
#include "store/postgres/pending.h"
#include "store/postgres/postgres_options.h"
#include "store/store_metrics.h"

namespace coolkit::store {

class Inbox {
 public:
  // `on_work` runs on the loop when something has come.
  Inbox(net::Loop& loop, const PostgresOptions& options, StoreMetrics& metrics,
        std::function<void()> on_work);

  // Queues the operation, or refuses it: later on the loop, and inside the call once the inbox is
  // closed for good.
  void Push(PgWork work);
  // What has come since. On the loop.
  [[nodiscard]] std::vector<PgWork> Take();
  // From now on the loop is woken when so many reads or small writes have come (at once for
  // anything else); also if they are there already. kNoWake: the loop looks in any case, soon.
  void WakeAt(std::size_t reads, std::size_t writes);
  static constexpr std::size_t kNoWake = ~std::size_t{0};
  // So many operations do not wait any more.
  void ReadsBegun(std::size_t count);
  void WritesBegun(std::size_t count, std::size_t bytes);
  // One statement of the ring's rows is done.
  void Coordinated();

  void Open();
  // Refuses from now on.
  void Close();
  // There is no loop any more to answer on.
  void CloseForGood();

 private:
  enum class State : std::uint8_t { kOpen, kClosed, kGone };
  // Why it can't be queued; nothing: it was counted.
  [[nodiscard]] std::optional<Error> Admit(const PgWork& work) REQUIRES(mutex_);
  void ShowGauges() REQUIRES(mutex_);
  // The loop is to be woken, and nobody did it yet.
  [[nodiscard]] bool MustWake() REQUIRES(mutex_);

  net::Loop& loop_;
  const PostgresOptions& options_;
  StoreMetrics& metrics_;
  const std::function<void()> on_work_;
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::kGone;
  std::vector<PgWork> come_ GUARDED_BY(mutex_);
  std::size_t reads_come_ GUARDED_BY(mutex_) = 0;   // in come_
  std::size_t writes_come_ GUARDED_BY(mutex_) = 0;  // likewise
  bool other_come_ GUARDED_BY(mutex_) = false;      // likewise
  std::size_t wake_reads_ GUARDED_BY(mutex_) = 1;
  std::size_t wake_writes_ GUARDED_BY(mutex_) = 1;
  bool posted_ GUARDED_BY(mutex_) = false;
  std::size_t reads_ GUARDED_BY(mutex_) = 0;
  std::size_t coordinating_ GUARDED_BY(mutex_) = 0;
  std::size_t writes_ GUARDED_BY(mutex_) = 0;
  std::size_t write_bytes_ GUARDED_BY(mutex_) = 0;
};

// Completes an operation with an error.
void FailWork(PgWork& work, const Error& error);

}  // namespace coolkit::store
