#include "store/postgres/statements.h"

#include "store/postgres/sql/collect.sql.h"
#include "store/postgres/sql/feed.sql.h"
#include "store/postgres/sql/feed_collections.sql.h"
#include "store/postgres/sql/incarnation.sql.h"
#include "store/postgres/sql/list.sql.h"
#include "store/postgres/sql/locked.sql.h"
#include "store/postgres/sql/position.sql.h"
#include "store/postgres/sql/prune.sql.h"
#include "store/postgres/sql/prune_floor.sql.h"
#include "store/postgres/sql/read.sql.h"
#include "store/postgres/sql/read_many.sql.h"
#include "store/postgres/sql/session.sql.h"
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
    {Id::kPosition, "position", kEmbedded_position_sql.data()},
    {Id::kLocked, "locked", kEmbedded_locked_sql.data()},
    {Id::kBegin, "begin", "BEGIN"},
    {Id::kCommit, "commit", "COMMIT"},
    {Id::kRollback, "rollback", "ROLLBACK"},
    {Id::kCollect, "collect", kEmbedded_collect_sql.data()},
    {Id::kPruneFloor, "prune_floor", kEmbedded_prune_floor_sql.data()},
    {Id::kPrune, "prune", kEmbedded_prune_sql.data()},
}};

}  // namespace

const Statement& StatementOf(StatementId id) { return kStatements[static_cast<std::size_t>(id)]; }

const std::array<Statement, kStatementCount>& Statements() { return kStatements; }

}  // namespace coolkit::store
