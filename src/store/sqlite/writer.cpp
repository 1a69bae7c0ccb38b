#include "store/sqlite/writer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace coolkit::store {
namespace {

constexpr std::string_view kFindSql =
    "SELECT rowid, version, value IS NOT NULL, expires_at "
    "FROM entry WHERE collection = ?1 AND key = ?2";
constexpr std::string_view kInsertSql =
    "INSERT INTO entry (version, modified_at, expires_at, content_type, value, collection, key) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
constexpr std::string_view kUpdateSql =
    "UPDATE entry SET version = ?1, modified_at = ?2, expires_at = ?3, content_type = ?4, "
    "value = ?5 WHERE rowid = ?6";
constexpr std::string_view kRaiseBaseSql = "UPDATE incarnation SET base = ?1";
// The collector's condition of R13: every write to come gets a version above ?2.
constexpr std::string_view kCollectSql =
    "DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE expires_at < ?1 "
    "AND version <= ?2 ORDER BY expires_at LIMIT ?3)";
constexpr std::string_view kRaiseFloorSql =
    "UPDATE incarnation SET pruned_to = ?1 WHERE pruned_to < ?1";
constexpr std::string_view kPruneSql =
    "DELETE FROM change WHERE number IN (SELECT number FROM change WHERE number <= ?1 "
    "AND number < ?2 ORDER BY number LIMIT ?3)";

constexpr std::string_view kDefaultType = "application/octet-stream";

// A write changes its row and inserts its change row.
constexpr std::int64_t kRowsPerWrite = 2;

int RememberLogPages(void* pages, sqlite3* /*db*/, const char* /*name*/, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

int SqliteWriter::Use(Connection connection) {
  Close();
  connection_ = std::move(connection);
  const std::array<std::pair<Statement*, std::string_view>, 10> statements{{
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&read_life_, kLifeSql},
      {&find_, kFindSql},
      {&insert_, kInsertSql},
      {&update_, kUpdateSql},
      {&raise_base_, kRaiseBaseSql},
      {&collect_, kCollectSql},
      {&raise_floor_, kRaiseFloorSql},
      {&prune_, kPruneSql},
  }};
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement->Prepare(connection_, sql); code != SQLITE_OK) return code;
  }
  sqlite3_wal_hook(connection_.get(), &RememberLogPages, &log_pages_);
  return SQLITE_OK;
}

void SqliteWriter::Close() {
  for (Statement* statement : {&begin_, &commit_, &read_life_, &find_, &insert_, &update_,
                               &raise_base_, &collect_, &raise_floor_, &prune_}) {
    *statement = Statement();
  }
  connection_.Close();
  base_raised_ = false;
}

int SqliteWriter::Begin() {
  base_raising_ = false;
  snapshot_.sent_at = clock_.Now();
  int code = begin_.Run();
  if (code == SQLITE_OK) code = ReadLife(read_life_, life_);
  snapshot_.db_now = DbNow(clock_);
  return code;
}

int SqliteWriter::Commit() {
  const int code = commit_.Run();
  if (code == SQLITE_OK && base_raising_) base_raised_ = true;
  return code;
}

void SqliteWriter::Rollback() { connection_.Rollback(); }

Snapshot SqliteWriter::snapshot() const {
  Snapshot snapshot = snapshot_;
  snapshot.incarnation = life_.incarnation;
  snapshot.position = life_.position();
  return snapshot;
}

int SqliteWriter::Find(const model::Key& key, Found& found) {
  find_.BindText(1, key.collection);
  find_.BindText(2, key.key);
  const StatementScope scope(find_);
  const int code = find_.Step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
  found.exists = true;
  found.row_id = find_.Int(0);
  found.version = find_.Int(1);
  const std::optional<DbTime> expires_at = find_.OptionalTime(3);
  if (find_.Int(2) != 0 && !IsExpired(expires_at, snapshot_.db_now)) {
    found.row = {true, {found.version}, expires_at};
  }
  return SQLITE_OK;
}

int SqliteWriter::RaiseBase() {
  if (base_raised_ || base_raising_) return SQLITE_OK;
  const std::int64_t base = RaisedBase(life_.incarnation.base, life_.number, snapshot_.db_now);
  if (base != life_.incarnation.base) {
    raise_base_.BindInt(1, base);
    if (const int code = raise_base_.Run(); code != SQLITE_OK) return code;
    life_.incarnation.base = base;
  }
  base_raising_ = true;
  return SQLITE_OK;
}

