// Why: the schema changes over the years under databases that hold people's data, while many pods
// start at once and old and new releases run side by side. Each migration is numbered, applied once
// and remembered with a checksum; `compatible_from` says which releases may still run on what it
// leaves. Roles and grants are applied where the user may, and what was skipped is said.
//
// Thread safety: any thread, any process (an advisory lock orders them); blocking.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/migration_state.h"
#include "store/postgres/session.h"

namespace coolkit::store {

struct PostgresMigrationFile {
  int number = 0;
  std::string_view name;
  std::string_view sql;  // its first line is `-- compatible_from: N`
};

// All that this release knows, in order, numbered from 1.
[[nodiscard]] std::span<const PostgresMigrationFile> KnownPostgresMigrations();

struct PostgresMigrateOptions {
  std::string url;
  milliseconds connect_timeout{5000};
  Dialer* dialer = nullptr;  // of the URL; see PgSession::Reach
  std::span<const PostgresMigrationFile> migrations = KnownPostgresMigrations();
};

struct PostgresMigration {
  std::vector<MigrationState> states;
  std::vector<std::string> notes;  // what was skipped and why, each a sentence
  std::string script;              // of a plan: empty if nothing is pending
};

// What is applied and what is pending. Changes nothing, and needs no right but to read
// coolkit.migration. Errors: kInvalidRequest (the URL), kDatabaseUnavailable, kStorageError (a
// migration that was changed, a database whose compatible_from is above what this release knows, a
// missing privilege).
[[nodiscard]] Result<PostgresMigration> PostgresMigrationStatus(
    const PostgresMigrateOptions& options);

[[nodiscard]] Result<PostgresMigration> PostgresMigrationStatus(PgSession& session);

// The same, with the SQL that MigratePostgres would run: psql makes the same of it.
[[nodiscard]] Result<PostgresMigration> PostgresMigrationPlan(
    const PostgresMigrateOptions& options);

// Applies what is pending, all of it in one transaction, and creates roles and grants where the
// user may, also when nothing is pending. Who may change nothing only reads.
[[nodiscard]] Result<PostgresMigration> MigratePostgres(const PostgresMigrateOptions& options);

// What a service does at its start: with nothing pending it only reads.
[[nodiscard]] Result<void> MigratePendingPostgres(PgSession& session);

// After data were put back by hand: begins a new incarnation above all versions in the table. Needs
// the owner of the schema.
[[nodiscard]] Result<void> PostgresAfterRestore(const PostgresMigrateOptions& options);

// A new secret for the pods to prove themselves with; the one before stays good, older ones do not.
// The answer is its number. Needs the owner of the schema.
[[nodiscard]] Result<int> PostgresRotateRingKey(const PostgresMigrateOptions& options);

}  // namespace coolkit::store
