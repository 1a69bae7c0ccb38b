#include "cli/bench_options.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "model/key.h"

namespace coolkit::cli {
namespace {

constexpr std::uint64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kConnectionsMax = 20'000;
constexpr std::uint64_t kThreadsMax = 64;
constexpr std::uint64_t kPipelineMax = 1000;
constexpr std::uint64_t kKeysMax = 100'000'000;
constexpr double kRateMax = 1e8;

// Reads flags one by one and remembers the first that is wrong.
class FlagReader {
 public:
  explicit FlagReader(const Invocation& invocation) : invocation_(invocation) {}

  [[nodiscard]] std::uint64_t Count(const std::string& name, std::uint64_t fallback,
                                    std::uint64_t min, std::uint64_t max) {
    const auto text = invocation_.Flag(name);
    if (!text) return fallback;
    const auto number = ParseDecimal(*text);
    if (number && *number >= min && *number <= max) return *number;
    Wrong(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback;
  }

  [[nodiscard]] milliseconds Duration(const std::string& name, milliseconds fallback,
                                      bool allow_zero) {
    const auto text = invocation_.Flag(name);
    if (!text) return fallback;
    const auto duration = ParseDuration(*text, allow_zero);
    constexpr milliseconds kMax = std::chrono::hours(24 * 40);
    if (duration && *duration <= kMax) return *duration;
    Wrong(name, "a duration like 250ms, 90s or 5m, at most 40d");
    return fallback;
  }

  void Wrong(const std::string& name, const std::string& allowed) {
    if (!error_.empty()) return;
    error_ = "--" + name + " '" + invocation_.Flag(name).value_or("") + "' is not " + allowed;
  }
  void Wrong(const Error& error) {
    if (error_.empty()) error_ = error.detail;
  }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const Invocation& invocation_;
  std::string error_;
};

void ReadTargets(const Invocation& invocation, const Console& console, FlagReader& reader,
                 BenchOptions& options) {
  std::vector<std::string> urls = invocation.All("target");
  if (urls.empty()) {
    const auto url = console.environment.find("COOLKIT_URL");
    const bool set = url != console.environment.end() && !url->second.empty();
    urls.push_back(set ? url->second : std::string(kDefaultUrl));
  }
  for (const std::string& url : urls) {
    const auto parsed = ParseServiceUrl(url);
    if (!parsed) return reader.Wrong(parsed.error());
    options.targets.push_back(*parsed);
    options.load.targets.push_back({parsed->authority, parsed->path});
  }
}

void ReadRate(const Invocation& invocation, FlagReader& reader, BenchOptions& options) {
  const std::string text = invocation.Flag("rate").value_or("max");
  if (text == "max") return;
  double rate = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool good = done.ec == std::errc() && done.ptr == text.data() + text.size() &&
                    rate >= 0.001 && rate <= kRateMax;
  if (!good) return reader.Wrong("rate", "max or a number of calls per second");
  options.load.rate = rate;
}

// 100 or 100-5000.
void ReadValueBytes(const Invocation& invocation, FlagReader& reader, BenchOptions& options) {
  const auto text = invocation.Flag("value-bytes");
  if (text) {
    const std::size_t dash = std::min(text->find('-'), text->size());
    const auto min = ParseDecimal(text->substr(0, dash));
    const auto max = dash == text->size() ? min : ParseDecimal(text->substr(dash + 1));
    constexpr std::uint64_t kMax = 64U << 20U;
    if (!min || !max || *min > *max || *max > kMax) {
      return reader.Wrong("value-bytes", "a size or two of them, as 100 or 100-5000");
    }
    options.load.value_bytes_min = static_cast<std::uint32_t>(*min);
    options.load.value_bytes_max = static_cast<std::uint32_t>(*max);
  }
  const std::uint32_t least = options.load.JsonValues()                ? bench::kJsonValueBytes
                              : invocation.Flag("history").has_value() ? bench::kUniqueValueBytes
                                                                       : 0;
  if (options.load.value_bytes_min < least) {
    reader.Wrong("value-bytes", "at least " + std::to_string(least) +
                                    ": a history tells values apart, patches need JSON");
  }
}

void ReadKeys(const Invocation& invocation, FlagReader& reader, BenchOptions& options) {
  options.load.collection = invocation.Flag("collection").value_or("bench");
  if (const auto good = model::ValidateCollection(options.load.collection); !good) {
    reader.Wrong(good.error());
  }
  options.load.keys =
      static_cast<std::uint32_t>(reader.Count("keys", options.load.keys, 1, kKeysMax));
  options.keys_text = invocation.Flag("key-law").value_or("zipf:0.99");
  const auto law = bench::ParseKeyLaw(options.keys_text);
  if (law) {
    options.load.law = *law;
  } else {
    reader.Wrong(law.error());
  }
  options.trace_path = invocation.Flag("trace").value_or("");
  const std::string format = invocation.Flag("trace-format").value_or("be32");
  if (format == "be32") {
    options.trace_format = bench::TraceFormat::kBigEndian32;
  } else if (format == "be64") {
    options.trace_format = bench::TraceFormat::kBigEndian64;
  } else if (format == "lines") {
    options.trace_format = bench::TraceFormat::kArcLines;
  } else {
    reader.Wrong("trace-format", "be32, be64 or lines");
  }
}

void ReadLoad(const Invocation& invocation, FlagReader& reader, bench::LoadOptions& load) {
  load.random_target = invocation.Switch("random-target");
  load.threads = static_cast<unsigned>(reader.Count("threads", 1, 1, kThreadsMax));
  load.connections =
      static_cast<unsigned>(reader.Count("connections", 64, load.threads, kConnectionsMax));
  load.pipeline = static_cast<unsigned>(reader.Count("pipeline", 1, 1, kPipelineMax));
  load.duration = reader.Duration("duration", seconds(10), false);
  load.warm_up = reader.Duration("warm-up", milliseconds(0), true);
  load.calls_max = reader.Count("calls", 0, 1, std::numeric_limits<std::uint64_t>::max());
  load.timeout = reader.Duration("timeout", seconds(10), false);
  load.seed = reader.Count("seed", 1, 0, std::numeric_limits<std::uint64_t>::max());
  load.batch_size = static_cast<std::uint32_t>(reader.Count("batch-size", 10, 1, 1000));
  const auto mix = bench::ParseMix(invocation.Flag("mix").value_or("get=95,put=5"));
  if (mix) {
    load.mix = *mix;
  } else {
    reader.Wrong({ErrorCode::kInvalidRequest, "--mix: " + mix.error().detail, {}});
  }
  const auto millis = [&](const std::string& name) {
    const auto duration = reader.Duration(name, milliseconds(0), false);
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(kUint32Max, static_cast<std::uint64_t>(duration.count())));
  };
  load.ttl_ms = millis("ttl");
  load.max_staleness_ms = millis("max-staleness");
}

}  // namespace

Result<BenchOptions> ParseBenchOptions(const Invocation& invocation, const Console& console) {
  BenchOptions options;
  FlagReader reader(invocation);
  ReadTargets(invocation, console, reader, options);
  ReadLoad(invocation, reader, options.load);
  ReadRate(invocation, reader, options);
  ReadValueBytes(invocation, reader, options);
  ReadKeys(invocation, reader, options);
  options.preload = invocation.Switch("preload");
  if (!reader.error().empty()) return Fail(ErrorCode::kInvalidRequest, reader.error());
  return options;
}

}  // namespace coolkit::cli
