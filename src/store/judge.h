// Why: whether a write may happen is decided from the row it finds by rules that must be the same
// in every store that judges outside of SQL. Pure; any thread.
#pragma once

#include <optional>

#include "base/time.h"
#include "model/condition.h"
#include "model/version.h"
#include "store/store.h"

namespace coolkit::store {

// What a write finds at its key. Tombstones, expired rows and no row at all are not live.
struct FoundRow {
  bool live = false;
  model::Version version;            // of a live row
  std::optional<DbTime> expires_at;  // of a live row
};

// Does the condition hold for what is there?
[[nodiscard]] bool Holds(const model::Condition& condition, const FoundRow& found);

// A delete of what is not live is kNotFound whatever its condition; else a condition that does not
// hold is kConditionFailed; else kWritten.
[[nodiscard]] WriteOutcome::Kind Judge(const WriteOp& op, const FoundRow& found);

// When a put at `now` expires; nothing: never.
[[nodiscard]] std::optional<DbTime> ExpiresAt(const Expiry& expiry, const FoundRow& found,
                                              DbTime now);

// Expired means: its end is not after `now` (R15: the database's clock decides).
[[nodiscard]] constexpr bool IsExpired(const std::optional<DbTime>& expires_at, DbTime now) {
  return expires_at && *expires_at <= now;
}

// What a listed row counts for in ListRequest::bytes_max; `value_bytes` is 0 without values.
[[nodiscard]] constexpr std::size_t ListedBytes(std::size_t key_bytes, std::size_t value_bytes) {
  return key_bytes + value_bytes;
}

// The version of every absence that a snapshot with this base and position shows: above all
// versions written so far, below all that are still to come.
[[nodiscard]] constexpr model::Version AbsentVersion(std::int64_t base, model::Position position) {
  return {((base + position.value + 1) << 10) - 1};
}

// The version that the change with this number gives to the row it wrote.
[[nodiscard]] constexpr model::Version VersionOf(std::int64_t base, std::int64_t number) {
  return {(base + number) << 10};
}

}  // namespace coolkit::store
