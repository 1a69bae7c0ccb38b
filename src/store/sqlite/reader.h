// Why: what SQLite is asked to read, as statements that are compiled once and share one snapshot.
// No threads, no queues. Results are SQLite's codes: failure.h.
// Not thread-safe: a reader belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "model/entry.h"
#include "model/key.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/life.h"
#include "store/store.h"

namespace coolkit::store {

class SqliteReader {
 public:
  // `clock` outlives the reader.
  explicit SqliteReader(const Clock& clock) : clock_(clock) {}

  // Takes an open connection and compiles the statements. SQLITE_OK, or the failure.
  [[nodiscard]] int Use(Connection connection);
  void Close();
  [[nodiscard]] Connection& connection() { return connection_; }

  // Opens a snapshot and says what it is; the local time is taken before, the database's after it
  // (R7, R15). End it, whatever the code.
  [[nodiscard]] int Begin();
  void End();
  [[nodiscard]] const Life& life() const { return life_; }
  [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }

  // These work in the snapshot.
  [[nodiscard]] int ReadKey(const model::Key& key, model::EntryPtr& entry);
  [[nodiscard]] int List(const ListRequest& request, ListAnswer& answer);
  // What changed after `cursor`; more than `changes_max` are given as collections.
  [[nodiscard]] int Changes(const std::optional<FeedCursor>& cursor, std::size_t changes_max,
                            FeedAnswer& answer);

 private:
  [[nodiscard]] int ChangedKeys(std::int64_t after, model::ChangeSet& changes);
  [[nodiscard]] int ChangedCollections(std::int64_t after, model::ChangeSet& changes);

  const Clock& clock_;
  Connection connection_;
  Statement begin_;
  Statement end_;
  Statement read_life_;
  Statement read_key_;
  Statement list_;
  Statement changed_keys_;
  Statement changed_collections_;
  Life life_;
  Snapshot snapshot_;
};

}  // namespace coolkit::store
