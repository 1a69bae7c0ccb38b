#include "bench/key_check.h"

#include <algorithm>
#include <functional>

#include "bench/nearly_sorted.h"

namespace coolkit::bench {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// A deletion or patch that found nothing looked into the database.
bool IsStrong(const Operation& operation) {
  return operation.Has(kStrongMark) || operation.IsWrite();
}

bool IsAnswer(const Operation& operation) {
  return operation.outcome == Outcome::kOk || operation.outcome == Outcome::kAbsent;
}

// An acknowledged write, as far as it names its version.
bool IsWritten(const Operation& operation) {
  return operation.IsWrite() && operation.outcome == Outcome::kOk;
}

}  // namespace

void KeyCheck::Run(std::span<Operation> operations) {
  const auto by_start = [](const Operation& a, const Operation& b) {
    return a.start_ns != b.start_ns ? a.start_ns < b.start_ns : a.end_ns < b.end_ns;
  };
  SortNearlySorted(operations.begin(), operations.end(), by_start);
  operations_ = operations;
  excluded_.assign(operations.size(), 0);
  includes_.assign(operations.size(), 0);
  known_.clear();
  behind_ = 0;
  strong_misses_.clear();
  ++into_.counts.keys;
  for (const Operation& operation : operations) Count(operation);
  writes_.Build(operations, options_.outside_writers, excluded_, into_.counts);
  for (const KeyWrites::Flaw& flaw : writes_.flaws()) {
    Report(flaw.fault, flaw.operation, flaw.other == flaw.operation ? kNone : flaw.other);
    excluded_[flaw.operation] = 1;
  }
  OrderByEnd();
  Sweep();
  JudgeSessions();
  JudgeDurability();
}

void KeyCheck::Count(const Operation& operation) {
  CheckCounts& counts = into_.counts;
  ++counts.operations;
  ++counts.by_kind[static_cast<std::size_t>(operation.kind)]
                  [static_cast<std::size_t>(operation.outcome)];
}

void KeyCheck::OrderByEnd() {
  by_end_.clear();
  by_end_.reserve(operations_.size());
  for (std::uint32_t i = 0; i < operations_.size(); ++i) {
    if (IsAnswer(operations_[i])) by_end_.emplace_back(operations_[i].end_ns, i);
  }
  SortNearlySorted(by_end_.begin(), by_end_.end(), std::less<>());
  known_.reserve(by_end_.size());
}

void KeyCheck::Sweep() {
  for (std::uint32_t i = 0; i < operations_.size(); ++i) {
    const Operation& operation = operations_[i];
    Learn(operation.start_ns);
    if (IsWritten(operation)) {
      JudgeWrite(i);
    } else if (IsAnswer(operation) && excluded_[i] == 0) {
      JudgeRead(i);
    }
  }
}

// What ended before a start is known to it. All of that started earlier still, so it was judged.
void KeyCheck::Learn(std::int64_t before_ns) {
  while (known_.size() < by_end_.size() && by_end_[known_.size()].first < before_ns) {
    const auto [end_ns, index] = by_end_[known_.size()];
    Known known = known_.empty() ? Known{end_ns, 0, 0} : known_.back();
    known.end_ns = end_ns;
    if (excluded_[index] == 0) {
      known.written = std::max(known.written, includes_[index]);
      if (operations_[index].outcome == Outcome::kAbsent) {
        known.absent = std::max(known.absent, operations_[index].version);
      }
    }
    known_.push_back(known);
  }
  const std::int64_t limit_ns = Minus(before_ns, options_.staleness_max.count());
  while (behind_ < known_.size() && known_[behind_].end_ns < limit_ns) ++behind_;
}

void KeyCheck::JudgeWrite(std::uint32_t index) {
  const Operation& write = operations_[index];
  if (write.version == 0) return;
  includes_[index] = write.version;
  ++into_.counts.writes;
  if (excluded_[index] != 0 || known_.empty()) return;
  if (write.version > std::max(known_.back().written, known_.back().absent)) return;
  const auto first = std::partition_point(known_.begin(), known_.end(), [&](const Known& known) {
    return std::max(known.written, known.absent) < write.version;
  });
  const std::uint32_t other = by_end_[static_cast<std::size_t>(first - known_.begin())].second;
  Report(Fault::kWriteOrder, index, other);
  excluded_[index] = 1;
}

// Is the value that a read returned the one that was written, by then?
bool KeyCheck::JudgeValue(std::uint32_t index) {
  const Operation& read = operations_[index];
  KeyWrites::Made* made = writes_.Find(read.version);
  const std::uint32_t other =
      made->start_ns == KeyWrites::kAlwaysNs ? kNone : std::uint32_t{made->write};
  const bool other_value = read.digest != 0 && made->digest != 0 && read.digest != made->digest;
  if (made->digest == 0) made->digest = read.digest;
  if (made->kind == Kind::kDelete || other_value) {
    Report(Fault::kWrongValue, index, other);
    return false;
  }
  if (made->start_ns > read.end_ns) {
    Report(Fault::kFromFuture, index, other);
    return false;
  }
  return true;
}

