// Why: what the checker is told and what it finds, shared by the check of one key, the check of a
// history and its report. Values.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "bench/operation.h"

namespace coolkit::bench {

struct CheckOptions {
  nanoseconds staleness_max = milliseconds(250);  // B of G2
  bool outside_writers = false;                   // others wrote too: unknown versions are theirs
  std::size_t shown_max = 100;                    // violations kept with their surroundings
  std::size_t context_each_side = 3;              // operations of the key shown before and after
};

// What was broken; docs/checker.md has the exact conditions.
enum class Fault : std::uint8_t {
  kLost,         // G1: an acknowledged write is gone, the last look into the database says
  kStaleRead,    // G2: a read misses what was acknowledged more than B before it
  kSession,      // G3: a read with a token misses what the token covers
  kToken,        // G3: an answer's token is behind the one it was asked with
  kStrongRead,   // G4: a strong read misses what was acknowledged before it
  kWriteOrder,   // G4: a write's version is not above what was there before it
  kFromFuture,   // G4: a read returned a version whose write began after the read had ended
  kSameVersion,  // G4: two writes share a version
  kNobodyWrote,  // G4: a read returned a version that nobody wrote
  kWrongValue,   // G4: a version with another value than was written
};
inline constexpr std::size_t kFaultCount = 10;

[[nodiscard]] std::string_view FaultName(Fault fault);     // "stale_read"
[[nodiscard]] std::string_view FaultPromise(Fault fault);  // "G2"
[[nodiscard]] std::string_view FaultMeaning(Fault fault);  // a sentence without its full stop

struct Violation {
  Fault fault = Fault::kLost;
  Operation operation;  // that broke it
  bool has_other = false;
  Operation other;                  // that proves it
  std::int64_t needed_version = 0;  // at least; 0: does not apply
  std::int64_t late_ns = 0;         // from the end of `other` to the start of `operation`
  std::int64_t allowed_ns = 0;
  std::vector<Operation> around;  // of the same key, by start; with both
};

// a - b, or the end of the range: a history may hold any times.
[[nodiscard]] inline std::int64_t Minus(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b > 0 ? std::numeric_limits<std::int64_t>::min()
               : std::numeric_limits<std::int64_t>::max();
}

struct CheckCounts {
  std::uint64_t operations = 0;
  std::uint64_t keys = 0;
  std::array<std::array<std::uint64_t, kOutcomeCount>, kKindCount> by_kind{};
  // Reads that were compared, by promise.
  std::uint64_t bounded_reads = 0;
  std::uint64_t session_reads = 0;
  std::uint64_t strong_reads = 0;
  std::uint64_t writes = 0;
  // Not seen, or not judged.
  std::uint64_t stale_answers = 0;        // said so themselves
  std::uint64_t unknown_writes = 0;       // with an unknown outcome
  std::uint64_t unknown_writes_seen = 0;  // of those, that a read returned
  std::uint64_t maybe_absences = 0;      // absences that only a write with an unknown outcome or an
                                         // outside writer explains
  std::uint64_t outside_versions = 0;    // versions of outside writers
  std::uint64_t without_version = 0;     // answers that name no version
  std::uint64_t keys_not_read_back = 0;  // written, and not strongly read after that
  std::array<std::uint64_t, kFaultCount> violations{};
  // The most that a bounded read missed what was acknowledged before it, within B or not.
  std::int64_t staleness_seen_ns = 0;

  [[nodiscard]] std::uint64_t violations_total() const;
  void Add(const CheckCounts& other);
};

struct CheckResult {
  CheckCounts counts;
  std::vector<Violation> violations;  // by start; at most CheckOptions::shown_max
};

}  // namespace coolkit::bench
