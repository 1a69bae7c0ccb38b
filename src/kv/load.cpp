// Loads: one per key at a time, few enough at once, each by one statement on the primary (R11).
#include <algorithm>
#include <utility>

#include "base/rules.h"
#include "kv/service.h"
#include "net/await.h"

namespace coolkit::kv {

bool Service::TakeLoadSlot() {
  if (loads_in_flight_.fetch_add(1, std::memory_order_relaxed) < options_.loads_in_flight_max) {
    return true;
  }
  loads_in_flight_.fetch_sub(1, std::memory_order_relaxed);
  parts_.metrics.loads_refused.Add();
  return false;
}

namespace {

cache::FlightResult ResultOf(const store::ReadAnswer& answer, const feed::State& state,
                             const Clock& clock) {
  const store::Snapshot& snapshot = answer.snapshot;
  cache::FlightResult result;
  result.entry = answer.entries.front();
  // R6, R7: the statement's own snapshot; the local time before it was sent.
  result.proof = {snapshot.position, snapshot.position, {snapshot.sent_at, snapshot.db_now}};
  result.incarnation = snapshot.incarnation;
  if (!Kept(Rule::kR6LoadAsOf)) result.proof.as_of = state.Read().applied;
  if (!Kept(Rule::kR7LoadFresh)) result.proof.fresh.at = clock.Now();
  if (!Kept(Rule::kR10LoadPosition)) result.proof.seen = state.Read().applied;
  return result;
}

}  // namespace

void Service::MeetLife(const store::Snapshot& snapshot) {
  if (!Kept(Rule::kR12OwnStatement)) return;
  if (snapshot.incarnation.base <= parts_.state.Read().incarnation.base) return;
  {
    MutexLock lock(life_mutex_);
    if (snapshot.incarnation.base > life_met_.base) life_met_ = snapshot.incarnation;
    base_met_ = life_met_.base;
  }
  parts_.cache.LeaveOlderLife(snapshot.incarnation, snapshot.position);
}

feed::Sample Service::Known() const {
  feed::Sample known = parts_.state.Read();
  if (base_met_ > known.incarnation.base) {
    MutexLock lock(life_mutex_);
    known.incarnation = life_met_;
  }
  return known;
}

void Service::StartLoad(const model::Key& key, const ReadOptions& options, cache::FlightId flight) {
  if (!options.strong) {
    const ring::Route route = RouteOf(key.ref());
    if (route.owner == nullptr && route.previous != nullptr) {
      return AskPrevious(key, options, route, flight);
    }
  }
  LoadFromDatabase(key, options.deadline, flight);
}

void Service::LoadFromDatabase(const model::Key& key, BootTime deadline, cache::FlightId flight) {
  if (!TakeLoadSlot()) {
    parts_.flights.Finish(flight, Fail(ErrorCode::kOverloaded, "too many loads are under way"));
    return;
  }
  std::vector<model::Key> keys;
  keys.push_back(key);
  parts_.store.Read(std::move(keys), deadline, [this, flight](Result<store::ReadAnswer> answer) {
    loads_in_flight_.fetch_sub(1, std::memory_order_relaxed);
    if (!answer) return parts_.flights.Finish(flight, Fail(std::move(answer.error())));
    silence_.Heard(parts_.clock.Now());
    MeetLife(answer->snapshot);
    cache::FlightResult result = ResultOf(*answer, parts_.state, parts_.clock);
    parts_.cache.Admit(result.entry, result.proof, result.incarnation);
    MayPreempt();
    parts_.flights.Finish(flight, std::move(result));
  });
}

net::Task<Result<cache::FlightOutcome>> Service::Fly(cache::Flights& flights, model::Key key,
                                                     ReadOptions options, Lead lead, BootTime until,
                                                     net::Loop& loop) {
  using Outcome = Result<cache::FlightOutcome>;
  const cache::JoinNeed need{
      options.arrived,
      std::min(options_.staleness_max, options.staleness_max.value_or(nanoseconds::max())),
      options.strong, options.token};
  net::TimerId timer;
  Outcome outcome = co_await net::AwaitCompletion<Outcome>(
      loop, [&flights, &key, &need, until, &lead, &loop, &timer](Completion<Outcome> done) {
        // Called by the flight or, after a successful Leave, by the timer: once in all.
        auto finish = std::make_shared<Completion<Outcome>>(std::move(done));
        const Result<cache::Joined> joined = flights.Join(
            key.ref(), need, [finish](Outcome result) { (*finish)(std::move(result)); });
        if (!joined) return (*finish)(Fail(joined.error()));
        const cache::WaiterId waiter = joined->waiter;
        if (until != kNever) {
          timer = loop.At(until, [&flights, finish, waiter] {
            if (!flights.Leave(waiter)) return;
            (*finish)(Fail(ErrorCode::kDeadlineExceeded, "the read was not answered in time"));
          });
        }
        if (joined->kind == cache::Joined::Kind::kMustLoad) lead(waiter.flight);
      });
  loop.Cancel(timer);
  co_return outcome;
}

// no-store: a statement of its own, and nothing of it stays.
net::Task<Result<cache::FlightResult>> Service::LoadAlone(model::Key key, ReadOptions options,
                                                          net::Loop& loop) {
  using Answer = Result<store::ReadAnswer>;
  if (!TakeLoadSlot()) co_return Fail(ErrorCode::kOverloaded, "too many loads are under way");
  const BootTime deadline = options.deadline;
  const Answer answer =
      co_await net::AwaitCompletion<Answer>(loop, [this, &key, deadline](Completion<Answer> done) {
        std::vector<model::Key> keys;
        keys.push_back(std::move(key));
        parts_.store.Read(std::move(keys), deadline, std::move(done));
      });
  loads_in_flight_.fetch_sub(1, std::memory_order_relaxed);
  if (!answer) co_return Fail(answer.error());
  silence_.Heard(loop.Now());
  MeetLife(answer->snapshot);
  co_return ResultOf(*answer, parts_.state, parts_.clock);
}

}  // namespace coolkit::kv
