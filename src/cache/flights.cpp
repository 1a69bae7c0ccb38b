#include "cache/flights.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/rules.h"

namespace coolkit::cache {
namespace {

using Done = Completion<Result<FlightOutcome>>;

struct Waiter {
  std::uint64_t id = 0;
  JoinNeed need;
  Done done;  // empty: it left
};

struct Flight {
  std::uint64_t id = 0;
  model::Key key;
  BootTime sent_at = kMinusInfinity;  // minus infinity: Sent was not called
  std::uint64_t last_waiter = 0;      // the first, kLeader, started it
  std::vector<Waiter> waiters;        // ascending ids
  std::size_t waiting = 0;            // of them, those that have not left
};

// A part of the table with a lock of its own, so that misses of different keys don't meet.
struct alignas(64) Stripe {
  mutable Mutex mutex;
  std::unordered_map<std::uint64_t, Flight> flights GUARDED_BY(mutex);
  // Points into the flights: their nodes don't move.
  std::unordered_map<model::KeyRef, Flight*, model::KeyHash> by_key GUARDED_BY(mutex);
  std::uint64_t last_flight GUARDED_BY(mutex) = 0;
  FlightsStats stats GUARDED_BY(mutex);
};

constexpr std::size_t kStripeCount = 16;
constexpr std::uint64_t kLeader = 1;

// Drops the waiters that left once they are the majority.
void Compact(Flight& flight) {
  if (flight.waiters.size() < 16 || flight.waiting * 2 > flight.waiters.size()) return;
  std::erase_if(flight.waiters, [](const Waiter& waiter) { return !waiter.done; });
}

}  // namespace

struct Flights::State {
  FlightsOptions options;
  std::atomic<std::uint64_t> flights{0};
  std::array<Stripe, kStripeCount> stripes;

