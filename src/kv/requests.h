// Why: what the API asks of the service and what it is told, apart from how that is done. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cache/flights.h"
#include "model/entry.h"
#include "model/proof.h"
#include "model/token.h"
#include "store/store.h"

namespace coolkit::kv {

// What one read asks for. The API translates headers into it.
struct ReadOptions {
  BootTime arrived{};  // when the request's bytes were read (R8, R9)
  BootTime deadline = kNever;
  bool strong = false;          // G4: the database, asked after `arrived`
  bool store_nothing = false;   // no-store: the database, and nothing is cached
  bool only_if_cached = false;  // kNotCached rather than ask the database
  // Tightens B for this request, and bounds outage answers too; nothing: no wish.
  std::optional<nanoseconds> staleness_max;
  // Bounds outage answers further (stale-if-error); nothing: no wish.
  std::optional<nanoseconds> stale_if_error_max;
  std::optional<model::Token> token;  // G3

  // No memory may answer, neither this pod's nor another's.
  [[nodiscard]] bool GoesToDatabase() const { return strong || store_nothing; }
};

// Where an answer came from; the API writes Cache-Status from it.
enum class Source : std::uint8_t {
  kHit,          // from memory, proven (R8)
  kStale,        // from memory, not provable: outage mode
  kMiss,         // loaded: no entry was there
  kRevalidated,  // loaded: an entry was there that could not be proven or was expired
  kRequested,    // loaded: the request demanded it (strong, no-store)
};

struct ReadAnswer {
  model::EntryPtr entry;  // absent ones too: entry->present() is false
  model::Token token;     // for Coolkit-Position (R10)
  Source source = Source::kMiss;
  bool collapsed = false;  // another request's load was shared
  bool stored = false;     // the load's result entered the cache
  model::Proof proof;      // how current the entry is known to be (R6, R7)
  bool near = false;       // a hit of a copy: another pod owns the key
  // The pod that answered this one; nothing: this pod's own memory or load.
  std::optional<cache::Relay> relay;
  nanoseconds staleness{0};  // upper bound at the time of the check; answers from a memory
  // Time to live left by an upper bound of the database's clock; nothing: no expiry.
  std::optional<milliseconds> ttl;
};

struct WriteOptions {
  BootTime arrived{};
  BootTime deadline = kNever;
  std::optional<model::Token> token;
};

struct WriteAnswer {
  store::WriteOutcome outcome;
  model::Token token;
};

struct AtomicAnswer {
  bool committed = false;
  std::vector<store::WriteOutcome> outcomes;
  model::Token token;
};

struct ListAnswer {
  std::vector<store::ListRow> rows;
  bool more = false;
  model::Token token;
  DbTime db_now{};  // to turn expires_at into ttl_ms
};

// Given the current entry (present or not), what to write; or why not. Called again after each
// lost race, so it must not have effects. Its write's condition is set by the service. `position`
// is the token that the strong read gave, for answers that reveal state without writing.
struct Current {
  model::EntryPtr entry;
  model::Token token;
};
using Transform = std::function<Result<store::WriteOp>(const Current& current)>;

struct UpdateAnswer {
  // The write, or the transform's refusal, with the token of the read or write that decided.
  Result<store::WriteOutcome> outcome;
  model::Token token;
};

}  // namespace coolkit::kv
