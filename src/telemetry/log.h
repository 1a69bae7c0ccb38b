// Why: one structured log, JSON lines or text, that never prints a secret and never floods. Any
// thread. Passed in; no global logger.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace coolkit::telemetry {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

[[nodiscard]] std::string_view LogLevelName(LogLevel level);  // "info"
// The reverse; nothing for another word.
[[nodiscard]] std::optional<LogLevel> ParseLogLevel(std::string_view name);

// A text, a number or a truth value. Holds views: for the length of a call.
class LogValue {
 public:
  LogValue(std::string_view text) : value_(text) {}                      // NOLINT: meant to convert
  LogValue(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT
  LogValue(const char* text) : value_(std::string_view(text)) {}         // NOLINT
  template <class T>
    requires std::integral<T> || std::floating_point<T>
  LogValue(T number) : value_(Widest(number)) {}  // NOLINT

  using Variant = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  [[nodiscard]] const Variant& get() const { return value_; }

 private:
  template <class T>
  static Variant Widest(T number) {
    if constexpr (std::same_as<T, bool>) {
      return number;
    } else if constexpr (std::floating_point<T>) {
      return static_cast<double>(number);
    } else if constexpr (std::signed_integral<T>) {
      return static_cast<std::int64_t>(number);
    } else {
      return static_cast<std::uint64_t>(number);
    }
  }

  Variant value_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

struct LogLimits {
  // Of warnings and errors with the same message, so many are written per window; the next line
  // after that says in `suppressed` how many were left out.
  std::uint32_t repeats_max = 20;
  milliseconds repeats_window{10'000};
  std::size_t messages_max = 256;       // different messages that are watched; further ones are not
  std::size_t string_bytes_max = 4096;  // of one field
};

class Log {
 public:
  // Writes to standard error. `pod` is a field of every line. `clock` outlives the log; null: the
  // system's.
  Log(LogFormat format, LogLevel level, std::string pod, const Clock* clock = nullptr,
      LogLimits limits = {});
  // For tests: appends lines to `sink`.
  Log(LogFormat format, LogLevel level, std::string pod, std::string* sink,
      const Clock* clock = nullptr, LogLimits limits = {});
  ~Log();

  [[nodiscard]] bool Enabled(LogLevel level) const { return level >= level_; }
  // `log.Info("listening", {{"address", address}})`. A message is a short constant; what varies is
  // a field. Line breaks and control characters are escaped.
  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kDebug)) Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kInfo)) Write(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (Enabled(LogLevel::kWarn)) Write(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kError, message, fields);
  }

  // Lines left out because of LogLimits, since the start; for a metric.
  [[nodiscard]] std::uint64_t suppressed_total() const;

 private:
  struct State;
  LogLevel level_;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::telemetry
