// coolkit bench: a load from its flags to its report.
#include <optional>

#include "bench/history_writer.h"
#include "bench/load_report.h"
#include "cli/bench_options.h"
#include "cli/commands.h"
#include "cli/load_run.h"
#include "cli/machine.h"
#include "net/signals.h"

namespace coolkit::cli {
namespace {

ExitCode Failed(Console& console, const std::string& detail, ExitCode code = ExitCode::kFailure) {
  console.errors << "coolkit bench: " << detail << '\n';
  return code;
}

Result<bench::KeyTrace> ReadTrace(const BenchOptions& options, Console& console) {
  const auto packed = console.read_file(options.trace_path);
  if (!packed) return Fail(packed.error());
  const auto bytes = bench::UnpackTrace(*packed);
  if (!bytes) return Fail(bytes.error());
  return bench::ParseTrace(*bytes, options.trace_format);
}

LoadRun::Progress ProgressOf(const Invocation& invocation, const Console& console) {
  if (invocation.Switch("quiet")) return LoadRun::Progress::kNone;
  return ReadMachine(console.environment).errors_on_terminal ? LoadRun::Progress::kOneLine
                                                             : LoadRun::Progress::kLines;
}

// Where the result goes besides standard output.
Result<void> WriteFiles(const Invocation& invocation, Console& console,
                        const bench::LoadReport& report) {
  if (const auto path = invocation.Flag("report")) {
    if (auto done = console.write_file(*path, bench::LoadJson(report)); !done) return done;
  }
  if (const auto path = invocation.Flag("svg")) {
    if (auto done = console.write_file(*path, bench::LoadSvg(report)); !done) return done;
  }
  return {};
}

}  // namespace

ExitCode RunBench(const Invocation& invocation, Console& console) {
  auto options = ParseBenchOptions(invocation, console);
  if (!options) return Failed(console, options.error().detail, ExitCode::kUsage);
  std::optional<bench::KeyTrace> trace;
  if (!options->trace_path.empty()) {
    auto read = ReadTrace(*options, console);
    const std::string what = "can't read --trace '" + options->trace_path + "': ";
    if (!read) return Failed(console, what + read.error().detail, ExitCode::kUsage);
    options->load.keys = read->keys;
    options->keys_text = "trace of " + std::to_string(read->requests.size()) + " requests";
    trace = std::move(*read);
  }
  bench::FileSink sink;
  std::optional<bench::HistoryFile> history;
  if (const auto path = invocation.Flag("history")) {
    if (const auto opened = sink.Open(*path); !opened) {
      return Failed(console, opened.error().detail);
    }
    history.emplace(sink);
  }

  net::BlockSignals();
  LoadRun run(*options, history ? &*history : nullptr, trace ? &*trace : nullptr, console.errors,
              ProgressOf(invocation, console));
  const bool ready = !options->preload || run.Preload();
  if (ready) run.Load();
  if (ready && history) run.ReadBack();
  run.Close();
  if (history) {
    if (const auto done = history->Finish(); !done) return Failed(console, done.error().detail);
  }
  if (!ready) {
    return Failed(console, run.interrupted() ? "interrupted during --preload"
                                             : "some writes of --preload failed");
  }
  const bench::LoadStats stats = run.Stats();
  const bench::LoadReport report{options->load,
                                 stats,
                                 run.seconds(),
                                 run.interrupted(),
                                 history ? history->operations() : 0,
                                 options->keys_text};
  console.output << (invocation.Switch("json") ? bench::LoadJson(report) : bench::LoadText(report));
  if (const auto done = WriteFiles(invocation, console, report); !done) {
    return Failed(console, done.error().detail);
  }
  if (stats.good() == 0) return Failed(console, "nothing was answered");
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
