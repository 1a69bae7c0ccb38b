// Why: PostgreSQL as the protocol sees it, small enough to run a hundred thousand times:
// transactions that commit in any order, snapshots, row locks, versions and their base, the change
// table, tombstones, crashes and failovers. Every call is one instant of the server; what takes
// time is made of several calls (store.cpp, outsiders.cpp). Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/database_rules.h"
#include "sim/history.h"
#include "sim/keyspace.h"
#include "sim/scheduler.h"
#include "store/store.h"

namespace coolkit::sim {

using Xid = std::int64_t;

class Database {
 public:
  struct Row {
    bool exists = false;
    model::Version version;
    bool present = false;  // false: a tombstone
    std::string value;
    std::optional<DbTime> expires_at;  // of a tombstone: when it was deleted
    DbTime modified_at{};
    Xid xid = 0;
  };
  struct Change {
    enum class Kind : std::uint8_t { kKey, kCollection, kEverything };
    Kind kind = Kind::kKey;
    Xid xid = 0;
    std::size_t key = 0;  // or one of the collection
    model::Version version;
    DbTime inserted_at{};
    model::Position position;  // once committed
  };
  struct Transaction {
    enum class State : std::uint8_t { kRunning, kCommitted, kAborted };
    Xid xid = 0;
    std::size_t life = 0;
    State state = State::kRunning;
    int place = 0;  // of the next write in its batch
    std::vector<std::pair<std::size_t, Row>> writes;
    std::vector<Change> changes;
    [[nodiscard]] bool running() const { return state == State::kRunning; }
  };
  using TransactionPtr = std::shared_ptr<Transaction>;

  Database(Scheduler& scheduler, const Keyspace& keys, const DatabaseRules& rules);

  [[nodiscard]] DbTime Now() const;
  [[nodiscard]] bool up() const { return up_; }
  // Changes whenever the server stops: connections do not outlive that.
  [[nodiscard]] std::uint64_t run() const { return run_; }
  [[nodiscard]] std::size_t life() const { return incarnations_.size() - 1; }
  [[nodiscard]] std::size_t LifeOf(const model::Incarnation& incarnation) const {
    return incarnation.id[0] - 1u;
  }
  [[nodiscard]] BootTime life_began(std::size_t life) const { return began_[life]; }
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const DatabaseRules& rules() const { return rules_; }
  // R13, R14: a version that did not grow.
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }

  // Takes an xid. A subtransaction may take another one that nobody sees.
  [[nodiscard]] TransactionPtr Begin();
  [[nodiscard]] bool IsFree(std::size_t key, const Transaction* besides) const;
  // Judges and writes one row of a transaction to which the row is free.
  store::WriteOutcome Write(Transaction& transaction, const store::WriteOp& op);
  // Plain SQL: a statement whose change rows name collections only.
  void NameCollections(Transaction& transaction);
  // Only if nobody has written and not ended. False: not now.
  bool Truncate();
  void Commit(Transaction& transaction);
  void Abort(Transaction& transaction);

  // Of a statement without an xid of its own; `own`: of one inside this transaction (R19 broken).
  [[nodiscard]] store::Snapshot TakeSnapshot(BootTime sent_at,
                                             const Transaction* own = nullptr) const;
  [[nodiscard]] model::EntryPtr Read(std::size_t key) const;
  // As a snapshot saw it that was taken some commits ago (R11 broken).
  [[nodiscard]] model::EntryPtr ReadOld(std::size_t key, model::Position position) const;
  [[nodiscard]] store::FeedAnswer Poll(const std::optional<store::FeedCursor>& cursor,
                                       BootTime sent_at, std::size_t changes_max) const;
  std::size_t Collect(milliseconds retention, std::size_t limit);
  std::size_t Prune(const store::FeedCursor& mark, std::size_t limit);

  // The server stops at once; its transactions are gone. Then a new life begins, which lacks the
  // last `lost` positions (a failover), with some xids handed out again; or the same one goes on.
  void Stop();
  void BeginLife(std::int64_t lost);
  // The same life goes on: a clean restart.
  void Resume() { up_ = true; }

 private:
  struct PgSnapshot {
    Xid xmin = 0;
    Xid xmax = 0;
    std::vector<Xid> xip;
  };
  [[nodiscard]] static bool IsLive(const Row& row, DbTime now);
  [[nodiscard]] static std::int64_t BaseUnits(DbTime now);
  // `xmin` of the snapshot: where there is no row.
  [[nodiscard]] model::EntryPtr Show(std::size_t key, const Row& row, Xid xmin) const;
  [[nodiscard]] PgSnapshot Snap() const;
  [[nodiscard]] model::Position PositionOf(const PgSnapshot& snapshot) const;
  [[nodiscard]] static std::string Format(const PgSnapshot& snapshot);
  [[nodiscard]] static PgSnapshot Parse(const std::string& text);
  [[nodiscard]] static bool Unseen(const PgSnapshot& since, Xid xid);
  [[nodiscard]] const Row& Found(const Transaction& transaction, std::size_t key) const;
  // Its reference to itself, which may be the last one.
  TransactionPtr End(Transaction& transaction);
  void Record(std::size_t key, const Row& row, Xid xid, model::Position position);
  void RaiseBaseForTruncate();
  void Violated(const std::string& what) {
    if (!violation_) violation_ = what;
  }

  Scheduler& scheduler_;
  const Keyspace& keys_;
  const DatabaseRules rules_;
  History history_;
  bool up_ = true;
  std::uint64_t run_ = 0;
  std::int64_t base_ = 0;
  std::vector<model::Incarnation> incarnations_;
  std::vector<BootTime> began_;
  Xid next_xid_ = 1000;
  Xid latest_completed_ = 999;
  std::set<Xid> running_;
  std::vector<TransactionPtr> transactions_;  // running
  std::vector<Row> rows_;
  std::vector<Change> changes_;
  Xid floor_ = 0;  // change rows below may be gone
  std::optional<std::string> violation_;
};

}  // namespace coolkit::sim
