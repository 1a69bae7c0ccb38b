#include "store/postgres/feed_rows.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/text.h"

namespace coolkit::store {
namespace {

// Columns of `feed`: snapshot, xid, version or db_now, collection or incarnation, key.
constexpr int kSnapshot = 0;
constexpr int kXid = 1;
constexpr int kVersion = 2;
constexpr int kCollection = 3;
constexpr int kKey = 4;

void AddChange(const PgResult& result, int row, model::ChangeSet& changes) {
  if (result.IsNull(row, kCollection)) {
    changes.everything = true;
  } else if (result.IsNull(row, kKey)) {
    changes.collections.emplace_back(result.Bytes(row, kCollection));
  } else {
    changes.keys.push_back({model::Key(std::string(result.Bytes(row, kCollection)),
                                       std::string(result.Bytes(row, kKey))),
                            model::Version{result.Int(row, kVersion)}});
  }
}

// In the order of commits per key, whichever branch of the statement gave them; each collection
// once.
void Tidy(model::ChangeSet& changes) {
  const auto older = [](const model::Change& a, const model::Change& b) {
    return a.version < b.version;
  };
  if (!std::is_sorted(changes.keys.begin(), changes.keys.end(), older)) {
    std::stable_sort(changes.keys.begin(), changes.keys.end(), older);
  }
  std::vector<std::string>& collections = changes.collections;
  std::sort(collections.begin(), collections.end());
  collections.erase(std::unique(collections.begin(), collections.end()), collections.end());
}

// Has this database's feed everything that the cursor has not seen?
bool IsLost(const FeedCursor& cursor, const std::optional<PgSnapshot>& since, std::uint64_t floor,
            const Snapshot& now) {
  return !since || !(cursor.incarnation == now.incarnation) ||
         cursor.position != since->position() || cursor.position > now.position ||
         floor > since->xmin;
}

}  // namespace

Parameters FeedParameters(const std::optional<PgSnapshot>& cursor, std::size_t limit) {
  Parameters parameters;
  parameters.AddInt8(cursor ? static_cast<std::int64_t>(cursor->xmax)
                            : std::numeric_limits<std::int64_t>::max());
  parameters.AddXid8Array(cursor ? cursor->xip : std::vector<std::uint64_t>());
  parameters.AddInt4(static_cast<std::int32_t>(cursor ? limit + 1 : 1));
  return parameters;
}

Result<FeedRows> TakeFeed(const PgResult& result, const std::optional<FeedCursor>& cursor,
                          const std::optional<PgSnapshot>& since, std::size_t limit,
                          BootTime sent_at, Lives& lives) {
  if (result.rows() == 0 || result.IsNull(0, kSnapshot)) {  // no header
    return Fail(ErrorCode::kIncarnationChanged, "the database has no incarnation");
  }
  const Result<model::Incarnation> life = lives.Learn(result.Bytes(0, kCollection));
  const std::optional<PgSnapshot> now = ParsePgSnapshot(result.Bytes(0, kSnapshot));
  const std::optional<std::uint64_t> floor = ParseDecimal(result.Bytes(0, kXid));
  if (!life || !now || !floor) {
    return Fail(ErrorCode::kStorageError, "the feed of the database gave no position");
  }
  FeedRows rows;
  FeedAnswer& answer = rows.answer;
  answer.snapshot = {*life, now->position(), result.Time(0, kVersion), sent_at};
  answer.next = {*life, now->position(), std::string(result.Bytes(0, kSnapshot))};
  if (!cursor || IsLost(*cursor, since, *floor, answer.snapshot)) {
    answer.gap = true;
    return rows;
  }
  if (static_cast<std::size_t>(result.rows()) - 1 > limit) {
    rows.overflow = true;
    return rows;
  }
  for (int row = 1; row < result.rows(); ++row) AddChange(result, row, answer.changes);
  Tidy(answer.changes);
  return rows;
}

Parameters FeedCollectionsParameters(const PgSnapshot& since, const FeedCursor& next) {
  Parameters parameters;
  parameters.AddInt8(static_cast<std::int64_t>(since.xmax));
  parameters.AddXid8Array(since.xip);
  parameters.AddText(next.snapshot);
  parameters.AddUuid(next.incarnation.id);
  return parameters;
}

void TakeFeedCollections(const PgResult& result, FeedAnswer& answer) {
  answer.gap = true;
  for (int row = 0; row < result.rows(); ++row) {
    if (result.IsNull(row, 0)) {
      answer.changes.everything = true;
    } else if (result.Bytes(row, 0).empty()) {
      answer.gap = false;  // the incarnation is still the one of both snapshots
    } else {
      answer.changes.collections.emplace_back(result.Bytes(row, 0));
    }
  }
  if (answer.gap) answer.changes = {};
  Tidy(answer.changes);
}

}  // namespace coolkit::store
