// What the statements of reads, polls, maintenance and recovery do.
#include <algorithm>

#include "sim/database.h"
#include "store/judge.h"

namespace coolkit::sim {
namespace {

Database::Row RowOf(const Commit* commit) {
  if (commit == nullptr || !commit->row) return {};
  return {true,          commit->version,    commit->present,
          commit->value, commit->expires_at, commit->modified_at,
          commit->xid};
}

}  // namespace

bool Database::IsLive(const Row& row, DbTime now) {
  return row.exists && row.present && !store::IsExpired(row.expires_at, now);
}

// The protocol counts microseconds against xids; there are far fewer of those here, so the units
// are coarser and a base is not always far away.
std::int64_t Database::BaseUnits(DbTime now) { return now.time_since_epoch().count() / 100; }

model::EntryPtr Database::Show(std::size_t key, const Row& row, Xid xmin) const {
  model::Entry::Fields fields;
  const model::Key& name = keys_.Name(key);
  fields.collection = name.collection;
  fields.key = name.key;
  fields.version = {((base_ + xmin) << 10) - 1};  // absent as of settled - 1
  if (row.exists) {
    fields.version = row.version;
    fields.modified_at = row.modified_at;
  }
  if (IsLive(row, Now())) {
    fields.present = true;
    fields.value = row.value;
    fields.expires_at = row.expires_at;
  }
  return model::Entry::Create(fields);
}

model::EntryPtr Database::Read(std::size_t key) const { return Show(key, rows_[key], Snap().xmin); }

model::EntryPtr Database::ReadOld(std::size_t key, model::Position position) const {
  return Show(key, RowOf(history_.At(key, life(), position)), position.value - 10);
}

store::FeedAnswer Database::Poll(const std::optional<store::FeedCursor>& cursor, BootTime sent_at,
                                 std::size_t changes_max) const {
  store::FeedAnswer answer;
  answer.snapshot = TakeSnapshot(sent_at);
  const PgSnapshot now = Snap();
  answer.next = {answer.snapshot.incarnation, answer.snapshot.position, Format(now)};
  if (!cursor || !(cursor->incarnation == answer.snapshot.incarnation)) {
    answer.gap = true;
    return answer;
  }
  const PgSnapshot since = Parse(cursor->snapshot);
  if (floor_ > since.xmin) {
    answer.gap = true;
    return answer;
  }
  for (const Change& change : changes_) {
    const bool wanted =
        rules_.feed_by_snapshot ? Unseen(since, change.xid) : change.xid >= since.xmax;
    if (!wanted) continue;
    const model::Key& name = keys_.Name(change.key);
    switch (change.kind) {
      case Change::Kind::kKey:
        answer.changes.keys.push_back({name, change.version});
        break;
      case Change::Kind::kCollection:
        answer.changes.collections.push_back(name.collection);
        break;
      case Change::Kind::kEverything:
        answer.changes.everything = true;
    }
  }
  if (answer.changes.keys.size() > changes_max) {
    for (const model::Change& change : answer.changes.keys) {
      answer.changes.collections.push_back(change.key.collection);
    }
    answer.changes.keys.clear();
  }
  return answer;
}

std::size_t Database::Collect(milliseconds retention, std::size_t limit) {
  const std::int64_t settled = (base_ + Snap().xmin) << 10;
  std::size_t removed = 0;
  for (std::size_t key = 0; key < rows_.size() && removed < limit; ++key) {
    Row& row = rows_[key];
    const bool dead = row.exists && row.expires_at && *row.expires_at < Now() - retention;
    const bool old =
        !rules_.collect_settled ||
        (rules_.collect_by_version ? row.version.value < settled : row.xid < Snap().xmin);
    if (!dead || !old || !IsFree(key, nullptr)) continue;
    row = Row{};
    ++removed;
  }
  return removed;
}

std::size_t Database::Prune(const store::FeedCursor& mark, std::size_t limit) {
  if (!(mark.incarnation == incarnations_.back())) return 0;
  const PgSnapshot seen = Parse(mark.snapshot);
  if (rules_.prune_raises_floor && rules_.prune_by_snapshot) floor_ = std::max(floor_, seen.xmin);
  std::size_t removed = 0;
  std::erase_if(changes_, [&](const Change& change) {
    const bool old = rules_.prune_by_snapshot ? change.xid < seen.xmin
                                              : change.inserted_at < Now() - milliseconds(50);
    if (!old || removed == limit) return false;
    ++removed;
    return true;
  });
  return removed;
}

void Database::Stop() {
  up_ = false;
  ++run_;
  for (const TransactionPtr& transaction : transactions_) {
    transaction->state = Transaction::State::kAborted;
  }
  transactions_.clear();
  running_.clear();
  latest_completed_ = next_xid_ - 1;
}

void Database::BeginLife(std::int64_t lost) {
  const PgSnapshot last = Snap();
  const model::Position kept{last.xmax - std::max<std::int64_t>(lost, 0)};
  const std::size_t next = incarnations_.size();
  history_.Lose(next, kept);
  // xids go on after the last one that is in the log: those of lost work are handed out again.
  Xid highest = 0;
  for (std::size_t key = 0; key < rows_.size(); ++key) {
    for (const sim::Commit& commit : history_.of(key)) {
      if (commit.lost_in > next) highest = std::max(highest, commit.xid);
    }
    rows_[key] = RowOf(history_.At(key, next, kept));
  }
  std::erase_if(changes_, [&](const Change& change) { return change.position > kept; });
  next_xid_ = std::max<Xid>(highest, 999) + 1;
  latest_completed_ = next_xid_ - 1;
  floor_ = next_xid_;
  model::Incarnation life = incarnations_.back();
  life.id[0] = static_cast<std::uint8_t>(next + 1);
  if (rules_.base_raised) {
    ++base_;  // a counter alone comes back with the copy, as the xids do
    if (rules_.base_by_clock) base_ = std::max(base_, BaseUnits(Now()) - next_xid_);
  }
  life.base = std::max(base_, life.base + 1);
  incarnations_.push_back(life);
  began_.push_back(scheduler_.now());
  up_ = true;
}

}  // namespace coolkit::sim
