// Why: what one pod asks of another and what it answers, without saying how it travels: the read
// and write paths speak these values, the simulation delivers them as they are, `peer` codes them
// byte by byte. Values.
#pragma once

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "model/entry.h"
#include "model/incarnation.h"
#include "model/token.h"
#include "model/write.h"
#include "ring/view.h"

namespace coolkit::ring {

// At most one hop: whoever gets one of these answers from its cache, or loads (kOwner only), and
// never forwards it (R17).
struct PeerReadRequest {
  enum class Kind : std::uint8_t {
    kOwner,      // cache, else the previous owner's cache, else one load
    kCacheOnly,  // rank 2: from the cache, at once, or not at all
  };
  Kind kind = Kind::kOwner;
  Epoch epoch = 0;               // of the asker's view
  BootTime deadline = kNever;    // by the local clock; travels as the time that is left
  nanoseconds staleness_max{0};  // B of the request (R8 is kept by the one who answers)
  // With the database gone: an entry this stale is better than nothing; zero: it is not.
  nanoseconds outage_staleness_max{0};
  std::optional<model::Token> token;  // the answer has to include it (R10)
  std::vector<model::Key> keys;       // at most kMaxBatchItems
};

struct PeerReadItem {
  enum class Status : std::uint8_t {
    kFound,      // `entry`, which may be an absence
    kNotCached,  // kCacheOnly: nothing there that may answer
    kFailed,     // `error`
  };
  Status status = Status::kNotCached;
  Error error;
  model::EntryPtr entry;
  // R6: of an entry in the sender's cache max(as_of, its applied position, sampled before the
  // look-up); of a result that it relays without having stored it, the result's own.
  model::Position as_of = model::kNoPosition;
  model::Position seen = model::kNoPosition;  // copied unchanged (R10)
  // R7: the sender's check minus the proof's time. The receiver counts from when it sent the
  // request, so that transit makes the proof older, never younger.
  nanoseconds age{0};
  DbTime db_now{};
  bool loaded = false;     // from the database, not from the cache
  bool stale = false;      // older than staleness_max allows: the database is gone
  bool collapsed = false;  // another request's load was shared
  bool hot = false;        // asked for so often that the asker should keep a copy
};

struct PeerReadReply {
  Epoch epoch = 0;                  // of the answerer's view: the older side refreshes
  model::Incarnation incarnation;   // of all items
  std::vector<PeerReadItem> items;  // one per key, in order
};

struct PeerWriteRequest {
  Epoch epoch = 0;
  BootTime deadline = kNever;
  std::vector<model::WriteOp> ops;  // of slots that the receiver owns, by the sender's view
};

struct PeerWriteItem {
  bool done = false;  // false: `error`; kOutcomeUnknown if its COMMIT was sent
  Error error;
  model::WriteOutcome outcome;
  // R10: of a snapshot after the COMMIT.
  model::Incarnation incarnation;
  model::Position position = model::kNoPosition;
  DbTime db_now{};
};

struct PeerWriteReply {
  // R18: an explicit refusal of the whole request: none of it was done nor will be.
  enum class Refusal : std::uint8_t { kNone, kNotOwner, kDraining, kOverloaded };
  Refusal refusal = Refusal::kNone;
  Epoch epoch = 0;
  std::vector<PeerWriteItem> items;  // kNone: one per op, in order
};

// Hand-off: entries of slots that the receiver owns now. Pushed entries have no age (R7): the
// receiver's horizon has to prove them.
struct PeerPushItem {
  model::EntryPtr entry;
  model::Position as_of = model::kNoPosition;  // R6, as of PeerReadItem
  model::Position seen = model::kNoPosition;
};
struct PeerPush {
  Epoch epoch = 0;
  model::Incarnation incarnation;
  std::vector<PeerPushItem> items;
};
struct PeerPushReply {
  std::uint32_t admitted = 0;  // by R5
  bool go_on = true;           // false: no room, or not the owner: stop pushing
};

}  // namespace coolkit::ring
