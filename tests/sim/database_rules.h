// Why: what PostgreSQL, the schema and the store's statements keep can be broken here, one rule at
// a time, to see that the checker would notice (docs/correctness.md). Values.
#pragma once

namespace coolkit::sim {

// Each is kept unless a test breaks it.
struct DatabaseRules {
  bool position_is_size = true;       // position = xmax - |xip|, not xmax
  bool position_outside = true;       // R19: no snapshot of a transaction that has an id
  bool position_after_commit = true;  // R10: a write's position is from after its COMMIT
  bool feed_by_snapshot = true;       // a poll's difference: xid >= xmax or in xip, not > the last
  bool change_has_top_xid = true;     // R19: not the subtransaction's
  bool delete_leaves_tombstone = true;  // R13: plain SQL too
  bool collect_settled = true;          // R13: not until older transactions have ended
  bool collect_by_version = true;       // R13: the version tells, not the xid
  bool versions_grow_by_row = true;     // R13: greatest(old + 1, ...)
  bool base_raised = true;              // R14: by a new life
  bool base_by_clock = true;            // R14: not a counter that the backup has, too
  bool truncate_raises_base = true;     // R13
  bool truncate_flushes = true;         // the feed says that everything changed
  bool prune_by_snapshot = true;        // R16: not by age
  bool prune_raises_floor = true;       // R16
  bool reads_on_primary = true;         // R11: not from an older snapshot
  bool batch_closed_when_sent = true;   // R11: no key joins a statement under way
  bool write_not_repeated = true;       // R18: an unknown outcome is not tried again by the store
};

}  // namespace coolkit::sim
