#include "store/sqlite/reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/limits.h"
#include "store/judge.h"

namespace coolkit::store {
namespace {

constexpr std::string_view kReadKeySql =
    "SELECT version, modified_at, expires_at, content_type, value "
    "FROM entry WHERE collection = ?1 AND key = ?2";
// ?3 is a text, or a blob for "no end": SQLite sorts every blob after every text.
constexpr std::string_view kListSql =
    "SELECT key, version, modified_at, expires_at, content_type, length(value), "
    "CASE WHEN ?5 THEN value END "
    "FROM entry WHERE collection = ?1 AND key >= ?2 AND key < ?3 AND value IS NOT NULL "
    "AND (expires_at IS NULL OR expires_at > ?4) ORDER BY key LIMIT ?6";
constexpr std::string_view kChangedKeysSql =
    "SELECT version, collection, key FROM change WHERE number > ?1 ORDER BY number";
constexpr std::string_view kChangedCollectionsSql =
    "SELECT DISTINCT collection FROM change WHERE number > ?1";

// People may write rows with plain SQL, and constraints can be switched off: a type that could
// not be a header field is as good as none.
std::string_view SafeContentType(std::string_view type) {
  const bool printable =
      std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable && type.size() <= model::kMaxContentTypeBytes ? type : std::string_view();
}

}  // namespace

int SqliteReader::Use(Connection connection) {
  Close();
  connection_ = std::move(connection);
  const std::array<std::pair<Statement*, std::string_view>, 7> statements{{
      {&begin_, "BEGIN"},
      {&end_, "COMMIT"},
      {&read_life_, kLifeSql},
      {&read_key_, kReadKeySql},
      {&list_, kListSql},
      {&changed_keys_, kChangedKeysSql},
      {&changed_collections_, kChangedCollectionsSql},
  }};
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement->Prepare(connection_, sql); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

void SqliteReader::Close() {
  for (Statement* statement :
       {&begin_, &end_, &read_life_, &read_key_, &list_, &changed_keys_, &changed_collections_}) {
    *statement = Statement();
  }
  connection_.Close();
}

int SqliteReader::Begin() {
  snapshot_.sent_at = clock_.Now();
  int code = begin_.Run();
  if (code == SQLITE_OK) code = ReadLife(read_life_, life_);
  snapshot_.incarnation = life_.incarnation;
  snapshot_.position = life_.position();
  snapshot_.db_now = DbNow(clock_);
  return code;
}

void SqliteReader::End() {
  if (!connection_.is_open() || !connection_.InTransaction()) return;
  if (end_.Run() != SQLITE_OK) connection_.Rollback();
}

int SqliteReader::ReadKey(const model::Key& key, model::EntryPtr& entry) {
  read_key_.BindText(1, key.collection);
  read_key_.BindText(2, key.key);
  const StatementScope scope(read_key_);
  const int code = read_key_.Step();
  model::Entry::Fields fields;
  fields.collection = key.collection;
  fields.key = key.key;
  if (code == SQLITE_DONE) {
    fields.version = AbsentVersion(life_.incarnation.base, life_.position());
    entry = model::Entry::Create(fields);
    return SQLITE_OK;
  }
  if (code != SQLITE_ROW) return code;
  fields.version = {read_key_.Int(0)};
  fields.modified_at = read_key_.Time(1);
  const std::optional<DbTime> expires_at = read_key_.OptionalTime(2);
  if (!read_key_.IsNull(4) && !IsExpired(expires_at, snapshot_.db_now)) {
    fields.present = true;
    fields.expires_at = expires_at;
    fields.content_type = SafeContentType(read_key_.Text(3));
    fields.value = read_key_.Blob(4);
  }
  entry = model::Entry::Create(fields);
  // A value that SQLite could not get memory for looks empty; the step before said it is there.
  return fields.present && sqlite3_errcode(connection_.get()) == SQLITE_NOMEM ? SQLITE_NOMEM
                                                                              : SQLITE_OK;
}

int SqliteReader::List(const ListRequest& request, ListAnswer& answer) {
  list_.BindText(1, request.collection);
  list_.BindText(2, request.from);
  if (request.below.empty()) {
    list_.BindBlob(3, {});
  } else {
    list_.BindText(3, request.below);
  }
  list_.BindTime(4, snapshot_.db_now);
  list_.BindInt(5, request.with_values ? 1 : 0);
  list_.BindInt(6, -1);  // no limit: rows that are left out must not end the page
  const StatementScope scope(list_);
  std::size_t bytes = 0;
  int code = SQLITE_DONE;
  while ((code = list_.Step()) == SQLITE_ROW) {
    model::Entry::Fields fields;
    fields.collection = request.collection;
    fields.key = list_.Text(0);
    if (!model::ValidateKey(fields.key)) continue;  // plain SQL's: no request can name it
    const auto value_bytes = static_cast<std::uint64_t>(list_.Int(5));
    bytes += ListedBytes(fields.key.size(), request.with_values ? value_bytes : 0);
    if (answer.rows.size() == request.limit ||
        (!answer.rows.empty() && bytes > request.bytes_max)) {
      answer.more = true;
      return SQLITE_OK;
    }
    fields.present = true;
    fields.version = {list_.Int(1)};
    fields.modified_at = list_.Time(2);
    fields.expires_at = list_.OptionalTime(3);
    fields.content_type = SafeContentType(list_.Text(4));
    if (request.with_values) fields.value = list_.Blob(6);
    answer.rows.push_back({model::Entry::Create(fields), value_bytes});
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int SqliteReader::Changes(const std::optional<FeedCursor>& cursor, std::size_t changes_max,
                          FeedAnswer& answer) {
  answer.next = {life_.incarnation, life_.position(), {}};
  if (!cursor || !(cursor->incarnation == life_.incarnation) ||
      cursor->position.value < life_.pruned_to || cursor->position > life_.position()) {
    answer.gap = true;
    return SQLITE_OK;
  }
  const std::int64_t after = cursor->position.value;
  if (after == life_.number) return SQLITE_OK;
  // Numbers without a gap: the difference is the number of rows.
  if (static_cast<std::uint64_t>(life_.number - after) > changes_max) {
    return ChangedCollections(after, answer.changes);
  }
  answer.changes.keys.reserve(static_cast<std::size_t>(life_.number - after));
  return ChangedKeys(after, answer.changes);
}

int SqliteReader::ChangedKeys(std::int64_t after, model::ChangeSet& changes) {
  changed_keys_.BindInt(1, after);
  const StatementScope scope(changed_keys_);
  int code = SQLITE_DONE;
  while ((code = changed_keys_.Step()) == SQLITE_ROW) {
    if (changed_keys_.IsNull(1)) {
      changes.everything = true;
    } else if (changed_keys_.IsNull(2)) {
      changes.collections.emplace_back(changed_keys_.Text(1));
    } else {
      changes.keys.push_back(
          {model::Key(std::string(changed_keys_.Text(1)), std::string(changed_keys_.Text(2))),
           {changed_keys_.Int(0)}});
    }
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int SqliteReader::ChangedCollections(std::int64_t after, model::ChangeSet& changes) {
  changed_collections_.BindInt(1, after);
  const StatementScope scope(changed_collections_);
  int code = SQLITE_DONE;
  while ((code = changed_collections_.Step()) == SQLITE_ROW) {
    if (changed_collections_.IsNull(0)) {
      changes.everything = true;
    } else {
      changes.collections.emplace_back(changed_collections_.Text(0));
    }
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace coolkit::store
