// Why: the pods of all rings never open more connections than the budget, though each learns late,
// and at another moment, how many there are. Each takes an equal part of the budget, less a reserve
// for newcomers; it gives up at once what it may not have any more, and takes more only after a
// hold, in which all others have learnt the same and the server has dropped what a dead pod left.
//
// The sum stays within the budget as long as
//   hold >= knowledge_max + how old a count is when it comes + how long the server keeps the
//           connections of a pod that died without a word,
// no more than `reserve` pods came within that time, and there are no more pods than connections.
// tests/unit/store/postgres/connection_allowance_test.cpp shows it.
//
// Pure, the clock is passed in; not thread-safe.
#pragma once

#include <deque>
#include <optional>

#include "base/time.h"
#include "store/postgres/connection_share.h"

namespace coolkit::store {

class ConnectionAllowance {
 public:
  struct Options {
    ConnectionBudget budget;
    milliseconds hold{15'000};
    milliseconds knowledge_max{6'000};  // an older count is not known any more
  };
  explicit ConnectionAllowance(const Options& options) : options_(options) {}

  // So many pods of all rings live, this one too, as far as is known now.
  void OnMembers(int members, BootTime now);

  // Connections that this pod may have at this moment, at least 1; it grows and shrinks with time
  // alone, too. `server_max`: the server's max_connections, less those
  // that are reserved; 0: not known yet, then 1.
  [[nodiscard]] int Share(int server_max, BootTime now);

  // Connections of a budget that are kept for pods that nobody has counted yet.
  [[nodiscard]] static int Reserve(int budget);

 private:
  // A count, and until when it was the last one that was known.
  struct Count {
    int members = 1;
    BootTime until = kNever;
  };

  Options options_;
  std::deque<Count> counts_;       // of the hold; members fall from front to back
  std::optional<BootTime> since_;  // known without a gap
  BootTime heard_at_ = kMinusInfinity;
};

}  // namespace coolkit::store
