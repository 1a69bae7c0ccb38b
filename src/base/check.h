// Why: a broken invariant of our own must stop the process at once, in every build, rather than
// corrupt data. CHECK is for programmer errors only, never for input, peers' data or I/O.
#pragma once

namespace coolkit {
// Prints the place and the condition to standard error and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace coolkit

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::coolkit::CheckFailed(#condition, __FILE__, __LINE__))
