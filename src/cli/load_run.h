// Why: a load runs on loops of its own while the main thread watches: it shows the progress, takes
// Ctrl-C, and goes from phase to phase. One object runs one load, from the main thread.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <vector>

#include "base/clock.h"
#include "bench/load_thread.h"
#include "cli/bench_options.h"
#include "net/event_loop.h"

namespace coolkit::cli {

class LoadRun {
 public:
  enum class Progress : std::uint8_t { kNone, kLines, kOneLine };
  // All outlive it. `file` and `trace` may be null. Signals are blocked already.
  LoadRun(const BenchOptions& options, bench::HistoryFile* file, const bench::KeyTrace* trace,
          std::ostream& errors, Progress progress);
  ~LoadRun();

  // Writes every key once. False: some write failed, or it was interrupted.
  [[nodiscard]] bool Preload();
  void Load();
  // Reads every key from the database, for the history.
  void ReadBack();
  // Ends the history's streams and the connections.
  void Close();

  [[nodiscard]] bench::LoadStats Stats() const;  // of the last Load
  [[nodiscard]] double seconds() const { return seconds_; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  struct Share;  // of a phase, for one thread
  using MakeShare = std::function<Share(unsigned thread)>;

  void RunPhase(const char* name, const MakeShare& make, std::int64_t measure_from_ns,
                nanoseconds interval);
  void Watch(const char* name, const std::function<bool()>& over);
  void ShowProgress(const char* name, double passed_seconds, double since_seconds);
  void EndProgress();
  void OnLoop(unsigned thread, const std::function<void(bench::LoadThread&)>& work);
  [[nodiscard]] std::uint32_t BatchSize(std::uint32_t max) const;
  [[nodiscard]] Share EveryKey(unsigned thread, bench::Call call, std::uint32_t batch_size) const;
  [[nodiscard]] std::int64_t NowNs() const { return clock_.Now().time_since_epoch().count(); }

  const BenchOptions& options_;
  const bench::KeyTrace* trace_;
  std::ostream& errors_;
  Progress progress_;
  SystemClock clock_;
  std::vector<std::unique_ptr<net::EventLoop>> loops_;
  std::vector<std::unique_ptr<bench::LoadThread>> threads_;
  bench::LoadStats stats_;
  std::uint64_t shown_answers_ = 0;
  bool line_open_ = false;
  double seconds_ = 0;
  bool interrupted_ = false;
};

}  // namespace coolkit::cli
