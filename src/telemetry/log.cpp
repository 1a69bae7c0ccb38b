#include "telemetry/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "base/mutex.h"
#include "telemetry/log_line.h"

namespace coolkit::telemetry {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warn", "error"};

// For tests: spdlog has sinks for streams and files, none for a string.
class StringSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StringSink(std::string* target) : target_(target) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    target_->append(message.payload.data(), message.payload.size());
    target_->push_back('\n');
  }
  void flush_() override {}

 private:
  std::string* target_;
};

// How often one message was written in the current window.
struct Repeats {
  BootTime window_start{};
  std::uint32_t written = 0;
  std::uint64_t suppressed = 0;  // since the last line that was written
};

}  // namespace

struct Log::State {
  State(LogFormat format_in, std::string pod_in, spdlog::sink_ptr sink, const Clock* clock_in,
        LogLimits limits_in)
      : format(format_in),
        pod(std::move(pod_in)),
        clock(clock_in != nullptr ? *clock_in : own_clock),
        limits(limits_in),
        logger("coolkit", std::move(sink)) {
    // Lines are complete when they get here; levels are filtered before.
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
  }

  // How many lines were suppressed before this one; nothing: this one is suppressed as well.
  std::optional<std::uint64_t> Admit(std::string_view message);

  const LogFormat format;
  const std::string pod;
  const SystemClock own_clock;
  const Clock& clock;
  const LogLimits limits;
  spdlog::logger logger;
  std::atomic<std::uint64_t> suppressed_total{0};
  Mutex mutex;
  std::map<std::string, Repeats, std::less<>> repeats GUARDED_BY(mutex);
};

std::optional<std::uint64_t> Log::State::Admit(std::string_view message) {
  const BootTime now = clock.Now();
  const MutexLock lock(mutex);
  auto place = repeats.find(message);
  if (place == repeats.end()) {
    if (repeats.size() >= limits.messages_max) return 0;
    place = repeats.emplace(std::string(message), Repeats{now, 0, 0}).first;
  }
  Repeats& seen = place->second;
  if (now - seen.window_start >= limits.repeats_window) {
    seen.window_start = now;
    seen.written = 0;
  }
  if (seen.written >= limits.repeats_max) {
    ++seen.suppressed;
    suppressed_total.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  ++seen.written;
  return std::exchange(seen.suppressed, 0);
}

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

Log::Log(LogFormat format, LogLevel level, std::string pod, const Clock* clock, LogLimits limits)
    : level_(level),
      state_(std::make_unique<State>(format, std::move(pod),
                                     std::make_shared<spdlog::sinks::stderr_sink_mt>(), clock,
                                     limits)) {}

Log::Log(LogFormat format, LogLevel level, std::string pod, std::string* sink, const Clock* clock,
         LogLimits limits)
    : level_(level),
      state_(std::make_unique<State>(format, std::move(pod), std::make_shared<StringSink>(sink),
                                     clock, limits)) {}

Log::~Log() = default;

void Log::Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!Enabled(level)) return;
  std::uint64_t suppressed = 0;
  if (level >= LogLevel::kWarn) {
    const auto admitted = state_->Admit(message);
    if (!admitted) return;
    suppressed = *admitted;
  }
  const LogHeader header{state_->clock.WallNow(), level, state_->pod, message, suppressed};
  const std::size_t bytes_max = state_->limits.string_bytes_max;
  const std::string line = state_->format == LogFormat::kJson ? JsonLine(header, fields, bytes_max)
                                                              : TextLine(header, fields, bytes_max);
  state_->logger.log(spdlog::level::info, spdlog::string_view_t(line));
}

std::uint64_t Log::suppressed_total() const {
  return state_->suppressed_total.load(std::memory_order_relaxed);
}

}  // namespace coolkit::telemetry
