#include "sim/database.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "store/judge.h"

namespace coolkit::sim {
Database::Database(Scheduler& scheduler, const Keyspace& keys, const DatabaseRules& rules)
    : scheduler_(scheduler), keys_(keys), rules_(rules), history_(keys.size()), rows_(keys.size()) {
  base_ = BaseUnits(Now()) - next_xid_;
  incarnations_.emplace_back();
  incarnations_.back().id[0] = 1;
  incarnations_.back().base = base_;
  began_.push_back(kMinusInfinity);
}

DbTime Database::Now() const {
  return DbTime(microseconds(1'700'000'000'000'000) +
                std::chrono::duration_cast<microseconds>(scheduler_.now().time_since_epoch()));
}

// ---------------------------------------------------------------------------- snapshots

Database::PgSnapshot Database::Snap() const {
  PgSnapshot snapshot;
  snapshot.xmax = latest_completed_ + 1;
  for (const Xid xid : running_) {
    if (xid < snapshot.xmax) snapshot.xip.push_back(xid);
  }
  snapshot.xmin = running_.empty() ? snapshot.xmax : std::min(*running_.begin(), snapshot.xmax);
  return snapshot;
}

model::Position Database::PositionOf(const PgSnapshot& snapshot) const {
  const auto running = static_cast<std::int64_t>(snapshot.xip.size());
  return {snapshot.xmax - (rules_.position_is_size ? running : 0)};
}

store::Snapshot Database::TakeSnapshot(BootTime sent_at, const Transaction* own) const {
  PgSnapshot snapshot = Snap();
  if (own != nullptr) std::erase(snapshot.xip, own->xid);
  model::Incarnation incarnation = incarnations_.back();
  incarnation.base = base_;
  return {incarnation, PositionOf(snapshot), Now(), sent_at};
}

std::string Database::Format(const PgSnapshot& snapshot) {
  std::string text = std::to_string(snapshot.xmin);
  text.append(":").append(std::to_string(snapshot.xmax)).append(":");
  for (const Xid xid : snapshot.xip) text.append(std::to_string(xid)).append(",");
  return text;
}

Database::PgSnapshot Database::Parse(const std::string& text) {
  PgSnapshot snapshot;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto number = [&] {
    Xid xid = 0;
    at = std::from_chars(at, end, xid).ptr + 1;
    return xid;
  };
  snapshot.xmin = number();
  snapshot.xmax = number();
  while (at < end) snapshot.xip.push_back(number());
  return snapshot;
}

bool Database::Unseen(const PgSnapshot& since, Xid xid) {
  return xid >= since.xmax || std::ranges::find(since.xip, xid) != since.xip.end();
}

// ---------------------------------------------------------------------------- transactions

Database::TransactionPtr Database::Begin() {
  auto transaction = std::make_shared<Transaction>();
  transaction->xid = next_xid_++;
  transaction->life = life();
  running_.insert(transaction->xid);
  transactions_.push_back(transaction);
  if (scheduler_.random().Below(8) == 0) next_xid_ += 2;  // subtransactions, other databases
  return transaction;
}

bool Database::IsFree(std::size_t key, const Transaction* besides) const {
  return std::ranges::none_of(transactions_, [&](const TransactionPtr& other) {
    return other.get() != besides && std::ranges::any_of(other->writes, [&](const auto& write) {
             return write.first == key;
           });
  });
}

const Database::Row& Database::Found(const Transaction& transaction, std::size_t key) const {
  for (auto it = transaction.writes.rbegin(); it != transaction.writes.rend(); ++it) {
    if (it->first == key) return it->second;
  }
  return rows_[key];
}

store::WriteOutcome Database::Write(Transaction& transaction, const store::WriteOp& op) {
  const DbTime now = Now();
  const std::size_t key = keys_.NumberOf(op.key);
  const Row& old = Found(transaction, key);
  store::FoundRow found;
  if (IsLive(old, now)) found = {true, old.version, old.expires_at};
  store::WriteOutcome outcome;
  outcome.kind = store::Judge(op, found);
  const int place = ++transaction.place;
  if (outcome.kind != store::WriteOutcome::Kind::kWritten) return outcome;
  Row row;
  row.exists = true;
  row.version = {((base_ + transaction.xid) << 10) | place};
  if (old.exists && rules_.versions_grow_by_row) {
    row.version = std::max(row.version, model::Version{old.version.value + 1});
  }
  row.present = op.kind == store::WriteOp::Kind::kPut;
  row.modified_at = now;
  row.xid = transaction.xid;
  row.expires_at = now;
  if (row.present) {
    row.value = *op.value;
    row.expires_at = store::ExpiresAt(op.expiry, found, now);
  } else if (!rules_.delete_leaves_tombstone) {
    row.exists = false;
  }
  outcome.version = row.version;
  outcome.created = row.present && !found.live;
  outcome.modified_at = now;
  if (row.present) outcome.expires_at = row.expires_at;
  const Xid named = rules_.change_has_top_xid ? transaction.xid : next_xid_++;
  transaction.changes.push_back({Change::Kind::kKey, named, key, row.version, now, {}});
  transaction.writes.emplace_back(key, std::move(row));
  return outcome;
}

void Database::NameCollections(Transaction& transaction) {
  for (Change& change : transaction.changes) change.kind = Change::Kind::kCollection;
}

void Database::Record(std::size_t key, const Row& row, Xid xid, model::Position position) {
  sim::Commit commit;
  commit.version = row.version;
  commit.present = row.present;
  commit.row = row.exists;
  commit.value = row.value;
  commit.expires_at = row.expires_at;
  commit.modified_at = row.modified_at;
  commit.xid = xid;
  commit.life = life();
  commit.position = position;
  commit.at = scheduler_.now();
  if (!history_.Add(key, std::move(commit))) Violated("R13: a version did not grow");
}

Database::TransactionPtr Database::End(Transaction& transaction) {
  running_.erase(transaction.xid);
  latest_completed_ = std::max(latest_completed_, transaction.xid);
  const auto at = std::ranges::find_if(
      transactions_, [&](const TransactionPtr& other) { return other.get() == &transaction; });
  TransactionPtr ended = std::move(*at);
  transactions_.erase(at);
  return ended;
}

void Database::Commit(Transaction& transaction) {
  if (!transaction.running()) return;
  transaction.state = Transaction::State::kCommitted;
  const TransactionPtr ended = End(transaction);
  const PgSnapshot now = Snap();
  const model::Position position{now.xmax - static_cast<std::int64_t>(now.xip.size())};
  for (auto& [key, row] : transaction.writes) {
    Record(key, row, transaction.xid, position);
    rows_[key] = row;
  }
  for (Change& change : transaction.changes) {
    change.position = position;
    changes_.push_back(change);
  }
}

void Database::Abort(Transaction& transaction) {
  if (!transaction.running()) return;
  transaction.state = Transaction::State::kAborted;
  const TransactionPtr ended = End(transaction);
}

bool Database::Truncate() {
  const bool written = std::ranges::any_of(
      transactions_, [](const TransactionPtr& other) { return !other->writes.empty(); });
  if (written) return false;
  const TransactionPtr transaction = Begin();
  if (rules_.truncate_raises_base) RaiseBaseForTruncate();
  End(*transaction);
  transaction->state = Transaction::State::kCommitted;
  const PgSnapshot now = Snap();
  const model::Position position{now.xmax - static_cast<std::int64_t>(now.xip.size())};
  // Absent as of every snapshot from here on.
  const model::Version absent{((base_ + now.xmin) << 10) - 1};
  for (std::size_t key = 0; key < rows_.size(); ++key) {
    const bool existed = rows_[key].exists;
    rows_[key] = Row{};
    if (!existed) continue;
    Row gone;
    gone.version = absent;
    Record(key, gone, transaction->xid, position);
  }
  if (rules_.truncate_flushes) {
    changes_.push_back({Change::Kind::kEverything, transaction->xid, 0, {}, Now(), position});
  }
  return true;
}

void Database::RaiseBaseForTruncate() {
  std::int64_t highest = 0;
  for (std::size_t key = 0; key < rows_.size(); ++key) {
    for (const sim::Commit& commit : history_.of(key)) {
      highest = std::max(highest, commit.version.value >> 10);
    }
  }
  base_ = std::max({base_ + 1, BaseUnits(Now()) - Snap().xmin, highest + 1 - Snap().xmin});
}

}  // namespace coolkit::sim
