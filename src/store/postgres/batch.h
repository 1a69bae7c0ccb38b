// Why: many writes become few statements: the nth write of a key goes into the nth round, and runs
// of unconditional puts of one key become one row. What a round's rows say is given back to the
// writes here too. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/incarnation.h"
#include "store/postgres/parameters.h"
#include "store/postgres/pg_result.h"
#include "store/postgres/statements.h"
#include "store/store.h"

namespace coolkit::store {

// One row of a round.
struct WriteRow {
  std::vector<std::size_t> ops;  // indices; of a fold all, the last one's value counts
};

// One execution of a statement: rows of different keys, sorted by (collection, key).
struct WriteRound {
  std::vector<WriteRow> rows;
  StatementId statement = StatementId::kPut;  // kWrite, if one of them needs more
};

using OpRefs = std::span<const WriteOp* const>;

// Rounds in the order in which they are executed. `fold`: may unconditional puts be folded?
[[nodiscard]] std::vector<WriteRound> PlanRounds(OpRefs ops, bool fold);

// The parameters of the round's statement.
[[nodiscard]] Parameters WriteParameters(const WriteRound& round, OpRefs ops,
                                         const model::Incarnation& incarnation);

// What the round's result says about its writes; `outcomes` has one place per op. False: it has
// rows that are no answer to this round.
[[nodiscard]] bool TakeOutcomes(const PgResult& result, const WriteRound& round, OpRefs ops,
                                std::span<WriteOutcome> outcomes);

// The parameters of `locked`: distinct keys, sorted.
[[nodiscard]] Parameters KeyParameters(std::span<const model::Key* const> keys);

}  // namespace coolkit::store
