#include "store/memory/memory_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "model/limits.h"

namespace coolkit::store {
namespace {

DbTime DbNow(const Clock& clock) {
  return DbTime(std::chrono::duration_cast<microseconds>(clock.WallNow().time_since_epoch()));
}

// A new life: its base is above every version of the one before (R14).
model::Incarnation NewIncarnation(const model::Incarnation& before, std::int64_t base,
                                  std::uint64_t seed) {
  SeededRandom random(seed ^ static_cast<std::uint64_t>(base));
  model::Incarnation life = before;
  life.system_id = seed;
  for (std::uint8_t& byte : life.id) byte = static_cast<std::uint8_t>(random.Next());
  life.base = base;
  return life;
}

}  // namespace

MemoryStore::MemoryStore(net::Loop& loop, Options options) : loop_(loop), options_(options) {
  incarnation_ = NewIncarnation({}, DbNow(loop.clock()).time_since_epoch().count(), options.seed);
}

Result<void> MemoryStore::Start() { return {}; }

void MemoryStore::Stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
}

void MemoryStore::FailWith(std::optional<Error> error) {
  const MutexLock lock(mutex_);
  failure_ = std::move(error);
}

void MemoryStore::BeginIncarnation() {
  const MutexLock lock(mutex_);
  const std::int64_t number = pruned_to_ + static_cast<std::int64_t>(changes_.size());
  const std::int64_t base =
      std::max(incarnation_.base + number + 1, DbNow(loop_.clock()).time_since_epoch().count());
  incarnation_ = NewIncarnation(incarnation_, base, options_.seed);
  changes_.clear();
  pruned_to_ = 0;
}

std::optional<Error> MemoryStore::Refusal(BootTime deadline) const {
  const MutexLock lock(mutex_);
  if (stopped_) return Error{ErrorCode::kDraining, "the store is stopping", {}};
  if (failure_) return failure_;
  if (deadline <= loop_.Now()) {
    return Error{ErrorCode::kDeadlineExceeded, "the database was not asked in time", {}};
  }
  return std::nullopt;
}

template <class Answer, class Work>
void MemoryStore::Run(std::atomic<std::size_t>& pending, std::size_t pending_max, BootTime deadline,
                      Completion<Result<Answer>> done, Work work) {
  Result<Answer> answer = Fail(ErrorCode::kOverloaded, "too many operations wait for the database");
  const bool admitted = pending.fetch_add(1) < pending_max;
  if (admitted) {
    if (std::optional<Error> refusal = Refusal(deadline)) {
      answer = Fail(std::move(*refusal));
    } else {
      answer = work();
    }
  }
  loop_.Post([&pending, done = std::move(done), answer = std::move(answer)]() mutable {
    pending.fetch_sub(1);
    done(std::move(answer));
  });
}

Snapshot MemoryStore::TakeSnapshot() const {
  Snapshot snapshot;
  snapshot.incarnation = incarnation_;
  snapshot.position = {pruned_to_ + static_cast<std::int64_t>(changes_.size())};
  snapshot.sent_at = loop_.Now();
  snapshot.db_now = DbNow(loop_.clock());
  return snapshot;
}

FoundRow MemoryStore::Find(const model::Key& key, DbTime now) const {
  const auto it = rows_.find(key);
  if (it == rows_.end() || !it->second.present || IsExpired(it->second.expires_at, now)) return {};
  return {true, it->second.version, it->second.expires_at};
}

WriteOutcome MemoryStore::Apply(const WriteOp& op, DbTime now) {
  const FoundRow found = Find(op.key, now);
  WriteOutcome outcome;
  outcome.kind = Judge(op, found);
  if (outcome.kind != WriteOutcome::Kind::kWritten) return outcome;
  Row& row = rows_[op.key];
  const std::int64_t number = TakeSnapshot().position.value + 1;
  row.version =
      std::max(model::Version{row.version.value + 1}, VersionOf(incarnation_.base, number));
  row.present = op.kind == WriteOp::Kind::kPut;
  row.value = row.present ? *op.value : std::string();
  row.content_type = row.present ? op.content_type : std::string();
  row.modified_at = now;
  row.expires_at = row.present ? ExpiresAt(op.expiry, found, now) : std::optional(now);
  changes_.push_back({op.key, row.version});
  outcome.version = row.version;
  outcome.created = row.present && !found.live;
  outcome.modified_at = now;
  if (row.present) outcome.expires_at = row.expires_at;
  return outcome;
}

