// Why: what the rows of the feed mean, apart from how they are asked for. Pure; any thread.
#pragma once

#include <optional>

#include "store/postgres/parameters.h"
#include "store/postgres/pg_result.h"
#include "store/postgres/shared.h"
#include "store/postgres/snapshot_text.h"

namespace coolkit::store {

// The parameters of `feed`; without a cursor nothing is asked for but the present snapshot.
[[nodiscard]] Parameters FeedParameters(const std::optional<PgSnapshot>& cursor, std::size_t limit);

struct FeedRows {
  FeedAnswer answer;
  bool overflow = false;  // more rows than the limit: `answer` has no changes
};
// kIncarnationChanged: the database has none.
[[nodiscard]] Result<FeedRows> TakeFeed(const PgResult& result,
                                        const std::optional<FeedCursor>& cursor,
                                        const std::optional<PgSnapshot>& since, std::size_t limit,
                                        BootTime sent_at, Lives& lives);

[[nodiscard]] Parameters FeedCollectionsParameters(const PgSnapshot& since, const FeedCursor& next);
// Into `answer`, which has overflowed: collections, everything, or a gap.
void TakeFeedCollections(const PgResult& result, FeedAnswer& answer);

}  // namespace coolkit::store