void KeyCheck::JudgeRead(std::uint32_t index) {
  const Operation& read = operations_[index];
  CheckCounts& counts = into_.counts;
  const bool strong = IsStrong(read);
  if (read.outcome == Outcome::kOk) {
    if (read.version == 0) {
      ++counts.without_version;
      return;
    }
    if (!JudgeValue(index)) {
      excluded_[index] = 1;
      return;
    }
    includes_[index] = read.version;
  }
  std::size_t count = known_.size();
  std::int64_t bound_ns = 0;
  if (strong) {
    ++counts.strong_reads;
  } else if (read.Has(kStaleMark)) {
    ++counts.stale_answers;
    count = 0;
  } else {
    ++counts.bounded_reads;
    bound_ns = options_.staleness_max.count();
    count = behind_;
    if (read.limit_ms != 0 && std::int64_t{read.limit_ms} * 1'000'000 < bound_ns) {
      bound_ns = std::int64_t{read.limit_ms} * 1'000'000;
      const std::int64_t limit_ns = Minus(read.start_ns, bound_ns);
      const auto first =
          std::partition_point(known_.begin(), known_.end(),
                               [&](const Known& known) { return known.end_ns < limit_ns; });
      count = static_cast<std::size_t>(first - known_.begin());
    }
  }
  if (!Includes(index, count)) {
    Missed(index, count, bound_ns);
    excluded_[index] = 1;
    return;
  }
  if (read.outcome == Outcome::kAbsent) {
    const std::int64_t at_least = count == 0 ? 0 : known_[count - 1].written;
    const auto explained = writes_.ExplainAbsence(at_least, read.version, read.end_ns);
    includes_[index] = explained.version;
    if (!explained.sure) ++counts.maybe_absences;
  }
  if (!strong && !read.Has(kStaleMark)) NoteStaleness(index);
}

bool KeyCheck::Includes(std::uint32_t index, std::size_t count) {
  if (count == 0) return true;
  const Operation& read = operations_[index];
  const Known& known = known_[count - 1];
  if (read.outcome == Outcome::kOk) {
    return read.version >= std::max(known.written, known.absent);
  }
  return writes_.ExplainAbsence(known.written, read.version, read.end_ns).possible;
}

// The first of known_ that the answer does not include, of `count` of which it misses some.
std::size_t KeyCheck::FirstMissed(std::uint32_t index, std::size_t count) {
  std::size_t low = 0;
  while (low < count) {
    const std::size_t middle = low + (count - low) / 2;
    if (Includes(index, middle + 1)) {
      low = middle + 1;
    } else {
      count = middle;
    }
  }
  return low;
}

void KeyCheck::NoteStaleness(std::uint32_t index) {
  if (Includes(index, known_.size())) return;
  const std::size_t first = FirstMissed(index, known_.size());
  into_.counts.staleness_seen_ns = std::max(
      into_.counts.staleness_seen_ns, Minus(operations_[index].start_ns, known_[first].end_ns));
}

void KeyCheck::Missed(std::uint32_t index, std::size_t count, std::int64_t bound_ns) {
  const Known& needed = known_[count - 1];
  if (IsStrong(operations_[index])) {
    strong_misses_.push_back({index, std::max(needed.written, needed.absent)});
    return;
  }
  const std::size_t first = FirstMissed(index, count);
  Violation* shown = Report(Fault::kStaleRead, index, by_end_[first].second);
  if (shown == nullptr) return;
  shown->needed_version = std::max(known_[first].written, known_[first].absent);
  shown->allowed_ns = bound_ns;
}

// A strong read that misses something is the sign of a lost write if nothing ever shows it again.
void KeyCheck::JudgeDurability() {
  const KeyWrites::Made* last = writes_.LastAcknowledged();
  if (last != nullptr) {
    const std::int64_t end_ns = operations_[last->write].end_ns;
    const auto looks = [&](const Operation& operation) {
      return operation.start_ns > end_ns && IsAnswer(operation) && IsStrong(operation);
    };
    if (std::none_of(operations_.begin(), operations_.end(), looks)) {
      ++into_.counts.keys_not_read_back;
    }
  }
  if (strong_misses_.empty()) return;
  // The most that any later operation includes; includes_ of those that are wrong does not count.
  std::vector<std::int64_t> later(operations_.size() + 1, 0);
  for (std::size_t i = operations_.size(); i-- > 0;) {
    later[i] = std::max(later[i + 1], excluded_[i] != 0 ? 0 : includes_[i]);
  }
  bool lost = false;
  for (const Miss& miss : strong_misses_) {
    const Operation& read = operations_[miss.operation];
    const KeyWrites::Made* made = writes_.Find(miss.needed);
    const bool acknowledged = made != nullptr && made->start_ns != KeyWrites::kAlwaysNs &&
                              IsWritten(operations_[made->write]) &&
                              operations_[made->write].end_ns < read.start_ns;
    const bool gone = acknowledged && later[miss.operation + 1] < miss.needed;
    if (gone && lost) continue;  // the same loss, seen again
    lost = lost || gone;
    std::uint32_t other = gone ? made->write : kNone;
    if (!gone) {
      const auto count =
          std::partition_point(known_.begin(), known_.end(),
                               [&](const Known& known) { return known.end_ns < read.start_ns; });
      other = by_end_[FirstMissed(miss.operation, static_cast<std::size_t>(count - known_.begin()))]
                  .second;
    }
    Violation* shown = Report(gone ? Fault::kLost : Fault::kStrongRead, miss.operation, other);
    if (shown != nullptr) shown->needed_version = miss.needed;
  }
}

