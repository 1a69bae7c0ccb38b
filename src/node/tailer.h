// Why: the cache may answer only what the feed proves current. The tailer of a ring of one polls
// its own database and applies what changed: chain and gaps (R3, R4), incarnations (R12), horizon
// (R2; with one pod the echo is the poll itself: its statement was sent after `sent_at`).
//
// Thread safety: Start and Stop from any thread but the loop; the rest runs on the loop.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "cache/cache.h"
#include "feed/state.h"
#include "net/loop.h"
#include "net/task_group.h"
#include "store/store.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::node {

// What the health checks ask: when the database last answered. Written by the tailer.
class DatabaseContact {
 public:
  void Succeeded(BootTime now) { last_.store(now.time_since_epoch().count()); }
  // Time since the last answer; the largest duration before the first one.
  [[nodiscard]] nanoseconds Silence(BootTime now) const {
    return Since(BootTime(nanoseconds(last_.load())), now);
  }

 private:
  std::atomic<std::int64_t> last_{kMinusInfinity.time_since_epoch().count()};
};

struct TailerMetrics {
  explicit TailerMetrics(telemetry::Registry& registry);

  telemetry::Counter& polls;
  telemetry::Counter& poll_errors;
  telemetry::Counter& changes;
  telemetry::Counter& gaps;
  telemetry::Counter& resets;  // new incarnations
};

class Tailer {
 public:
  struct Options {
    milliseconds poll_interval{25};
    milliseconds poll_timeout{2'000};
    milliseconds retry_max{1'000};  // pause after failures, doubling from poll_interval
  };
  struct Parts {
    store::Store& store;
    cache::Cache& cache;
    feed::State& state;
    TailerMetrics& metrics;
    DatabaseContact& contact;
    telemetry::Log& log;
  };
  Tailer(Parts parts, Options options);

  // Begins to poll on `loop`; `first_poll` is called once, when the first poll has ended well.
  void Start(net::Loop& loop, std::function<void()> first_poll);
  // Ends after the poll under way.
  void AskToStop();
  // The same, and waits for it. Blocks; not from the loop.
  void Stop();

  // Where the tailer stands, for the pruner's marks. On the loop.
  [[nodiscard]] const std::optional<store::FeedCursor>& cursor() const { return cursor_; }

 private:
  [[nodiscard]] net::Task<void> Run(net::Loop& loop, std::function<void()> first_poll);
  void Take(store::FeedAnswer answer, net::Loop& loop);

  Parts parts_;
  Options options_;
  net::TaskGroup tasks_;
  std::atomic<bool> stopping_{false};
  std::optional<store::FeedCursor> cursor_;
};

}  // namespace coolkit::node
