// Why: every statement has a name, one text in a file of sql/, and metrics. The table of them.
// Immutable; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coolkit::store {

enum class StatementId : std::uint8_t {
  kSession,
  kIncarnation,
  kRead,
  kReadMany,
  kList,
  kFeed,
  kFeedCollections,
  kWrite,
  kPut,
  kPosition,
  kLocked,
  kBegin,
  kCommit,
  kRollback,
  kCollect,
  kPruneFloor,
  kPrune,
  kBrief,
  kLease,
  kLeaseRelease,
  kView,
  kRing,
  kSeat,
  kSeatRelease,
  kRingKeys,
  kRingKeyBegin,
};
inline constexpr std::size_t kStatementCount = 26;

struct Statement {
  StatementId id;
  std::string_view name;  // of the prepared statement and the metric's label
  const char* text;
};

[[nodiscard]] const Statement& StatementOf(StatementId id);
[[nodiscard]] const std::array<Statement, kStatementCount>& Statements();

}  // namespace coolkit::store
