#include "sim/outsider.h"

namespace coolkit::sim {

void Outsiders::Transact() {
  if (!database_.up()) return;
  Random& random = scheduler_.random();
  ++coverage_.outsiders;
  const bool is_long = random.Below(4) == 0;
  coverage_.long_transactions += is_long ? 1 : 0;
  Go(database_.Begin(), 1 + random.Below(3), is_long);
}

// Between its statements time passes: what it has written stays locked meanwhile.
void Outsiders::Go(const Database::TransactionPtr& transaction, std::size_t writes, bool is_long) {
  Random& random = scheduler_.random();
  const nanoseconds most = is_long ? nanoseconds(plan_.bound) * 2 : milliseconds(3);
  const nanoseconds pause(
      static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(most.count()))));
  scheduler_.After(pause, [this, transaction, writes, is_long] {
    if (!transaction->running()) return;
    if (writes > 0) {
      WriteOne(*transaction);
      return Go(transaction, writes - 1, is_long);
    }
    if (scheduler_.random().Below(7) == 0) {
      ++coverage_.aborted;
      return database_.Abort(*transaction);
    }
    if (scheduler_.random().Below(8) == 0) {
      ++coverage_.bulk_statements;
      database_.NameCollections(*transaction);
    }
    scheduler_.trace().Add(scheduler_.now(), "psql commits", transaction->xid, "with",
                           transaction->writes.size(), "rows");
    database_.Commit(*transaction);
  });
}

void Outsiders::WriteOne(Database::Transaction& transaction) {
  Random& random = scheduler_.random();
  const std::size_t key = random.Below(keys_.size());
  if (!database_.IsFree(key, &transaction)) return;  // goes on with something else
  store::WriteOp op;
  op.key = keys_.Name(key);
  if (random.Below(4) == 0) {
    op.kind = store::WriteOp::Kind::kDelete;
  } else {
    op.value = std::make_shared<const std::string>("psql." + std::to_string(++values_));
  }
  database_.Write(transaction, op);
}

void Outsiders::Truncate() {
  if (!database_.up() || !database_.Truncate()) return;
  ++coverage_.truncates;
  scheduler_.trace().Add(scheduler_.now(), "psql truncates");
}

}  // namespace coolkit::sim
