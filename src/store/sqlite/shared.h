// Why: what the threads of one SQLite store share: its options, queues and the highest position
// that anybody saw. Thread-safe as its parts are.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "store/sqlite/failure.h"
#include "store/sqlite/life.h"
#include "store/sqlite/open.h"
#include "store/sqlite/sqlite_options.h"
#include "store/sqlite/work.h"
#include "store/store_metrics.h"
#include "telemetry/log.h"

namespace coolkit::store {

// A snapshot that begins after a position was seen includes it; if it does not, the file was put
// back to an earlier state under our feet, and the life must end (R12).
class Watermark {
 public:
  struct Seen {
    model::Incarnation incarnation;
    std::int64_t number = 0;
  };
  // Before the snapshot begins.
  [[nodiscard]] Seen Load() const {
    const MutexLock lock(mutex_);
    return seen_;
  }
  [[nodiscard]] static bool WentBack(const Seen& before, const Life& life) {
    return before.incarnation == life.incarnation && life.number < before.number;
  }
  void Raise(const Life& life) {
    const MutexLock lock(mutex_);
    if (seen_.incarnation == life.incarnation) {
      if (life.number > seen_.number) seen_.number = life.number;
    } else if (life.incarnation.base > seen_.incarnation.base) {
      seen_ = {life.incarnation, life.number};
    }
  }

 private:
  mutable Mutex mutex_;
  Seen seen_ GUARDED_BY(mutex_);
};

struct SqliteShared {
  SqliteShared(SqliteOptions options_in, const Clock& clock_in, StoreMetrics& metrics_in,
               telemetry::Log& log_in)
      : options(std::move(options_in)),
        clock(clock_in),
        metrics(metrics_in),
        log(log_in),
        reads({options.reads_queued_max, SIZE_MAX}, metrics_in.reads_queued),
        writes({options.writes_queued_max, options.write_bytes_queued_max},
               metrics_in.writes_queued) {}

  [[nodiscard]] OpenOptions OpenOptionsFor(int cache_kib) const {
    OpenOptions open;
    open.path = options.path;
    open.vfs = options.vfs;
    open.migrate = options.migrate;
    open.cache_kib = cache_kib;
    open.timeout = options.start_timeout;
    open.migrations = options.migrations;
    return open;
  }

  const SqliteOptions options;
  const Clock& clock;
  StoreMetrics& metrics;
  telemetry::Log& log;
  ReadQueue reads;
  WriteQueue writes;
  Watermark watermark;
};

// Counts and times a statement; count it as failed with Failed().
class StatementTimer {
 public:
  StatementTimer(SqliteShared& shared, StatementMetrics& metrics)
      : clock_(shared.clock), metrics_(metrics), began_(clock_.Now()) {
    metrics_.calls->Add();
  }
  ~StatementTimer() { metrics_.duration_seconds->ObserveSeconds(clock_.Now() - began_); }
  StatementTimer(const StatementTimer&) = delete;
  StatementTimer& operator=(const StatementTimer&) = delete;
  void Failed() { metrics_.errors->Add(); }

 private:
  const Clock& clock_;
  StatementMetrics& metrics_;
  BootTime began_;
};

}  // namespace coolkit::store
