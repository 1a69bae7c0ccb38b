// Why: tombstones, expired rows and change rows must not grow for ever (R13, R16). Works in small,
// bounded steps so that nobody waits for it.
//
// Thread safety: Start and Stop from any thread but the loop; the rest runs on the loop.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "net/loop.h"
#include "net/task_group.h"
#include "store/store.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::node {

struct MaintenanceMetrics {
  explicit MaintenanceMetrics(telemetry::Registry& registry);

  telemetry::Counter& collected;  // dead rows removed
  telemetry::Counter& pruned;     // change rows removed
  telemetry::Counter& errors;
};

class Maintenance {
 public:
  struct Options {
    milliseconds tombstone_retention{24LL * 3600 * 1000};
    milliseconds feed_retention{10LL * 60 * 1000};
    milliseconds interval{10'000};
    std::size_t rows_per_step = 1'000;
    int steps_per_round_max = 20;
  };
  // `cursor` gives the tailer's position, for the pruning marks; called on the loop.
  using CursorSource = std::function<std::optional<store::FeedCursor>()>;
  Maintenance(store::Store& store, MaintenanceMetrics& metrics, telemetry::Log& log,
              CursorSource cursor, Options options);

  void Start(net::Loop& loop);
  // Ends after the step under way.
  void AskToStop();
  // The same, and waits for it. Blocks; not from the loop.
  void Stop();

 private:
  [[nodiscard]] net::Task<void> Run(net::Loop& loop);
  [[nodiscard]] net::Task<void> Round(net::Loop& loop);
  // The newest remembered cursor that is at least one feed retention old.
  [[nodiscard]] std::optional<store::FeedCursor> TakeMark(BootTime now);
  bool Count(const Result<std::size_t>& removed, telemetry::Counter& counter, const char* what);
  [[nodiscard]] net::Task<void> Pause(net::Loop& loop);

  store::Store& store_;
  MaintenanceMetrics& metrics_;
  telemetry::Log& log_;
  CursorSource cursor_;
  Options options_;
  net::TaskGroup tasks_;
  std::atomic<bool> stopping_{false};
  std::deque<std::pair<BootTime, store::FeedCursor>> marks_;
};

}  // namespace coolkit::node
