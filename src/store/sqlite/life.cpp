#include "store/sqlite/life.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/random.h"

namespace coolkit::store {
namespace {

// The schema's limit: base << 10 stays below 2^62 (the year 2112 in microseconds).
constexpr std::int64_t kBaseMax = 4503599627370495;

std::string RandomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t random = SystemSeed();
    std::memcpy(bytes.data() + at, &random, std::min(sizeof(random), size - at));
  }
  return bytes;
}

int HighestVersion(const Connection& connection, std::int64_t& version) {
  const int code = QueryInt(connection, "SELECT coalesce(max(version), 0) FROM entry", version);
  return code == SQLITE_EMPTY ? SQLITE_OK : code;
}

}  // namespace

DbTime DbNow(const Clock& clock) {
  return DbTime(std::chrono::duration_cast<microseconds>(clock.WallNow().time_since_epoch()));
}

std::int64_t RaisedBase(std::int64_t base, std::int64_t number, DbTime now) {
  return std::max(base, std::min(now.time_since_epoch().count() - number, kBaseMax));
}

int ReadLife(Statement& statement, Life& life) {
  const StatementScope scope(statement);
  const int code = statement.Step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
  life.incarnation.system_id = static_cast<std::uint64_t>(statement.Int(0));
  const std::string_view id = statement.Blob(1);
  if (id.size() != life.incarnation.id.size() || statement.IsNull(4)) return SQLITE_CORRUPT;
  std::memcpy(life.incarnation.id.data(), id.data(), id.size());
  life.incarnation.base = statement.Int(2);
  life.pruned_to = statement.Int(3);
  life.number = statement.Int(4);
  return SQLITE_OK;
}

int BeginLife(Connection& connection, const LifeBeginning& beginning, DbTime now) {
  Statement read;
  Life life;
  int code = read.Prepare(connection, kLifeSql);
  if (code == SQLITE_OK) code = ReadLife(read, life);
  std::int64_t highest = 0;
  if (code == SQLITE_OK && beginning.scan) code = HighestVersion(connection, highest);
  if (code != SQLITE_OK) return code;

  const std::int64_t lost = std::max<std::int64_t>(beginning.number_seen - life.number, 0);
  std::int64_t base = RaisedBase(life.incarnation.base + lost + 1, life.number, now);
  base = std::min(std::max(base, (highest >> 10) + 1 - life.number), kBaseMax);

  Statement update;
  code = update.Prepare(connection,
                        "UPDATE incarnation SET id = ?1, base = ?2, pruned_to = ?3, file = ?4, "
                        "system_id = CASE system_id WHEN 0 THEN ?5 ELSE system_id END");
  if (code != SQLITE_OK) return code;
  const std::string id = RandomBytes(life.incarnation.id.size());
  update.BindBlob(1, id);
  update.BindInt(2, base);
  update.BindInt(3, life.number);
  update.BindText(4, beginning.file);
  update.BindInt(5, static_cast<std::int64_t>(SystemSeed() >> 1) | 1);
  code = update.Run();
  Statement log;
  if (code == SQLITE_OK) {
    code = log.Prepare(connection,
                       "INSERT INTO incarnation_log (base, id, why, at) VALUES (?1, ?2, ?3, ?4)");
  }
  if (code != SQLITE_OK) return code;
  log.BindInt(1, base);
  log.BindBlob(2, id);
  log.BindText(3, beginning.why);
  log.BindInt(4, now.time_since_epoch().count());
  return log.Run();
}

}  // namespace coolkit::store
