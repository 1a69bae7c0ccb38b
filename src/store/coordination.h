// Why: the few rows through which the pods of a ring agree without trusting each other: who holds
// the lease, which view was published under which epoch, who may tail, which key proves a peer.
// The database's clock alone judges leases, and the epoch fences what a former holder still sends.
//
// Thread safety: every call from any thread; completions are called exactly once, on a thread of
// the store, never before the call returned. Errors of every call: as store::Store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "base/time.h"

namespace coolkit::store {

// The lease of a ring, held.
struct RingLease {
  std::int64_t epoch = 0;          // of the row: grows with every change of holder and every view
  std::int32_t other_members = 0;  // live members of all other rings on this database
};

struct RingRow {
  std::int64_t epoch = 0;          // 0: no such ring yet
  std::string view;                // encoded; empty: none was published, or it is not above `have`
  std::int32_t members = 0;        // of this ring, as its leader counts
  std::int32_t other_members = 0;  // of all other rings
  std::string holder;              // empty: the lease is free
};

// A secret that the pods of this database prove to each other. Never logged.
struct RingSecret {
  std::uint32_t id = 0;  // grows with every rotation
  std::string secret;    // 32 bytes
};

class Coordination {
 public:
  virtual ~Coordination() = default;

  // Takes the lease if it is free or ours, for `ttl` from now on, and writes how many live members
  // the ring has. Nothing: somebody else holds it.
  virtual void TakeLease(std::string ring, std::string holder, milliseconds ttl,
                         std::int32_t members,
                         Completion<Result<std::optional<RingLease>>> done) = 0;
  // Gives the lease back at once if it is ours.
  virtual void ReleaseLease(std::string ring, std::string holder,
                            Completion<Result<void>> done) = 0;
  // Publishes a view under the epoch that the holder knows; the answer is its epoch. Nothing:
  // somebody else is ahead, and nothing was written.
  virtual void PublishView(std::string ring, std::string holder, std::int64_t epoch,
                           std::string view,
                           Completion<Result<std::optional<std::int64_t>>> done) = 0;
  // The row of a ring; its view only if the epoch is above `have`.
  virtual void ReadRing(std::string ring, std::int64_t have, Completion<Result<RingRow>> done) = 0;

  // Takes or keeps one of the tailers' seats (0 to 7). False: somebody else sits there.
  virtual void TakeSeat(std::string ring, int seat, std::string holder, milliseconds ttl,
                        Completion<Result<bool>> done) = 0;
  virtual void ReleaseSeat(std::string ring, int seat, std::string holder,
                           Completion<Result<void>> done) = 0;

  // The newest two secrets, newest first; makes the first one if there is none.
  virtual void ReadSecrets(Completion<Result<std::vector<RingSecret>>> done) = 0;
};

}  // namespace coolkit::store
