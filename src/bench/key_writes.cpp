#include "bench/key_writes.h"

#include <algorithm>

#include "bench/nearly_sorted.h"

namespace coolkit::bench {
namespace {

// The database's clock decides when a value has expired; it may run this much faster than ours.
constexpr std::int64_t kExpirySlackNs = 1'000'000;
constexpr std::int64_t kExpirySlackPart = 1000;

std::int64_t ExpiresFrom(const Operation& put) {
  if (put.kind != Kind::kPut || put.limit_ms == 0) return KeyWrites::kNeverNs;
  const std::int64_t ttl_ns = std::int64_t{put.limit_ms} * 1'000'000;
  const std::int64_t wait_ns = ttl_ns - ttl_ns / kExpirySlackPart - kExpirySlackNs;
  if (put.start_ns > KeyWrites::kNeverNs - std::max<std::int64_t>(0, wait_ns)) {
    return KeyWrites::kNeverNs;
  }
  return std::max(put.start_ns, put.start_ns + wait_ns);
}

bool ReadsValue(const Operation& operation) {
  return !operation.IsWrite() && operation.outcome == Outcome::kOk;
}

}  // namespace

void KeyWrites::Build(std::span<const Operation> operations, bool outside_writers,
                      std::vector<char>& excluded, CheckCounts& counts) {
  made_.clear();
  found_ = 0;
  unknown_.clear();
  failed_.clear();
  reads_.clear();
  absences_.clear();
  flaws_.clear();
  maybe_absent_from_ns_ = outside_writers ? kAlwaysNs : kNeverNs;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (operations[i].IsWrite()) TakeWrite(operations[i], i, counts);
  }
  SortNearlySorted(made_.begin(), made_.end(), [](const Made& a, const Made& b) {
    return a.version != b.version ? a.version < b.version : a.write < b.write;
  });
  last_acknowledged_ = made_.empty() ? 0 : made_.back().version;
  FindSameVersions();
  ResolveReads(operations, outside_writers, excluded, counts);
  ListAbsences();
}

void KeyWrites::TakeWrite(const Operation& operation, std::uint32_t index, CheckCounts& counts) {
  const bool named = operation.version != 0;
  if (operation.outcome == Outcome::kOk && named) {
    made_.push_back({operation.version, operation.start_ns, ExpiresFrom(operation),
                     operation.digest, index, operation.kind});
    return;
  }
  if (operation.outcome == Outcome::kFailed || operation.outcome == Outcome::kRefused) {
    if (operation.digest != 0) failed_.push_back(index);
    return;
  }
  if (operation.outcome == Outcome::kAbsent) return;
  if (operation.outcome == Outcome::kOk) ++counts.without_version;
  if (operation.outcome == Outcome::kUnknown) ++counts.unknown_writes;
  // It may take effect at any time from its start on.
  const std::int64_t from_ns =
      operation.kind == Kind::kDelete ? operation.start_ns : ExpiresFrom(operation);
  maybe_absent_from_ns_ = std::min(maybe_absent_from_ns_, from_ns);
  if (operation.kind != Kind::kDelete) unknown_.push_back({index, false});
}

void KeyWrites::FindSameVersions() {
  const auto same = [](const Made& a, const Made& b) { return a.version == b.version; };
  if (std::adjacent_find(made_.begin(), made_.end(), same) == made_.end()) return;
  std::vector<Made> unique;
  for (const Made& made : made_) {
    if (unique.empty() || unique.back().version != made.version) {
      unique.push_back(made);
      continue;
    }
    // They are in the order of their starts: the later one is called wrong.
    flaws_.push_back({Fault::kSameVersion, made.write, unique.back().write});
  }
  made_ = std::move(unique);
}

// Most reads return a version near the one before: the search widens from there.
KeyWrites::Made* KeyWrites::Find(std::int64_t version) {
  const std::size_t size = made_.size();
  std::size_t from = std::min(found_, size);
  std::size_t to = from;
  for (std::size_t step = 1; from > 0 && made_[from - 1].version >= version; step *= 2) {
    to = from;
    from -= std::min(from, step);
  }
  for (std::size_t step = 1; to < size && made_[to].version < version; step *= 2) {
    from = to + 1;
    to += std::min(size - to, step);
  }
  const auto begin = made_.begin() + static_cast<std::ptrdiff_t>(from);
  const auto found =
      std::lower_bound(begin, made_.begin() + static_cast<std::ptrdiff_t>(to), version,
                       [](const Made& made, std::int64_t wanted) { return made.version < wanted; });
  found_ = static_cast<std::size_t>(found - made_.begin());
  return found == made_.end() || found->version != version ? nullptr : &*found;
}

const KeyWrites::Made* KeyWrites::LastAcknowledged() const {
  if (last_acknowledged_ == 0) return nullptr;
  return &*std::lower_bound(
      made_.begin(), made_.end(), last_acknowledged_,
      [](const Made& made, std::int64_t wanted) { return made.version < wanted; });
}

