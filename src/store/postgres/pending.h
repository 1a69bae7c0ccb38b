// Why: what waits in the PostgreSQL store: the operations of store.h with their completions.
// Values; each belongs to the loop once it was taken from the inbox.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "store/postgres/parameters.h"
#include "store/postgres/pg_result.h"
#include "store/postgres/statements.h"
#include "store/store.h"

namespace coolkit::store {

struct PgRead {
  std::vector<model::Key> keys;
  BootTime deadline = kNever;
  Completion<Result<ReadAnswer>> done;
};
struct PgList {
  ListRequest request;
  BootTime deadline = kNever;
  Completion<Result<ListAnswer>> done;
};
struct PgPoll {
  std::optional<FeedCursor> cursor;
  BootTime deadline = kNever;
  Completion<Result<FeedAnswer>> done;
};
struct PgWrite {
  WriteOp op;
  BootTime deadline = kNever;
  Completion<Result<WriteAnswer>> done;
  bool begun = false;     // it does not count as waiting any more
  bool answered = false;  // at its deadline, while what was sent for it is still under way

  [[nodiscard]] std::size_t bytes() const { return op.value == nullptr ? 0 : op.value->size(); }
};
struct PgAtomic {
  std::vector<WriteOp> ops;
  BootTime deadline = kNever;
  Completion<Result<AtomicAnswer>> done;
  bool answered = false;    // as above
  bool committing = false;  // the COMMIT may have been sent

  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const WriteOp& op : ops) sum += op.value == nullptr ? 0 : op.value->size();
    return sum;
  }
};
struct PgCollect {
  milliseconds retention{0};
  std::size_t limit = 0;
  BootTime deadline = kNever;
  Completion<Result<std::size_t>> done;
};
struct PgPrune {
  FeedCursor mark;
  std::size_t limit = 0;
  BootTime deadline = kNever;
  Completion<Result<std::size_t>> done;
};
// A statement of the ring's rows.
struct PgCoordinate {
  StatementId statement{};
  Parameters parameters;
  BootTime deadline = kNever;
  Completion<Result<PgResult>> done;
};
using PgWork =
    std::variant<PgRead, PgList, PgPoll, PgWrite, PgAtomic, PgCollect, PgPrune, PgCoordinate>;

}  // namespace coolkit::store