int SqliteWriter::WriteRow(const WriteOp& op, const Found& found, const WriteOutcome& outcome) {
  Statement& write = found.exists ? update_ : insert_;
  const bool put = op.kind == WriteOp::Kind::kPut;
  write.BindInt(1, outcome.version.value);
  write.BindTime(2, outcome.modified_at);
  write.BindTime(3, put ? outcome.expires_at : outcome.modified_at);
  if (put && !op.content_type.empty() && op.content_type != kDefaultType) {
    write.BindText(4, op.content_type);
  } else {
    write.BindNull(4);
  }
  if (put) {
    write.BindBlob(5, *op.value);
  } else {
    write.BindNull(5);
  }
  if (found.exists) {
    write.BindInt(6, found.row_id);
  } else {
    write.BindText(6, op.key.collection);
    write.BindText(7, op.key.key);
  }
  return write.Run();
}

int SqliteWriter::Apply(const WriteOp& op, WriteOutcome& outcome) {
  Found found;
  if (const int code = Find(op.key, found); code != SQLITE_OK) return code;
  outcome.kind = Judge(op, found.row);
  if (outcome.kind != WriteOutcome::Kind::kWritten) return SQLITE_OK;
  if (const int code = RaiseBase(); code != SQLITE_OK) return code;

  const std::int64_t next = VersionOf(life_.incarnation.base, life_.number + 1).value;
  outcome.version = {std::max(found.version + 1, next)};
  outcome.modified_at = snapshot_.db_now;
  if (op.kind == WriteOp::Kind::kPut) {
    outcome.created = !found.row.live;
    outcome.expires_at = ExpiresAt(op.expiry, found.row, snapshot_.db_now);
  }
  const std::int64_t rows_before = sqlite3_total_changes64(connection_.get());
  const int code = WriteRow(op, found, outcome);
  if (code != SQLITE_OK) return code;
  if (sqlite3_total_changes64(connection_.get()) - rows_before != kRowsPerWrite) {
    return LookAgain(op.key, outcome);
  }
  ++life_.number;
  return SQLITE_OK;
}

int SqliteWriter::LookAgain(const model::Key& key, WriteOutcome& outcome) {
  Found found;
  int code = Find(key, found);
  if (code != SQLITE_OK) return code;
  if (found.exists) outcome.version = {found.version};
  return ReadLife(read_life_, life_);
}

int SqliteWriter::BeginNewLife(std::int64_t number_seen, std::string_view file) {
  LifeBeginning beginning;
  beginning.why = "went back";
  beginning.file = file;
  beginning.number_seen = number_seen;
  const int code = BeginLife(connection_, beginning, snapshot_.db_now);
  return code == SQLITE_OK ? ReadLife(read_life_, life_) : code;
}

int SqliteWriter::Collect(milliseconds retention, std::size_t limit, std::size_t& removed) {
  collect_.BindTime(1, snapshot_.db_now - retention);
  collect_.BindInt(2, AbsentVersion(life_.incarnation.base, life_.position()).value);
  collect_.BindInt(3, static_cast<std::int64_t>(limit));
  const int code = collect_.Run();
  if (code != SQLITE_OK) return code;
  removed = static_cast<std::size_t>(sqlite3_changes64(connection_.get()));
  // A row that was touched meanwhile by people's triggers may have left a change row.
  return ReadLife(read_life_, life_);
}

int SqliteWriter::Prune(const FeedCursor& mark, std::size_t limit, std::size_t& removed) {
  if (!(mark.incarnation == life_.incarnation)) return SQLITE_OK;
  const std::int64_t floor = std::min(mark.position.value, life_.number);
  // The floor first: a cursor below it is refused before it can miss anything (R16).
  raise_floor_.BindInt(1, floor);
  if (const int code = raise_floor_.Run(); code != SQLITE_OK) return code;
  prune_.BindInt(1, floor);
  prune_.BindInt(2, life_.number);
  prune_.BindInt(3, static_cast<std::int64_t>(limit));
  const int code = prune_.Run();
  if (code == SQLITE_OK) {
    removed = static_cast<std::size_t>(sqlite3_changes64(connection_.get()));
  }
  return code;
}

}  // namespace coolkit::store
