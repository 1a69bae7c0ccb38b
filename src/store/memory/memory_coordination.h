// Why: the rows of the rings without a database, for unit tests and the simulation. It means
// exactly what PostgreSQL's do (tests/unit/store/contract_coordination_test.cpp), but nothing is
// durable.
//
// Thread safety: as Coordination says. An operation takes effect inside the call; its completion is
// posted to the loop.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/loop.h"
#include "store/coordination.h"

namespace coolkit::store {

class MemoryCoordination final : public Coordination {
 public:
  // Both outlive it and all its completions. `database_clock`: its wall time judges leases, as the
  // database's clock does. `seed`: of the secrets, which are as good as a test needs.
  MemoryCoordination(net::Loop& loop, const Clock& database_clock, std::uint64_t seed = 1);

  void TakeLease(std::string ring, std::string holder, milliseconds ttl, std::int32_t members,
                 Completion<Result<std::optional<RingLease>>> done) override;
  void ReleaseLease(std::string ring, std::string holder, Completion<Result<void>> done) override;
  void PublishView(std::string ring, std::string holder, std::int64_t epoch, std::string view,
                   Completion<Result<std::optional<std::int64_t>>> done) override;
  void ReadRing(std::string ring, std::int64_t have, Completion<Result<RingRow>> done) override;
  void TakeSeat(std::string ring, int seat, std::string holder, milliseconds ttl,
                Completion<Result<bool>> done) override;
  void ReleaseSeat(std::string ring, int seat, std::string holder,
                   Completion<Result<void>> done) override;
  void ReadSecrets(Completion<Result<std::vector<RingSecret>>> done) override;

  // As `coolkit migrate rotate-ring-key`.
  void RotateSecret();
  // While an error is set, every operation fails with it and does nothing.
  void FailWith(std::optional<Error> error);

 private:
  // Who holds something, and until when by the database's clock.
  struct Hold {
    std::string holder;  // empty: nobody
    DbTime until = DbTime::min();
    [[nodiscard]] bool FreeFor(const std::string& who, DbTime now) const {
      return holder.empty() || holder == who || until < now;
    }
    void Release(const std::string& who, DbTime now) {
      if (holder != who) return;
      holder.clear();
      until = std::min(until, now);
    }
  };
  struct Ring {
    Hold lease;
    std::int64_t epoch = 0;
    std::int32_t members = 0;
    std::string view;
  };

  // Posts what `work` answers, or the error that is set.
  template <class Answer, class Work>
  void Run(Completion<Result<Answer>> done, Work work);
  [[nodiscard]] DbTime Now() const;
  [[nodiscard]] std::int32_t OtherMembers(const std::string& ring) const REQUIRES(mutex_);
  void AddSecret() REQUIRES(mutex_);

  net::Loop& loop_;
  const Clock& clock_;
  const std::uint64_t seed_;
  mutable Mutex mutex_;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
  std::map<std::string, Ring> rings_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, int>, Hold> seats_ GUARDED_BY(mutex_);
  std::vector<RingSecret> secrets_ GUARDED_BY(mutex_);  // newest first
};

}  // namespace coolkit::store
