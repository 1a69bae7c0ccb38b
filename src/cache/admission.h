// Why: what goes in through the one door (R5) and what a look-up brings out: shared by Cache and
// its shards. Values.
#pragma once

#include <cstdint>

#include "model/entry.h"
#include "model/proof.h"

namespace coolkit::cache {

// What a look-up finds. Parts of the proof that time has overtaken are not kept: as_of is
// kNoPosition once the applied position has passed it (the sample's A stands for it), fresh.at is
// minus infinity once the horizon has; `seen` is then overstated by the applied position that
// overtook it, so it is always there and never too low for a token (R10).
struct Found {
  model::EntryPtr entry;
  model::Proof proof;
};

enum class Admitted : std::uint8_t {
  kStored,
  kMerged,          // same version was there: the better of both proofs was kept
  kOldIncarnation,  // R12
  kBelowFloor,      // R4, R5
  kChangedSince,    // R5: last_change[h(key)] > as_of
  kNewerPresent,    // a higher version is cached
  kTooLarge,        // takes more than half of a shard
  kNoRoom,          // AdmitIfRoom: half of the shard is used
};

}  // namespace coolkit::cache