void KeyCheck::JudgeSessions() {
  bool any = false;
  for (std::uint32_t i = 0; i < operations_.size(); ++i) {
    const Operation& operation = operations_[i];
    if (operation.given_incarnation == 0) continue;
    any = any || (IsAnswer(operation) && !IsWritten(operation));
    if (operation.received_incarnation == operation.given_incarnation &&
        operation.received_position < operation.given_position) {
      Report(Fault::kToken, i, kNone);
    }
  }
  if (!any) return;
  CollectCovered();
  for (std::uint32_t i = 0; i < operations_.size(); ++i) JudgeSession(i);
}

// What the tokens that came with answers promise.
void KeyCheck::CollectCovered() {
  covered_.clear();
  covered_.reserve(by_end_.size());
  for (std::uint32_t i = 0; i < operations_.size(); ++i) {
    const Operation& operation = operations_[i];
    if (operation.received_incarnation == 0 || includes_[i] == 0 || excluded_[i] != 0) continue;
    covered_.push_back(
        {operation.received_incarnation, operation.received_position, includes_[i], i});
  }
  const auto before = [](const Covered& a, const Covered& b) {
    return a.incarnation != b.incarnation ? a.incarnation < b.incarnation : a.position < b.position;
  };
  SortNearlySorted(covered_.begin(), covered_.end(), before);
  for (std::size_t i = 1; i < covered_.size(); ++i) {
    const Covered& previous = covered_[i - 1];
    if (covered_[i].incarnation == previous.incarnation && covered_[i].version < previous.version) {
      covered_[i].version = previous.version;
      covered_[i].operation = previous.operation;
    }
  }
}

void KeyCheck::JudgeSession(std::uint32_t index) {
  const Operation& read = operations_[index];
  const bool judged = read.given_incarnation != 0 && IsAnswer(read) && !IsWritten(read) &&
                      (read.outcome == Outcome::kAbsent || includes_[index] != 0);
  if (!judged) return;
  ++into_.counts.session_reads;
  const auto above = std::partition_point(covered_.begin(), covered_.end(), [&](const Covered& c) {
    return c.incarnation != read.given_incarnation ? c.incarnation < read.given_incarnation
                                                   : c.position <= read.given_position;
  });
  if (above == covered_.begin()) return;
  const Covered& covered = *(above - 1);
  if (covered.incarnation != read.given_incarnation) return;
  const bool included =
      read.outcome == Outcome::kOk
          ? read.version >= covered.version
          : writes_.ExplainAbsence(covered.version, read.version, read.end_ns).possible;
  if (included) return;
  Violation* shown = Report(Fault::kSession, index, covered.operation);
  if (shown != nullptr) shown->needed_version = covered.version;
}

// Counts it; null: enough are shown already.
Violation* KeyCheck::Report(Fault fault, std::uint32_t index, std::uint32_t other) {
  ++into_.counts.violations[static_cast<std::size_t>(fault)];
  if (into_.violations.size() >= options_.shown_max) return nullptr;
  Violation violation;
  violation.fault = fault;
  violation.operation = operations_[index];
  const std::size_t each = options_.context_each_side;
  const std::size_t begin = index > each ? index - each : 0;
  const std::size_t end = std::min<std::size_t>(operations_.size(), index + each + 1);
  if (other != kNone && other < begin) violation.around.push_back(operations_[other]);
  violation.around.insert(violation.around.end(), operations_.begin() + begin,
                          operations_.begin() + end);
  if (other != kNone && other >= end) violation.around.push_back(operations_[other]);
  if (other != kNone) {
    violation.has_other = true;
    violation.other = operations_[other];
    violation.late_ns = Minus(violation.operation.start_ns, violation.other.end_ns);
  }
  into_.violations.push_back(std::move(violation));
  return &into_.violations.back();
}

}  // namespace coolkit::bench
