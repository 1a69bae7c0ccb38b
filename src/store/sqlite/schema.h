// Why: the steps of migrate.h on an open connection, shared by `coolkit migrate` and by a store
// that starts or opens its file again. Not thread-safe: as the connection.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migrate.h"

namespace coolkit::store {

// The mark in the header of a database that is ours: "ckl1".
inline constexpr std::int64_t kSqliteApplicationId = 0x636b6c31;

// Waits for locks that others hold: calls `step` until it is not busy any more or the deadline has
// passed; the last code.
[[nodiscard]] int RetryWhileBusy(const Clock& clock, BootTime deadline,
                                 const std::function<int()>& step);

struct SchemaContext {
  Connection& connection;
  const std::string& path;  // for messages
  std::span<const SqliteMigration> migrations;
  const Clock& clock;
  BootTime deadline;
};

// All migrations as pending: the state of a database that does not exist yet.
[[nodiscard]] std::vector<MigrationState> PendingStates(
    std::span<const SqliteMigration> migrations);

// Is it a database of ours or an empty file, and may this release run on it? Errors as
// SqliteMigrationStatus.
[[nodiscard]] Result<std::vector<MigrationState>> ReadSchema(const SchemaContext& context);

// Applies what is pending; the state after it.
[[nodiscard]] Result<std::vector<MigrationState>> ApplySchema(const SchemaContext& context);

// Begins a new incarnation when the file is not the one that the present life belongs to: when it
// is new or a copy.
[[nodiscard]] Result<void> EnsureLife(const SchemaContext& context);

}  // namespace coolkit::store
