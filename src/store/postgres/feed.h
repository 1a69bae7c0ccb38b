// Why: the feed by snapshot difference, and the maintenance behind it: pruning by a remembered
// snapshot (R16) and collecting dead rows (R13). Everything belongs to the store's loop.
#pragma once

#include "store/postgres/feed_rows.h"
#include "store/postgres/pending.h"
#include "store/postgres/shared.h"

namespace coolkit::store {

class Feed {
 public:
  explicit Feed(PgShared& shared) : shared_(shared) {}

  net::Task<void> Poll(PgPoll poll);
  net::Task<void> Collect(PgCollect collect);
  net::Task<void> Prune(PgPrune prune);

 private:
  net::Task<Result<FeedAnswer>> PollOnce(const PgPoll& poll,
                                         const std::optional<PgSnapshot>& since);

  PgShared& shared_;
  // Where the last slice of the pruner ended, in the incarnation of that time.
  model::Incarnation pruned_in_;
  std::int64_t pruned_to_ = 0;
};

}  // namespace coolkit::store