AtomicAnswer MemoryStore::WriteAllNow(const std::vector<WriteOp>& ops) {
  const MutexLock lock(mutex_);
  const DbTime now = DbNow(loop_.clock());
  const std::size_t changes_before = changes_.size();
  std::vector<Undo> undo;
  AtomicAnswer answer;
  answer.committed = true;
  for (const WriteOp& op : ops) {
    const auto it = rows_.find(op.key);
    undo.push_back({op.key, it == rows_.end() ? std::nullopt : std::optional(it->second)});
    answer.outcomes.push_back(Apply(op, now));
    if (answer.outcomes.back().kind != WriteOutcome::Kind::kWritten) answer.committed = false;
  }
  if (!answer.committed) {
    for (auto it = undo.rbegin(); it != undo.rend(); ++it) {
      if (it->row) {
        rows_[it->key] = std::move(*it->row);
      } else {
        rows_.erase(it->key);
      }
    }
    changes_.resize(changes_before);
    for (WriteOutcome& outcome : answer.outcomes) outcome.version = {};
  }
  answer.snapshot = TakeSnapshot();
  return answer;
}

ReadAnswer MemoryStore::ReadNow(const std::vector<model::Key>& keys) const {
  const MutexLock lock(mutex_);
  ReadAnswer answer;
  answer.snapshot = TakeSnapshot();
  answer.entries.reserve(keys.size());
  for (const model::Key& key : keys) {
    model::Entry::Fields fields;
    fields.collection = key.collection;
    fields.key = key.key;
    fields.version = AbsentVersion(incarnation_.base, answer.snapshot.position);
    if (const auto it = rows_.find(key); it != rows_.end()) {
      const Row& row = it->second;
      fields.version = row.version;
      fields.modified_at = row.modified_at;
      if (row.present && !IsExpired(row.expires_at, answer.snapshot.db_now)) {
        fields.present = true;
        fields.value = row.value;
        fields.content_type = row.content_type;
        fields.expires_at = row.expires_at;
      }
    }
    answer.entries.push_back(model::Entry::Create(fields));
  }
  return answer;
}

WriteAnswer MemoryStore::WriteNow(const WriteOp& op) {
  const MutexLock lock(mutex_);
  WriteAnswer answer;
  answer.outcome = Apply(op, DbNow(loop_.clock()));
  answer.snapshot = TakeSnapshot();
  return answer;
}

ListAnswer MemoryStore::ListNow(const ListRequest& request) const {
  const MutexLock lock(mutex_);
  ListAnswer answer;
  answer.snapshot = TakeSnapshot();
  std::size_t bytes = 0;
  for (auto it = rows_.lower_bound(model::Key(request.collection, request.from));
       it != rows_.end() && it->first.collection == request.collection; ++it) {
    const auto& [key, row] = *it;
    if (!request.below.empty() && key.key >= request.below) break;
    if (!row.present || IsExpired(row.expires_at, answer.snapshot.db_now)) continue;
    bytes += ListedBytes(key.key.size(), request.with_values ? row.value.size() : 0);
    if (answer.rows.size() == request.limit ||
        (!answer.rows.empty() && bytes > request.bytes_max)) {
      answer.more = true;
      break;
    }
    ListRow listed;
    listed.value_bytes = row.value.size();
    listed.entry = model::Entry::Create(
        {key.collection, key.key, row.version, true, row.content_type,
         request.with_values ? std::string_view(row.value) : std::string_view(), row.modified_at,
         row.expires_at});
    answer.rows.push_back(std::move(listed));
  }
  return answer;
}

