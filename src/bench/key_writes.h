// Why: a read is judged by the write that made its version. This is the table of the versions of
// one key: who wrote each, from when it can have been there, and what can explain that the key is
// absent. Writes with an unknown outcome enter it once a read returns them. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "bench/check_types.h"

namespace coolkit::bench {

class KeyWrites {
 public:
  static constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kAlwaysNs = std::numeric_limits<std::int64_t>::min();

  struct Made {
    std::int64_t version = 0;
    std::int64_t start_ns = kAlwaysNs;       // of its write; kAlwaysNs: an outside writer's
    std::int64_t absent_from_ns = kNeverNs;  // the key can be absent with it from here on
    std::uint64_t digest = 0;                // 0: not known yet
    std::uint32_t write = 0;                 // index of the operation; meaningless for outsiders
    Kind kind = Kind::kPut;
  };
  // What Build finds wrong.
  struct Flaw {
    Fault fault;
    std::uint32_t operation;
    std::uint32_t other;  // its own index: none
  };
  // An absence is explained by a version, surely or by something that is not known.
  struct Explanation {
    bool possible = false;
    bool sure = true;
    std::int64_t version = 0;  // the lowest it can have; 0: before all writes
  };

  // Takes the operations of a key, by start. Sets excluded[i] for reads of versions nobody wrote.
  void Build(std::span<const Operation> operations, bool outside_writers,
             std::vector<char>& excluded, CheckCounts& counts);

  [[nodiscard]] const std::vector<Flaw>& flaws() const { return flaws_; }
  [[nodiscard]] Made* Find(std::int64_t version);
  // The highest acknowledged version; null: none.
  [[nodiscard]] const Made* LastAcknowledged() const;

  // How can the key be absent to a read that ended at `end_ns` and must include `at_least`?
  // `as_of`: the version of the absence, if it has one; else 0.
  [[nodiscard]] Explanation ExplainAbsence(std::int64_t at_least, std::int64_t as_of,
                                           std::int64_t end_ns) const;

 private:
  struct Unknown {
    std::uint32_t write;
    bool used;
  };
  struct Absence {
    std::int64_t version;
    std::int64_t from_ns;
    std::int64_t earliest_ns;  // the smallest from_ns of this and all higher versions
  };

  void TakeWrite(const Operation& operation, std::uint32_t index, CheckCounts& counts);
  void FindSameVersions();
  void ResolveReads(std::span<const Operation> operations, bool outside_writers,
                    std::vector<char>& excluded, CheckCounts& counts);
  // The reads [begin, end) of reads_ returned one version that no acknowledged write has.
  void ResolveVersion(std::span<const Operation> operations, std::size_t begin, std::size_t end,
                      bool outside_writers, std::vector<char>& excluded, CheckCounts& counts);
  Unknown* MatchUnknown(std::span<const Operation> operations, std::uint64_t digest,
                        std::int64_t end_ns);
  void ListAbsences();

  std::vector<Made> made_;  // by version
  std::size_t found_ = 0;   // of made_, where Find ended last
  std::int64_t last_acknowledged_ = 0;
  std::vector<Unknown> unknown_;
  std::vector<std::uint32_t> failed_;
  std::vector<std::uint32_t> reads_;  // of versions that no acknowledged write has
  std::vector<Absence> absences_;     // by version
  std::int64_t maybe_absent_from_ns_ = kNeverNs;
  std::vector<Flaw> flaws_;
};

}  // namespace coolkit::bench