  // Ids carry their stripe in the low bits.
  Stripe& StripeOf(FlightId flight) { return stripes[flight.value % kStripeCount]; }
  // By the upper half: the low bits choose slots and shards.
  static std::size_t StripeIndex(const model::KeyRef& key) {
    return (key.hash >> 32) % kStripeCount;
  }
  // False: the limit is reached.
  bool ReserveFlight() {
    if (flights.fetch_add(1, std::memory_order_relaxed) < options.flights_max) return true;
    flights.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void ReleaseFlights(std::uint64_t count) { flights.fetch_sub(count, std::memory_order_relaxed); }
};

Flights::Flights(FlightsOptions options) : state_(std::make_unique<State>()) {
  state_->options = options;
}

Flights::~Flights() = default;

Result<Joined> Flights::Join(const model::KeyRef& key, const JoinNeed& need, Done done) {
  const std::size_t index = State::StripeIndex(key);
  Stripe& stripe = state_->stripes[index];
  MutexLock lock(stripe.mutex);
  Joined joined;
  const auto found = stripe.by_key.find(key);
  Flight* flight = nullptr;
  if (found != stripe.by_key.end()) {
    flight = found->second;
    if (flight->waiting >= state_->options.waiters_per_flight_max) {
      ++stripe.stats.overloaded;
      return Fail(ErrorCode::kOverloaded, "too many requests wait for this key");
    }
  } else {
    if (!state_->ReserveFlight()) {
      ++stripe.stats.overloaded;
      return Fail(ErrorCode::kOverloaded, "too many keys are being loaded");
    }
    const std::uint64_t id = ++stripe.last_flight * kStripeCount + index;
    flight = &stripe.flights[id];
    flight->id = id;
    flight->key = model::Key(key);
    stripe.by_key.emplace(flight->key.ref(), flight);
    joined.kind = Joined::Kind::kMustLoad;
    ++stripe.stats.started;
  }
  joined.waiter = {{flight->id}, ++flight->last_waiter};
  flight->waiters.push_back({joined.waiter.value, need, std::move(done)});
  ++flight->waiting;
  return joined;
}

void Flights::Sent(FlightId id, BootTime sent_at) {
  Stripe& stripe = state_->StripeOf(id);
  MutexLock lock(stripe.mutex);
  const auto flight = stripe.flights.find(id.value);
  if (flight != stripe.flights.end()) flight->second.sent_at = sent_at;
}

void Flights::Finish(FlightId id, Result<FlightResult> result) {
  Stripe& stripe = state_->StripeOf(id);
  Flight flight;
  {
    MutexLock lock(stripe.mutex);
    const auto found = stripe.flights.find(id.value);
    if (found == stripe.flights.end()) return;
    stripe.by_key.erase(found->second.key.ref());
    flight = std::move(found->second);
    stripe.flights.erase(found);
    state_->ReleaseFlights(1);
  }
  // From here on a Join of the key begins the next flight: its statement is sent after the arrival
  // of everybody who asks again.
  std::uint64_t collapsed = 0;
  std::uint64_t ask_again = 0;
  BootTime sent_at = flight.sent_at;
  if (sent_at == kMinusInfinity && result) sent_at = result->proof.fresh.at;
  for (Waiter& waiter : flight.waiters) {
    if (!waiter.done) continue;
    if (!result) {
      waiter.done(Fail(result.error()));
      continue;
    }
    FlightOutcome outcome;
    outcome.led = waiter.id == kLeader;
    if (outcome.led || CanCarry(*result, sent_at, waiter.need)) {
      outcome.result = *result;
      if (!outcome.led) ++collapsed;
    } else {
      outcome.kind = FlightOutcome::Kind::kAskAgain;
      ++ask_again;
    }
    waiter.done(std::move(outcome));
  }
  MutexLock lock(stripe.mutex);
  stripe.stats.collapsed += collapsed;
  stripe.stats.ask_again += ask_again;
}

bool Flights::Leave(WaiterId id) {
  Stripe& stripe = state_->StripeOf(id.flight);
  Done dropped;  // destroyed after the lock
  MutexLock lock(stripe.mutex);
  const auto found = stripe.flights.find(id.flight.value);
  if (found == stripe.flights.end()) return false;
  Flight& flight = found->second;
  const auto waiter = std::ranges::lower_bound(flight.waiters, id.value, {}, &Waiter::id);
  if (waiter == flight.waiters.end() || waiter->id != id.value || !waiter->done) return false;
  dropped = std::exchange(waiter->done, nullptr);
  --flight.waiting;
  ++stripe.stats.left;
  Compact(flight);
  return true;
}

void Flights::FailAll(const Error& error) {
  for (Stripe& stripe : state_->stripes) {
    std::unordered_map<std::uint64_t, Flight> flights;
    {
      MutexLock lock(stripe.mutex);
      stripe.by_key.clear();
      flights.swap(stripe.flights);
      state_->ReleaseFlights(flights.size());
    }
    for (auto& [id, flight] : flights) {
      for (Waiter& waiter : flight.waiters) {
        if (waiter.done) waiter.done(Fail(error));
      }
    }
  }
}

FlightsStats Flights::Stats() const {
  FlightsStats sum;
  for (const Stripe& stripe : state_->stripes) {
    MutexLock lock(stripe.mutex);
    sum.flights += stripe.flights.size();
    for (const auto& [id, flight] : stripe.flights) sum.waiters += flight.waiting;
    sum.started += stripe.stats.started;
    sum.collapsed += stripe.stats.collapsed;
    sum.ask_again += stripe.stats.ask_again;
    sum.left += stripe.stats.left;
    sum.overloaded += stripe.stats.overloaded;
  }
  return sum;
}

namespace {

// R15 for a request that arrived after the statement was sent: by an upper bound of the database's
// clock at that moment, the value may have been expired already.
bool ExpiredBefore(const FlightResult& result, BootTime arrived) {
  if (!result.entry || !result.entry->present()) return false;
  const std::optional<DbTime> expires_at = result.entry->expires_at();
  const model::Fresh& fresh = result.proof.fresh;
  if (!expires_at || fresh.at >= arrived) return false;
  if (fresh.at == kMinusInfinity) return true;
  return *expires_at <= fresh.db_now + std::chrono::ceil<microseconds>(arrived - fresh.at);
}

}  // namespace

bool CanCarry(const FlightResult& result, BootTime sent_at, const JoinNeed& need) {
  // G4: nothing committed before the request arrived may be missing.
  if (need.strong) return sent_at >= need.arrived || !Kept(Rule::kR9JoinStrong);
  // R9: the joiner inherits a proof that is perhaps older than its own arrival.
  const BootTime fresh = result.proof.fresh.at;
  if (fresh < need.arrived && Since(fresh, need.arrived) > need.staleness_max) {
    return !Kept(Rule::kR9JoinAge);
  }
  if (Kept(Rule::kR15JoinExpiry) && ExpiredBefore(result, need.arrived)) return false;
  if (!need.token || !Kept(Rule::kR10JoinToken)) return true;
  // R10: a token of another life wants the database, asked after the request arrived.
  if (need.token->incarnation != result.incarnation) return sent_at >= need.arrived;
  return result.proof.as_of >= need.token->position;
}

}  // namespace coolkit::cache
