// Why: people with psql write as they like: long transactions, rollbacks, several keys, statements
// too big to name their keys, TRUNCATE. Not thread-safe.
#pragma once

#include "sim/database.h"
#include "sim/instruments.h"
#include "sim/plan.h"

namespace coolkit::sim {

class Outsiders {
 public:
  Outsiders(Scheduler& scheduler, Database& database, const Keyspace& keys, const Plan& plan,
            Coverage& coverage)
      : scheduler_(scheduler), database_(database), keys_(keys), plan_(plan), coverage_(coverage) {}

  // One transaction from its beginning to its end.
  void Transact();
  void Truncate();

 private:
  void Go(const Database::TransactionPtr& transaction, std::size_t writes, bool is_long);
  void WriteOne(Database::Transaction& transaction);

  Scheduler& scheduler_;
  Database& database_;
  const Keyspace& keys_;
  const Plan& plan_;
  Coverage& coverage_;
  std::uint64_t values_ = 0;
};

}  // namespace coolkit::sim
