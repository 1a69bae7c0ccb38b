#include "node/maintenance.h"

#include <algorithm>

#include "net/await.h"

namespace coolkit::node {
namespace {
constexpr milliseconds kStopCheck{100};  // how soon a pause notices Stop
}  // namespace

MaintenanceMetrics::MaintenanceMetrics(telemetry::Registry& registry)
    : collected(registry.AddCounter("coolkit_database_dead_rows_collected_total",
                                    "Tombstones and expired rows removed.")),
      pruned(registry.AddCounter("coolkit_database_change_rows_pruned_total",
                                 "Rows of the change table removed.")),
      errors(registry.AddCounter("coolkit_database_maintenance_errors_total",
                                 "Maintenance steps that failed.")) {}

Maintenance::Maintenance(store::Store& store, MaintenanceMetrics& metrics, telemetry::Log& log,
                         CursorSource cursor, Options options)
    : store_(store), metrics_(metrics), log_(log), cursor_(std::move(cursor)), options_(options) {}

void Maintenance::Start(net::Loop& loop) {
  loop.Post([this, &loop] { tasks_.Spawn(Run(loop)); });
}

void Maintenance::AskToStop() {
  stopping_ = true;
  tasks_.Close();
}

void Maintenance::Stop() {
  AskToStop();
  tasks_.BlockUntilEmpty();
}

net::Task<void> Maintenance::Run(net::Loop& loop) {
  while (!stopping_) {
    co_await Pause(loop);
    if (!stopping_) co_await Round(loop);
  }
}

net::Task<void> Maintenance::Pause(net::Loop& loop) {
  const BootTime end = loop.Now() + options_.interval;
  while (!stopping_ && loop.Now() < end) {
    co_await net::SleepUntil(loop, std::min(end, loop.Now() + kStopCheck));
  }
}

std::optional<store::FeedCursor> Maintenance::TakeMark(BootTime now) {
  if (auto cursor = cursor_()) {
    if (!marks_.empty() && !(marks_.back().second.incarnation == cursor->incarnation)) {
      marks_.clear();  // positions of another life mean nothing (R12)
    }
    marks_.emplace_back(now, std::move(*cursor));
  }
  std::optional<store::FeedCursor> mark;
  while (!marks_.empty() && now - marks_.front().first >= options_.feed_retention) {
    mark = std::move(marks_.front().second);
    marks_.pop_front();
  }
  return mark;
}

net::Task<void> Maintenance::Round(net::Loop& loop) {
  using Removed = Result<std::size_t>;
  if (!cursor_()) co_return;  // those that poll the database look after it
  for (int step = 0; step < options_.steps_per_round_max && !stopping_; ++step) {
    const Removed removed =
        co_await net::AwaitCompletion<Removed>(loop, [this](Completion<Removed> done) {
          store_.Collect(options_.tombstone_retention, options_.rows_per_step, std::move(done));
        });
    if (!Count(removed, metrics_.collected, "collect")) break;
  }
  const std::optional<store::FeedCursor> mark = TakeMark(loop.Now());
  for (int step = 0; mark && step < options_.steps_per_round_max && !stopping_; ++step) {
    const Removed removed =
        co_await net::AwaitCompletion<Removed>(loop, [this, &mark](Completion<Removed> done) {
          store_.Prune(*mark, options_.rows_per_step, std::move(done));
        });
    if (!Count(removed, metrics_.pruned, "prune")) break;
  }
}

// True: there may be more to remove.
bool Maintenance::Count(const Result<std::size_t>& removed, telemetry::Counter& counter,
                        const char* what) {
  if (!removed) {
    metrics_.errors.Add();
    log_.Warn("maintenance failed", {{"step", std::string_view(what)},
                                     {"detail", std::string_view(removed.error().detail)}});
    return false;
  }
  counter.Add(*removed);
  return *removed == options_.rows_per_step;
}

}  // namespace coolkit::node
