// coolkit check: reads histories, judges them, says what is broken.
#include <thread>

#include "base/text.h"
#include "bench/check_report.h"
#include "bench/checker.h"
#include "bench/history_json.h"
#include "bench/history_reader.h"
#include "bench/history_writer.h"
#include "cli/commands.h"

namespace coolkit::cli {
namespace {

class ThreadWorkers final : public bench::Workers {
 public:
  explicit ThreadWorkers(unsigned count) : count_(count) {}
  [[nodiscard]] unsigned count() const override { return count_; }
  void Run(const std::function<void(unsigned worker)>& part) const override {
    std::vector<std::jthread> threads;
    for (unsigned worker = 1; worker < count_; ++worker) threads.emplace_back(part, worker);
    part(0);
  }

 private:
  unsigned count_;
};

ExitCode Misused(Console& console, const std::string& detail) {
  console.errors << "coolkit check: " << detail << '\n';
  return ExitCode::kUsage;
}

Result<bench::CheckOptions> Options(const Invocation& invocation) {
  bench::CheckOptions options;
  const auto bound = ParseDuration(
      invocation.Flag("max-staleness").value_or(std::string(kDefaultCheckBound)), true);
  if (!bound) return Fail(ErrorCode::kInvalidRequest, "--max-staleness: " + bound.error().detail);
  options.staleness_max = *bound;
  const auto shown = ParseDecimal(invocation.Flag("show").value_or(std::string(kDefaultShown)));
  if (!shown || *shown > kShownMax) {
    return Fail(ErrorCode::kInvalidRequest,
                "--show is a whole number up to " + std::to_string(kShownMax));
  }
  options.shown_max = static_cast<std::size_t>(*shown);
  options.outside_writers = invocation.Switch("outside-writers");
  return options;
}

// Adds the file; true: it was cut off.
Result<bool> AddFile(const std::string& path, Console& console, const bench::Workers& workers,
                     bench::History& history) {
  const auto bytes = console.read_file(path);
  if (!bytes) return Fail(bytes.error());
  if (bench::IsBinaryHistory(*bytes)) {
    const auto summary = bench::ReadBinaryHistory(*bytes, workers, history);
    if (!summary) return Fail(summary.error());
    return summary->cut_off;
  }
  const auto count = bench::ReadJsonHistory(*bytes, history);
  if (!count) return Fail(count.error());
  return false;
}

Result<void> Export(const std::string& path, Console& console, const bench::History& history) {
  std::string text;
  for (std::uint32_t shard = 0; shard < bench::History::kShards; ++shard) {
    for (const bench::Operation& operation : history.Shard(shard)) {
      bench::AppendJsonLine(history, operation, text);
    }
  }
  return console.write_file(path, text);
}

}  // namespace

ExitCode RunCheck(const Invocation& invocation, Console& console) {
  const auto options = Options(invocation);
  if (!options) return Misused(console, options.error().detail);
  const ThreadWorkers workers(std::max(1U, std::thread::hardware_concurrency()));
  bench::History history;
  bool cut_off = false;
  for (const std::string& path : invocation.All("HISTORY")) {
    const auto added = AddFile(path, console, workers, history);
    if (!added) return Misused(console, "can't read '" + path + "': " + added.error().detail);
    if (*added && !invocation.Switch("cut-off")) {
      return Misused(console, "'" + path +
                                  "' ends without its end: its writer was killed, so its last "
                                  "operations are missing; --cut-off checks the rest");
    }
    cut_off = cut_off || *added;
  }
  if (const auto path = invocation.Flag("export")) {
    if (const auto done = Export(*path, console, history); !done) {
      console.errors << "coolkit check: can't write '" << *path << "': " << done.error().detail
                     << '\n';
      return ExitCode::kFailure;
    }
  }
  const bench::CheckResult result = bench::CheckHistory(history, *options, workers);
  const bench::CheckReport report{history, *options, result, cut_off};
  console.output << (invocation.Switch("json") ? bench::CheckJson(report)
                                               : bench::CheckText(report));
  return result.counts.violations_total() == 0 ? ExitCode::kDone : ExitCode::kNegative;
}

}  // namespace coolkit::cli
