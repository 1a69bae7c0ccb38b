// Why: one load per key at a time, however many requests miss it in the same moment; and a request
// takes another's result only if that result can carry it (R9, R10). One table holds flights of
// one rank (R17): database flights are a table of their own, since waits go to a strictly higher
// rank only. Knows no timer and no loader: callers load, finish and give up.
//
// Thread safety: every call from any thread. Completions are called outside every lock, on the
// thread that calls Finish or FailAll, never from Join or Leave.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/function.h"
#include "base/result.h"
#include "base/time.h"
#include "model/entry.h"
#include "model/incarnation.h"
#include "model/key.h"
#include "model/proof.h"
#include "model/token.h"

namespace coolkit::cache {

struct FlightsOptions {
  std::size_t flights_max = 10'000;             // keys being loaded
  std::size_t waiters_per_flight_max = 10'000;  // requests waiting for one of them, its leader too
};

// What a result must be to carry a request that did not start the load.
struct JoinNeed {
  BootTime arrived{};            // t_a: sampled after the request's bytes were read
  nanoseconds staleness_max{0};  // B of this request
  bool strong = false;           // no-cache: only a statement sent at or after `arrived` (G4)
  std::optional<model::Token> token;
};

// The pod whose answer a result is, for a member of Cache-Status.
struct Relay {
  std::shared_ptr<const std::string> pod;
  bool loaded = false;     // it asked the database
  bool collapsed = false;  // it shared a load
  bool stale = false;      // it could not prove it: the database is gone
};

// What a load brought. `proof.fresh.at` is when its statement was sent, or what the peer that
// answered could prove (R7).
struct FlightResult {
  model::EntryPtr entry;
  model::Proof proof;
  model::Incarnation incarnation;
  std::optional<Relay> relay;  // nothing: this pod's own load
};

struct FlightOutcome {
  enum class Kind : std::uint8_t {
    kResult,    // `result` answers the request
    kAskAgain,  // the result can't carry this request: look up and Join again. The first one to
                // Join starts the next load, the others wait for that one.
  };
  Kind kind = Kind::kResult;
  bool led = false;     // this request started the load: `collapsed` is false
  FlightResult result;  // kResult only
};

struct FlightId {
  std::uint64_t value = 0;
};
struct WaiterId {
  FlightId flight;
  std::uint64_t value = 0;
};

struct Joined {
  enum class Kind : std::uint8_t {
    kJoined,    // somebody loads already: wait
    kMustLoad,  // the caller starts the load and ends it with Finish(waiter.flight, …), whatever
                // happens to its own request meanwhile
  };
  Kind kind = Kind::kJoined;
  WaiterId waiter;  // also of the one that must load: its completion is kept like all others
};

struct FlightsStats {
  std::uint64_t flights = 0;     // under way
  std::uint64_t waiters = 0;     // waiting, leaders too
  std::uint64_t started = 0;     // loads, since the start
  std::uint64_t collapsed = 0;   // requests that took the result of a load they did not start
  std::uint64_t ask_again = 0;   // requests that a result could not carry
  std::uint64_t left = 0;        // requests that gave up waiting
  std::uint64_t overloaded = 0;  // refused by a limit
};

class Flights {
 public:
  explicit Flights(FlightsOptions options);
  ~Flights();  // drops what still waits without calling it: FailAll first
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  // Waits for the load of `key`, or is told to start it. `done` is called exactly once unless the
  // waiter leaves before. Errors: kOverloaded (a limit of the options; `done` is dropped).
  [[nodiscard]] Result<Joined> Join(const model::KeyRef& key, const JoinNeed& need,
                                    Completion<Result<FlightOutcome>> done);

  // The statement goes out now: `sent_at` was sampled before its bytes were handed over (R7, R11).
  // Optional where the result's proof says it anyway; what is told here counts for strong requests.
  void Sent(FlightId flight, BootTime sent_at);

  // Ends a flight: its leader gets the result always (R9), everybody else if it can carry them; an
  // error frees all. An unknown flight (ended by FailAll) is ignored.
  void Finish(FlightId flight, Result<FlightResult> result);

  // The waiter's deadline has passed. True: it waits no more, its completion is never called.
  // False: it has been, or is just being, completed. The load goes on for the others (R11).
  bool Leave(WaiterId waiter);

  // Ends every flight with `error` (stopping, R12); loads still under way find theirs unknown.
  void FailAll(const Error& error);

  [[nodiscard]] FlightsStats Stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// R9, R10 and R15 for a request that did not start the load whose statement was sent at `sent_at`.
[[nodiscard]] bool CanCarry(const FlightResult& result, BootTime sent_at, const JoinNeed& need);

}  // namespace coolkit::cache
