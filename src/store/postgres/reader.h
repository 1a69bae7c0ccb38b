// Why: keys that miss in the same moment share one query: those that come while statements are
// under way form the next one. Everything belongs to the store's loop.
#pragma once

#include <deque>
#include <functional>

#include "store/postgres/pending.h"
#include "store/postgres/shared.h"

namespace coolkit::store {

class Reader {
 public:
  // `begun(n)`: n operations do not wait any more.
  Reader(PgShared& shared, Supply& supply, std::function<void(std::size_t)> begun)
      : shared_(shared), supply_(supply), begun_(std::move(begun)) {}

  // Queues; Start sends what can be sent.
  void Add(PgRead read) { waiting_.push_back(std::move(read)); }
  void Start();
  net::Task<void> List(PgList list);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] bool busy() const { return lanes_ > 0; }
  // So many more reads would begin a statement now.
  [[nodiscard]] std::size_t wanted() const;

  void FailExpired(BootTime now);
  void FailWaiting(const Error& error);

 private:
  net::Task<void> RunLane();
  [[nodiscard]] std::vector<PgRead> TakeBatch();
  net::Task<void> Load(std::vector<PgRead> batch);

  PgShared& shared_;
  Supply& supply_;
  std::function<void(std::size_t)> begun_;
  std::deque<PgRead> waiting_;
  int lanes_ = 0;
  BootTime began_ = kMinusInfinity;  // the last statement
};

}  // namespace coolkit::store
