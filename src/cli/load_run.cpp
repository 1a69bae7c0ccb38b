#include "cli/load_run.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <future>
#include <numeric>

#include "bench/load_report.h"
#include "net/signals.h"
#include "net/tcp.h"

namespace coolkit::cli {
namespace {

constexpr milliseconds kLook{50};
constexpr double kProgressSeconds = 1;
constexpr std::uint32_t kBatchBytes = 2U << 20U;
constexpr std::uint32_t kPreloadBatchMax = 500;
constexpr std::uint32_t kReadBackBatchMax = 200;
constexpr std::size_t kPoints = 120;  // of the picture, about

// A round length that gives the picture about kPoints points.
nanoseconds IntervalOf(nanoseconds duration) {
  for (const int tenths : {1, 2, 5, 10, 20, 50, 100, 300, 600, 3000}) {
    const nanoseconds interval = milliseconds(100) * tenths;
    if (duration / interval <= static_cast<std::int64_t>(kPoints)) return interval;
  }
  return std::chrono::hours(1);
}

}  // namespace

struct LoadRun::Share {
  std::unique_ptr<bench::CallSource> source;
  bench::Schedule schedule;
};

LoadRun::LoadRun(const BenchOptions& options, bench::HistoryFile* file,
                 const bench::KeyTrace* trace, std::ostream& errors, Progress progress)
    : options_(options), trace_(trace), errors_(errors), progress_(progress) {
  const bench::LoadOptions& load = options_.load;
  std::uint32_t first_client = 0;
  for (unsigned i = 0; i < load.threads; ++i) {
    loops_.push_back(std::make_unique<net::EventLoop>(clock_, "bench-" + std::to_string(i)));
    net::EventLoop& loop = *loops_.back();
    const auto connect = [&loop, this](std::size_t target, BootTime deadline,
                                       Completion<Result<std::unique_ptr<net::Connection>>> done) {
      net::TcpConnect(loop, options_.targets[target].endpoint, deadline, std::move(done));
    };
    const unsigned clients =
        load.connections / load.threads + (i < load.connections % load.threads ? 1U : 0U);
    threads_.push_back(
        std::make_unique<bench::LoadThread>(loop, load, clients, first_client, connect, file));
    first_client += clients;
    loop.Start();
  }
}

LoadRun::~LoadRun() {
  for (const auto& loop : loops_) loop->Stop();
}

void LoadRun::OnLoop(unsigned thread, const std::function<void(bench::LoadThread&)>& work) {
  std::promise<void> done;
  loops_[thread]->Post([&] {
    work(*threads_[thread]);
    done.set_value();
  });
  done.get_future().get();
}

std::uint32_t LoadRun::BatchSize(std::uint32_t max) const {
  const std::uint32_t each = options_.load.value_bytes_max + 64;
  return std::clamp<std::uint32_t>(kBatchBytes / each, 1, max);
}

LoadRun::Share LoadRun::EveryKey(unsigned thread, bench::Call call,
                                 std::uint32_t batch_size) const {
  const std::uint64_t keys = options_.load.keys;
  const unsigned threads = options_.load.threads;
  const auto begin = static_cast<std::uint32_t>(keys * thread / threads);
  const auto end = static_cast<std::uint32_t>(keys * (thread + 1) / threads);
  return {std::make_unique<bench::EveryKeySource>(call, begin, end, batch_size),
          bench::Schedule(0, 0, bench::Schedule::kNoEnd, 0)};
}

bool LoadRun::Preload() {
  const std::uint32_t batch = BatchSize(kPreloadBatchMax);
  const auto share = [&](unsigned thread) {
    return EveryKey(thread, bench::Call::kBatchPut, batch);
  };
  RunPhase("preload", share, 0, std::chrono::hours(1));
  return Stats().bad() == 0 && !interrupted_;
}

void LoadRun::ReadBack() {
  const std::uint32_t batch = BatchSize(kReadBackBatchMax);
  const auto share = [&](unsigned thread) {
    return EveryKey(thread, bench::Call::kBatchGet, batch);
  };
  const bench::LoadStats measured = stats_;
  RunPhase("read back", share, 0, std::chrono::hours(1));
  stats_ = measured;
}

void LoadRun::Load() {
  const bench::LoadOptions& load = options_.load;
  const unsigned threads = load.threads;
  const std::int64_t start_ns = NowNs() + nanoseconds(milliseconds(5)).count();
  const std::int64_t from_ns = start_ns + load.warm_up.count();
  const std::int64_t end_ns = from_ns + load.duration.count();
  const auto share = [&](unsigned i) {
    auto keys = trace_ == nullptr ? bench::MakeKeyChoice(load.law, load.keys)
                                  : bench::MakeTraceChoice(trace_->requests, i, threads);
    const std::uint64_t seed = load.seed * 1'000'003 + i;
    // The threads' calls are due in turn.
    const double rate = load.rate / threads;
    const std::int64_t shift_ns =
        load.rate == 0 ? 0 : static_cast<std::int64_t>(i * 1e9 / load.rate);
    const std::uint64_t calls =
        load.calls_max == 0 ? 0 : (load.calls_max + threads - 1 - i) / threads;
    // A thread without a call of its own ends at once.
    const bool none = load.calls_max != 0 && calls == 0;
    return Share{std::make_unique<bench::MixSource>(load, std::move(keys), seed),
                 bench::Schedule(rate, start_ns + shift_ns, none ? start_ns : end_ns, calls)};
  };
  RunPhase("load", share, from_ns, IntervalOf(load.duration));
  seconds_ = static_cast<double>(std::min(NowNs(), end_ns) - from_ns) / 1e9;
}

void LoadRun::RunPhase(const char* name, const MakeShare& make, std::int64_t measure_from_ns,
                       nanoseconds interval) {
  if (interrupted_ && std::string_view(name) != "read back") return;
  std::atomic<unsigned> running{options_.load.threads};
  for (unsigned i = 0; i < options_.load.threads; ++i) {
    OnLoop(i, [&](bench::LoadThread& thread) {
      Share share = make(i);
      thread.Run(std::move(share.source), share.schedule, measure_from_ns, interval,
                 [&running] { --running; });
    });
  }
  Watch(name, [&running] { return running == 0; });
  stats_ = bench::LoadStats();
  for (unsigned i = 0; i < options_.load.threads; ++i) {
    OnLoop(i, [this](bench::LoadThread& thread) { stats_.Add(thread.stats()); });
  }
}

void LoadRun::Watch(const char* name, const std::function<bool()>& over) {
  const std::int64_t begin_ns = NowNs();
  std::int64_t shown_ns = begin_ns;
  while (!over()) {
    if (net::WaitForSignal(kLook) != 0) {
      // The second time nothing is waited for.
      if (interrupted_) std::_Exit(130);
      interrupted_ = true;
      EndProgress();
      errors_ << "coolkit bench: interrupted; again to end at once\n";
      for (unsigned i = 0; i < options_.load.threads; ++i) {
        OnLoop(i, [](bench::LoadThread& thread) { thread.Stop(); });
      }
    }
    const std::int64_t now_ns = NowNs();
    const double since = static_cast<double>(now_ns - shown_ns) / 1e9;
    if (since < kProgressSeconds) continue;
    ShowProgress(name, static_cast<double>(now_ns - begin_ns) / 1e9, since);
    shown_ns = now_ns;
  }
  EndProgress();
}

void LoadRun::ShowProgress(const char* name, double passed_seconds, double since_seconds) {
  if (progress_ == Progress::kNone) return;
  bench::LoadProgress all;
  for (unsigned i = 0; i < options_.load.threads; ++i) {
    OnLoop(i, [&all](bench::LoadThread& thread) {
      const bench::LoadProgress taken = thread.TakeProgress();
      all.answered += taken.answered;
      all.failed += taken.failed;
      all.latency.Add(taken.latency);
    });
  }
  std::array<char, 160> line;
  const double rate = static_cast<double>(all.answered - shown_answers_) / since_seconds;
  std::snprintf(line.data(), line.size(), "%s %4.0f s  %8.0f/s  p50 %s  p99 %s  failed %llu", name,
                passed_seconds, rate, bench::LatencyText(all.latency.Quantile(0.5)).c_str(),
                bench::LatencyText(all.latency.Quantile(0.99)).c_str(),
                static_cast<unsigned long long>(all.failed));
  shown_answers_ = all.answered;
  const bool one_line = progress_ == Progress::kOneLine;
  errors_ << (one_line ? "\r\x1b[K" : "") << line.data() << (one_line ? "" : "\n") << std::flush;
  line_open_ = one_line;
}

void LoadRun::EndProgress() {
  if (line_open_) errors_ << '\n' << std::flush;
  line_open_ = false;
}

void LoadRun::Close() {
  for (unsigned i = 0; i < options_.load.threads; ++i) {
    OnLoop(i, [](bench::LoadThread& thread) { thread.Close(); });
  }
}

bench::LoadStats LoadRun::Stats() const { return stats_; }

}  // namespace coolkit::cli
