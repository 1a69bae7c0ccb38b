// Why: every promise is judged key by key: versions order the writes of a key, so that one pass
// over its operations decides (docs/checker.md has the conditions, each with its reason). One
// thread; one object checks many keys, so that its tables are allocated once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bench/check_types.h"
#include "bench/key_writes.h"

namespace coolkit::bench {

class KeyCheck {
 public:
  // `into` outlives the check. `options` too.
  KeyCheck(const CheckOptions& options, CheckResult& into) : options_(options), into_(into) {}

  // All operations of one key; sorts them.
  void Run(std::span<Operation> operations);

 private:
  // What had been learnt from the first operations by end: the highest version that was written or
  // read, and the highest that an absence was said to have.
  struct Known {
    std::int64_t end_ns;
    std::int64_t written;
    std::int64_t absent;
  };
  struct Miss {
    std::uint32_t operation;
    std::int64_t needed;
  };
  struct Covered {
    std::uint8_t incarnation;
    std::int64_t position;
    std::int64_t version;  // the highest of this incarnation up to this position
    std::uint32_t operation;
  };

  void Count(const Operation& operation);
  void OrderByEnd();
  void Sweep();
  void Learn(std::int64_t before_ns);
  [[nodiscard]] std::int64_t SeenBy(std::uint32_t index) const;
  void JudgeWrite(std::uint32_t index);
  void JudgeRead(std::uint32_t index);
  [[nodiscard]] bool JudgeValue(std::uint32_t index);
  // Does the answer of `index` include the first `count` of known_?
  [[nodiscard]] bool Includes(std::uint32_t index, std::size_t count);
  void NoteStaleness(std::uint32_t index);
  [[nodiscard]] std::size_t FirstMissed(std::uint32_t index, std::size_t count);
  void Missed(std::uint32_t index, std::size_t count, std::int64_t bound_ns);
  void JudgeSessions();
  void CollectCovered();
  void JudgeSession(std::uint32_t index);
  void JudgeDurability();
  Violation* Report(Fault fault, std::uint32_t index, std::uint32_t other);

  const CheckOptions& options_;
  CheckResult& into_;
  KeyWrites writes_;
  std::span<Operation> operations_;
  std::vector<char> excluded_;          // proves nothing: it is itself wrong
  std::vector<std::int64_t> includes_;  // the version that an operation surely includes; 0: none
  std::vector<std::pair<std::int64_t, std::uint32_t>> by_end_;
  std::vector<Known> known_;
  std::size_t behind_ = 0;  // of known_, those that ended more than B before the current start
  std::vector<Miss> strong_misses_;
  std::vector<Covered> covered_;
};

}  // namespace coolkit::bench
