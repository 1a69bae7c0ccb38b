// Why: the rows of the ring in PostgreSQL. A renewal of the lease must not wait behind big work, so
// these statements go to the head of the pool's queue, are given little time, and a connection
// that does not answer them in time is given up. They use the pool's connections, not one of their
// own: the budget counts every connection.
//
// Thread safety: as Coordination says; Run belongs to the store's loop.
#pragma once

#include <string>
#include <vector>

#include "store/coordination.h"
#include "store/postgres/inbox.h"
#include "store/postgres/pending.h"
#include "store/postgres/shared.h"

namespace coolkit::store {

class PgCoordination final : public Coordination {
 public:
  // Both outlive it.
  PgCoordination(PgShared& shared, Inbox& inbox) : shared_(shared), inbox_(inbox) {}

  // An operation that came through the inbox.
  net::Task<void> Run(PgCoordinate work);

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

 private:
  void Push(StatementId id, Parameters parameters, Completion<Result<PgResult>> done);
  net::Task<Result<PgResult>> Ask(const PgCoordinate& work);
  [[nodiscard]] std::vector<Step> StepsOf(const PgCoordinate& work, milliseconds time) const;

  PgShared& shared_;
  Inbox& inbox_;
};

}  // namespace coolkit::store