void KeyWrites::ResolveReads(std::span<const Operation> operations, bool outside_writers,
                             std::vector<char>& excluded, CheckCounts& counts) {
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const Operation& read = operations[i];
    if (!ReadsValue(read) || read.version == 0) continue;
    if (Find(read.version) == nullptr) reads_.push_back(i);
  }
  if (reads_.empty()) return;
  std::sort(reads_.begin(), reads_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return operations[a].version != operations[b].version
               ? operations[a].version < operations[b].version
               : a < b;
  });
  for (std::size_t begin = 0; begin < reads_.size();) {
    std::size_t end = begin + 1;
    const std::int64_t version = operations[reads_[begin]].version;
    while (end < reads_.size() && operations[reads_[end]].version == version) ++end;
    ResolveVersion(operations, begin, end, outside_writers, excluded, counts);
    begin = end;
  }
  std::sort(made_.begin(), made_.end(),
            [](const Made& a, const Made& b) { return a.version < b.version; });
}

void KeyWrites::ResolveVersion(std::span<const Operation> operations, std::size_t begin,
                               std::size_t end, bool outside_writers, std::vector<char>& excluded,
                               CheckCounts& counts) {
  std::uint64_t digest = 0;
  std::int64_t end_ns = kNeverNs;
  for (std::size_t i = begin; i < end; ++i) {
    const Operation& read = operations[reads_[i]];
    if (digest == 0) digest = read.digest;
    end_ns = std::min(end_ns, read.end_ns);
  }
  Made made;
  made.version = operations[reads_[begin]].version;
  made.digest = digest;
  if (Unknown* unknown = MatchUnknown(operations, digest, end_ns)) {
    const Operation& write = operations[unknown->write];
    // Without a digest it may have been another one: it stays free for that.
    unknown->used = digest != 0;
    if (digest != 0) ++counts.unknown_writes_seen;
    made.start_ns = write.start_ns;
    made.absent_from_ns = ExpiresFrom(write);
    made.write = unknown->write;
    made.kind = write.kind;
    made_.push_back(made);
    return;
  }
  if (outside_writers) {
    ++counts.outside_versions;
    made_.push_back(made);
    return;
  }
  const std::uint32_t first = reads_[begin];
  const auto failed = std::find_if(failed_.begin(), failed_.end(), [&](std::uint32_t write) {
    return digest != 0 && operations[write].digest == digest;
  });
  flaws_.push_back({Fault::kNobodyWrote, first, failed == failed_.end() ? first : *failed});
  for (std::size_t i = begin; i < end; ++i) excluded[reads_[i]] = 1;
}

KeyWrites::Unknown* KeyWrites::MatchUnknown(std::span<const Operation> operations,
                                            std::uint64_t digest, std::int64_t end_ns) {
  Unknown* possible = nullptr;
  for (Unknown& unknown : unknown_) {
    const Operation& write = operations[unknown.write];
    if (write.start_ns > end_ns) break;  // by start, as all operations are
    if (unknown.used) continue;
    if (digest != 0 && write.digest == digest) return &unknown;
    if (possible == nullptr && (digest == 0 || write.digest == 0)) possible = &unknown;
  }
  return possible;
}

void KeyWrites::ListAbsences() {
  // A patch keeps the expiry that it finds.
  std::int64_t kept_ns = kNeverNs;
  for (const Made& made : made_) {
    const bool deletion = made.kind == Kind::kDelete;
    const std::int64_t from_ns = deletion                    ? made.start_ns
                                 : made.kind == Kind::kPatch ? kept_ns
                                                             : made.absent_from_ns;
    kept_ns = deletion ? kNeverNs : from_ns;
    if (from_ns == kNeverNs) continue;
    const std::int64_t begin_ns = std::max(from_ns, made.start_ns);
    absences_.push_back({made.version, begin_ns, begin_ns});
  }
  for (std::size_t i = absences_.size(); i-- > 1;) {
    absences_[i - 1].earliest_ns = std::min(absences_[i - 1].from_ns, absences_[i].earliest_ns);
  }
}

KeyWrites::Explanation KeyWrites::ExplainAbsence(std::int64_t at_least, std::int64_t as_of,
                                                 std::int64_t end_ns) const {
  if (at_least == 0) return {true, true, 0};
  if (as_of != 0 && as_of < at_least) return {};
  Explanation found;
  auto absence =
      std::lower_bound(absences_.begin(), absences_.end(), at_least,
                       [](const Absence& a, std::int64_t wanted) { return a.version < wanted; });
  for (; absence != absences_.end() && absence->earliest_ns <= end_ns; ++absence) {
    if (as_of != 0 && absence->version > as_of) break;
    if (absence->from_ns > end_ns) continue;
    found = {true, true, absence->version};
    break;
  }
  if (maybe_absent_from_ns_ > end_ns) return found;
  // What is not known may have come at once: that is the lowest version.
  return {true, found.possible, at_least};
}

}  // namespace coolkit::bench
