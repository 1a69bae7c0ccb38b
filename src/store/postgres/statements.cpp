#include "store/postgres/statements.h"

#include "store/postgres/sql/brief.sql.h"
#include "store/postgres/sql/collect.sql.h"
#include "store/postgres/sql/feed.sql.h"
#include "store/postgres/sql/feed_collections.sql.h"
#include "store/postgres/sql/incarnation.sql.h"
#include "store/postgres/sql/lease.sql.h"
#include "store/postgres/sql/lease_release.sql.h"
#include "store/postgres/sql/list.sql.h"
#include "store/postgres/sql/locked.sql.h"
#include "store/postgres/sql/position.sql.h"
#include "store/postgres/sql/prune.sql.h"
#include "store/postgres/sql/prune_floor.sql.h"
#include "store/postgres/sql/put.sql.h"
#include "store/postgres/sql/read.sql.h"
#include "store/postgres/sql/read_many.sql.h"
#include "store/postgres/sql/ring.sql.h"
#include "store/postgres/sql/ring_key_begin.sql.h"
#include "store/postgres/sql/ring_keys.sql.h"
#include "store/postgres/sql/seat.sql.h"
#include "store/postgres/sql/seat_release.sql.h"
#include "store/postgres/sql/session.sql.h"
#include "store/postgres/sql/view.sql.h"
#include "store/postgres/sql/write.sql.h"

namespace coolkit::store {
namespace {

using Id = StatementId;

constexpr std::array<Statement, kStatementCount> kStatements{{
    {Id::kSession, "session", kEmbedded_session_sql.data()},
    {Id::kIncarnation, "incarnation", kEmbedded_incarnation_sql.data()},
    {Id::kRead, "read", kEmbedded_read_sql.data()},
    {Id::kReadMany, "read_many", kEmbedded_read_many_sql.data()},
    {Id::kList, "list", kEmbedded_list_sql.data()},
    {Id::kFeed, "feed", kEmbedded_feed_sql.data()},
    {Id::kFeedCollections, "feed_collections", kEmbedded_feed_collections_sql.data()},
    {Id::kWrite, "write", kEmbedded_write_sql.data()},
    {Id::kPut, "put", kEmbedded_put_sql.data()},
    {Id::kPosition, "position", kEmbedded_position_sql.data()},
    {Id::kLocked, "locked", kEmbedded_locked_sql.data()},
    {Id::kBegin, "begin", "BEGIN"},
    {Id::kCommit, "commit", "COMMIT"},
    {Id::kRollback, "rollback", "ROLLBACK"},
    {Id::kCollect, "collect", kEmbedded_collect_sql.data()},
    {Id::kPruneFloor, "prune_floor", kEmbedded_prune_floor_sql.data()},
    {Id::kPrune, "prune", kEmbedded_prune_sql.data()},
    {Id::kBrief, "brief", kEmbedded_brief_sql.data()},
    {Id::kLease, "lease", kEmbedded_lease_sql.data()},
    {Id::kLeaseRelease, "lease_release", kEmbedded_lease_release_sql.data()},
    {Id::kView, "view", kEmbedded_view_sql.data()},
    {Id::kRing, "ring", kEmbedded_ring_sql.data()},
    {Id::kSeat, "seat", kEmbedded_seat_sql.data()},
    {Id::kSeatRelease, "seat_release", kEmbedded_seat_release_sql.data()},
    {Id::kRingKeys, "ring_keys", kEmbedded_ring_keys_sql.data()},
    {Id::kRingKeyBegin, "ring_key_begin", kEmbedded_ring_key_begin_sql.data()},
}};

}  // namespace

const Statement& StatementOf(StatementId id) { return kStatements[static_cast<std::size_t>(id)]; }

const std::array<Statement, kStatementCount>& Statements() { return kStatements; }

}  // namespace coolkit::store
