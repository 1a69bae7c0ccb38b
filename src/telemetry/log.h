// Why: one structured log, JSON lines or text, that never prints a secret. Any thread. Passed in;
// no global logger.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace coolkit::telemetry {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

class Log {
 public:
  // Writes to standard error. `pod` is a field of every line.
  Log(LogFormat format, LogLevel level, std::string pod);
  // For tests: appends lines to `sink`.
  Log(LogFormat format, LogLevel level, std::string pod, std::string* sink);
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

 private:
  struct State;
  LogLevel level_;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::telemetry
