// Why: a log line must be one line that says only what its writer meant, whatever a client put into
// a key or a header: every field is escaped here and nowhere else. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "telemetry/log.h"

namespace coolkit::telemetry {

// What every line says besides its fields.
struct LogHeader {
  std::chrono::system_clock::time_point time;
  LogLevel level = LogLevel::kInfo;
  std::string_view pod;
  std::string_view message;
  std::uint64_t suppressed = 0;  // lines like this one that were left out before it
};

// Both without the line's end. Strings longer than `string_bytes_max` are cut and end in "…".
// {"ts":"2026-01-31T23:59:59.123Z","level":"info","pod":"a","msg":"listening","port":8080}. A field
// named like one of these gets a trailing underscore.
[[nodiscard]] std::string JsonLine(const LogHeader& header, std::initializer_list<LogField> fields,
                                   std::size_t string_bytes_max);
// 2026-01-31T23:59:59.123Z info  listening port=8080
[[nodiscard]] std::string TextLine(const LogHeader& header, std::initializer_list<LogField> fields,
                                   std::size_t string_bytes_max);

// A JSON string with quotes, in which nothing breaks a line or moves a terminal's cursor: control
// characters (C1 too), line and paragraph separators and bidirectional overrides are \u escapes,
// bytes that are not UTF-8 become U+FFFD.
void AppendLogString(std::string& out, std::string_view text, std::size_t bytes_max);

}  // namespace coolkit::telemetry