FeedAnswer MemoryStore::PollNow(const std::optional<FeedCursor>& cursor) const {
  const MutexLock lock(mutex_);
  FeedAnswer answer;
  answer.snapshot = TakeSnapshot();
  answer.next = {incarnation_, answer.snapshot.position, {}};
  if (!cursor || !(cursor->incarnation == incarnation_) || cursor->position.value < pruned_to_ ||
      cursor->position > answer.snapshot.position) {
    answer.gap = true;
    return answer;
  }
  const auto seen = cursor->position.value - pruned_to_;
  const auto first = changes_.begin() + seen;
  if (changes_.size() - static_cast<std::size_t>(seen) <= options_.changes_per_poll_max) {
    answer.changes.keys.assign(first, changes_.end());
    return answer;
  }
  std::vector<std::string>& collections = answer.changes.collections;
  for (auto it = first; it != changes_.end(); ++it) collections.push_back(it->key.collection);
  std::sort(collections.begin(), collections.end());
  collections.erase(std::unique(collections.begin(), collections.end()), collections.end());
  return answer;
}

std::size_t MemoryStore::CollectNow(milliseconds retention, std::size_t limit) {
  const MutexLock lock(mutex_);
  const Snapshot snapshot = TakeSnapshot();
  const DbTime before = snapshot.db_now - retention;
  const model::Version absent = AbsentVersion(incarnation_.base, snapshot.position);
  std::size_t removed = 0;
  for (auto it = rows_.begin(); it != rows_.end() && removed < limit;) {
    const Row& row = it->second;
    if (row.expires_at && *row.expires_at < before && row.version <= absent) {
      it = rows_.erase(it);
      ++removed;
    } else {
      ++it;
    }
  }
  return removed;
}

std::size_t MemoryStore::PruneNow(const FeedCursor& mark, std::size_t limit) {
  const MutexLock lock(mutex_);
  if (!(mark.incarnation == incarnation_)) return 0;
  std::size_t removed = 0;
  while (removed < limit && !changes_.empty() && pruned_to_ < mark.position.value) {
    changes_.pop_front();
    ++pruned_to_;
    ++removed;
  }
  return removed;
}

void MemoryStore::Read(std::vector<model::Key> keys, BootTime deadline,
                       Completion<Result<ReadAnswer>> done) {
  CHECK(keys.size() <= model::kMaxBatchItems);
  Run(reads_pending_, options_.reads_pending_max, deadline, std::move(done),
      [&] { return ReadNow(keys); });
}

void MemoryStore::Write(WriteOp op, BootTime deadline, Completion<Result<WriteAnswer>> done) {
  Run(writes_pending_, options_.writes_pending_max, deadline, std::move(done),
      [&] { return WriteNow(op); });
}

void MemoryStore::WriteAtomic(std::vector<WriteOp> ops, BootTime deadline,
                              Completion<Result<AtomicAnswer>> done) {
  CHECK(ops.size() <= model::kMaxBatchItems);
  Run(writes_pending_, options_.writes_pending_max, deadline, std::move(done),
      [&] { return WriteAllNow(ops); });
}

void MemoryStore::List(ListRequest request, BootTime deadline,
                       Completion<Result<ListAnswer>> done) {
  Run(reads_pending_, options_.reads_pending_max, deadline, std::move(done),
      [&] { return ListNow(request); });
}

void MemoryStore::Poll(std::optional<FeedCursor> cursor, BootTime deadline,
                       Completion<Result<FeedAnswer>> done) {
  Run(reads_pending_, options_.reads_pending_max, deadline, std::move(done),
      [&] { return PollNow(cursor); });
}

void MemoryStore::Collect(milliseconds retention, std::size_t limit,
                          Completion<Result<std::size_t>> done) {
  Run(writes_pending_, options_.writes_pending_max, kNever, std::move(done),
      [&] { return CollectNow(retention, limit); });
}

void MemoryStore::Prune(FeedCursor mark, std::size_t limit, Completion<Result<std::size_t>> done) {
  Run(writes_pending_, options_.writes_pending_max, kNever, std::move(done),
      [&] { return PruneNow(mark, limit); });
}

}  // namespace coolkit::store
