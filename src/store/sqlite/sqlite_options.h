// Why: the limits of the SQLite store in one place; the composition root fills them. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/time.h"
#include "store/sqlite/migrate.h"

namespace coolkit::store {

struct SqliteOptions {
  std::string path;
  std::string vfs;      // empty: SQLite's default; for tests
  bool migrate = true;  // apply pending migrations at the start; else they are an error
  milliseconds start_timeout{5000};  // for locks that others hold while the store starts

  int reader_threads = 2;
  std::size_t reads_queued_max = 4096;   // reads, lists and polls; beyond: kOverloaded
  std::size_t keys_per_read_max = 1000;  // keys that share one statement

  std::size_t writes_queued_max = 4096;            // beyond: kOverloaded
  std::size_t write_bytes_queued_max = 64u << 20;  // values; beyond: kOverloaded
  std::size_t rows_per_commit_max = 64;
  std::size_t bytes_per_commit_max = 1u << 20;  // a larger value is committed alone

  std::size_t changes_per_poll_max = 100'000;  // beyond: collections instead of keys

  // A lock that another process holds for longer makes what waits for it kDatabaseUnavailable.
  milliseconds lock_wait_max{5000};
  milliseconds reopen_pause{100};   // between attempts to open a file that could not be opened
  milliseconds sweep_interval{20};  // how exactly deadlines of waiting operations are kept

  int reader_cache_kib = 4096;  // of SQLite's page cache, per connection
  int writer_cache_kib = 8192;
  // Of the write-ahead log, from which on it is emptied. Below the 1,000 at which other programs
  // do it themselves, beside our commits (log_keeper.h says why that is to be avoided).
  int checkpoint_pages = 800;
  std::uint64_t log_bytes_max = 1u << 30;  // beyond, writes are refused: somebody keeps a snapshot

  std::span<const SqliteMigration> migrations = KnownSqliteMigrations();
};

}  // namespace coolkit::store
