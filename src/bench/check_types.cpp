#include "bench/check_types.h"

#include <algorithm>
#include <numeric>

namespace coolkit::bench {
namespace {

struct FaultRow {
  std::string_view name;
  std::string_view promise;
  std::string_view meaning;
};

constexpr std::array<FaultRow, kFaultCount> kFaults{{
    {"lost_write", "G1",
     "an acknowledged write is gone: the last strong read of the key misses it"},
    {"stale_read", "G2", "a read misses what was acknowledged more than B before it was sent"},
    {"session_read", "G3", "a read with a position token misses what the token covers"},
    {"token_went_back", "G3", "an answer's position token is behind the one of its request"},
    {"strong_read", "G4", "a strong read misses what was acknowledged before it was sent"},
    {"write_order", "G4", "a write's version is not above what was there before it was sent"},
    {"from_future", "G4", "a read returned a version whose write began after the read had ended"},
    {"same_version", "G4", "two writes of a key have the same version"},
    {"nobody_wrote", "G4", "a read returned a version that nobody wrote"},
    {"wrong_value", "G4", "a read returned a version with another value than was written"},
}};

const FaultRow& Row(Fault fault) { return kFaults[static_cast<std::size_t>(fault)]; }

}  // namespace

std::string_view FaultName(Fault fault) { return Row(fault).name; }
std::string_view FaultPromise(Fault fault) { return Row(fault).promise; }
std::string_view FaultMeaning(Fault fault) { return Row(fault).meaning; }

std::uint64_t CheckCounts::violations_total() const {
  return std::accumulate(violations.begin(), violations.end(), std::uint64_t{0});
}

void CheckCounts::Add(const CheckCounts& other) {
  operations += other.operations;
  keys += other.keys;
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    for (std::size_t outcome = 0; outcome < kOutcomeCount; ++outcome) {
      by_kind[kind][outcome] += other.by_kind[kind][outcome];
    }
  }
  bounded_reads += other.bounded_reads;
  session_reads += other.session_reads;
  strong_reads += other.strong_reads;
  writes += other.writes;
  stale_answers += other.stale_answers;
  unknown_writes += other.unknown_writes;
  unknown_writes_seen += other.unknown_writes_seen;
  maybe_absences += other.maybe_absences;
  outside_versions += other.outside_versions;
  without_version += other.without_version;
  keys_not_read_back += other.keys_not_read_back;
  for (std::size_t i = 0; i < kFaultCount; ++i) violations[i] += other.violations[i];
  staleness_seen_ns = std::max(staleness_seen_ns, other.staleness_seen_ns);
}

}  // namespace coolkit::bench
