// Why: all or nothing takes a transaction of its own with a decision in the middle: the rounds of
// the batch, a look at every outcome, then COMMIT or ROLLBACK. Everything belongs to the store's
// loop.
#pragma once

#include "store/postgres/pending.h"
#include "store/postgres/shared.h"

namespace coolkit::store {

class AtomicWriter {
 public:
  explicit AtomicWriter(PgShared& shared) : shared_(shared) {}

  net::Task<void> Write(PgAtomic atomic);

 private:
  struct Attempt {
    // kRefused by the database for a reason that a retry may cure: `why`.
    enum class Kind : std::uint8_t { kAnswered, kFailed, kRefused } kind = Kind::kFailed;
    AtomicAnswer answer;
    Error error;
    Refusal why;
  };
  net::Task<Attempt> Try(PgAtomic& atomic);
  net::Task<Attempt> Decide(PgAtomic& atomic, Lease& lease, std::vector<WriteOutcome> outcomes);
  net::Task<void> WriteInTime(PgAtomic& atomic);
  // The answer, unless it has one already.
  void Tell(PgAtomic& atomic, Result<AtomicAnswer> answer);
  // Answers `atomic` at its deadline, whatever is under way for it then.
  class Alarm;

  PgShared& shared_;
};

}  // namespace coolkit::store
