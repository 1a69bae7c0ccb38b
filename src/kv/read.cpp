// The read path: memory, then one load per key, then, with the database gone, stale answers.
#include <algorithm>
#include <utility>

#include "feed/serve_rule.h"
#include "kv/service.h"
#include "net/await.h"
#include "net/when_all.h"

namespace coolkit::kv {
namespace {

// Failures that mean "the database is gone" rather than "this request is wrong or too much".
bool MeansOutage(ErrorCode code) {
  return code == ErrorCode::kDatabaseUnavailable || code == ErrorCode::kStorageError ||
         code == ErrorCode::kDeadlineExceeded;
}

bool GoesToDatabase(const ReadOptions& options) { return options.strong || options.store_nothing; }

std::optional<milliseconds> TtlLeft(const model::Entry& entry, const model::Fresh& by,
                                    BootTime now) {
  const std::optional<DbTime> expires_at = entry.expires_at();
  if (!expires_at || !entry.present()) return std::nullopt;
  const DbTime upper = feed::DbTimeUpperBound(by, now);
  if (upper >= *expires_at) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(*expires_at - upper);
}

ReadAnswer FromFound(const cache::Found& found, const feed::Sample& sample,
                     const ReadOptions& options, const feed::Staleness& staleness, BootTime now,
                     Source source) {
  ReadAnswer answer;
  answer.entry = found.entry;
  answer.token = feed::AnswerToken(sample, found.proof, options.token);
  answer.source = source;
  answer.staleness = staleness.bound;
  answer.ttl = TtlLeft(*found.entry, staleness.by, now);
  return answer;
}

}  // namespace

Service::Service(Parts parts, ServiceOptions options) : parts_(parts), options_(options) {}

// R8, in this order: the request has been read; horizon and position; look up; the clock.
Service::Lookup Service::LookUp(const model::KeyRef& key, const ReadOptions& options) const {
  Lookup lookup;
  lookup.sample = parts_.state.Read();
  lookup.found = parts_.cache.Find(key, lookup.sample.incarnation);  // R8: e.I == I
  lookup.now = parts_.clock.Now();
  if (!lookup.found) return lookup;
  const nanoseconds bound =
      std::min(options_.staleness_max, options.staleness_max.value_or(nanoseconds::max()));
  const auto staleness = feed::MayServe(lookup.sample, lookup.found->proof, lookup.now, bound);
  if (!staleness) return lookup;
  if (feed::MaybeExpired(lookup.found->entry->expires_at(), staleness->by, lookup.now) &&
      lookup.found->entry->present()) {
    lookup.expired = true;
    return lookup;
  }
  if (options.token && !feed::MeetsToken(lookup.sample, lookup.found->proof, *options.token)) {
    return lookup;
  }
  lookup.answer =
      FromFound(*lookup.found, lookup.sample, options, *staleness, lookup.now, Source::kHit);
  return lookup;
}

std::optional<ReadAnswer> Service::TryRead(const model::KeyRef& key, const ReadOptions& options) {
  if (GoesToDatabase(options)) return std::nullopt;
  Lookup lookup = LookUp(key, options);
  if (!lookup.answer) return std::nullopt;
  (lookup.answer->entry->present() ? parts_.metrics.hits : parts_.metrics.negative_hits).Add();
  return std::move(lookup.answer);
}

std::optional<ReadAnswer> Service::StaleAnswer(const model::KeyRef& key, const ReadOptions& options,
                                               BootTime now) const {
  if (GoesToDatabase(options)) return std::nullopt;
  const nanoseconds unlimited = nanoseconds::max();
  const nanoseconds bound =
      std::min({options_.stale_while_database_down, options.staleness_max.value_or(unlimited),
                options.stale_if_error_max.value_or(unlimited)});
  if (bound.count() <= 0) return std::nullopt;
  const feed::Sample sample = parts_.state.Read();
  const std::optional<cache::Found> found = parts_.cache.Peek(key, sample.incarnation);
  if (!found) return std::nullopt;
  const auto staleness = feed::MayServe(sample, found->proof, now, bound);
  if (!staleness) return std::nullopt;
  if (found->entry->present() &&
      feed::MaybeExpired(found->entry->expires_at(), staleness->by, now)) {
    return std::nullopt;  // R15: only the database could say that it still lives
  }
  // R10: a token is a promise, also during an outage.
  if (options.token && !feed::MeetsToken(sample, found->proof, *options.token)) {
    return std::nullopt;
  }
  parts_.metrics.stale_hits.Add();
  return FromFound(*found, sample, options, *staleness, now, Source::kStale);
}

ReadAnswer Service::Loaded(const cache::FlightResult& result, const ReadOptions& options,
                           BootTime now) {
  ReadAnswer answer;
  answer.entry = result.entry;
  // R10: a database read carries the position of its own snapshot.
  answer.token = {result.incarnation, result.proof.seen};
  if (options.token && options.token->incarnation == result.incarnation) {
    answer.token.position = std::max(answer.token.position, options.token->position);
  }
  answer.ttl = TtlLeft(*result.entry, result.proof.fresh, now);
  return answer;
}

bool Service::TakeLoadSlot() {
  if (loads_in_flight_.fetch_add(1, std::memory_order_relaxed) < options_.loads_in_flight_max) {
    return true;
  }
  loads_in_flight_.fetch_sub(1, std::memory_order_relaxed);
  parts_.metrics.loads_refused.Add();
  return false;
}

namespace {

cache::FlightResult ResultOf(const store::ReadAnswer& answer) {
  const store::Snapshot& snapshot = answer.snapshot;
  cache::FlightResult result;
  result.entry = answer.entries.front();
  // R6, R7: the statement's own snapshot; the local time before it was sent.
  result.proof = {snapshot.position, snapshot.position, {snapshot.sent_at, snapshot.db_now}};
  result.incarnation = snapshot.incarnation;
  return result;
}

}  // namespace

void Service::StartLoad(const model::Key& key, BootTime deadline, cache::FlightId flight) {
  if (!TakeLoadSlot()) {
    parts_.flights.Finish(flight, Fail(ErrorCode::kOverloaded, "too many loads are under way"));
    return;
  }
  std::vector<model::Key> keys;
  keys.push_back(key);
  parts_.store.Read(std::move(keys), deadline, [this, flight](Result<store::ReadAnswer> answer) {
    loads_in_flight_.fetch_sub(1, std::memory_order_relaxed);
    if (!answer) return parts_.flights.Finish(flight, Fail(std::move(answer.error())));
    cache::FlightResult result = ResultOf(*answer);
    parts_.cache.Admit(result.entry, result.proof, result.incarnation);
    parts_.flights.Finish(flight, std::move(result));
  });
}

// One turn of the single flight: joins or leads, and waits no longer than the request may.
net::Task<Result<cache::FlightOutcome>> Service::Fly(model::Key key, ReadOptions options,
                                                     net::Loop& loop) {
  using Outcome = Result<cache::FlightOutcome>;
  const cache::JoinNeed need{
      options.arrived,
      std::min(options_.staleness_max, options.staleness_max.value_or(nanoseconds::max())),
      options.strong, options.token};
  net::TimerId timer;
  Outcome outcome = co_await net::AwaitCompletion<Outcome>(
      loop, [this, &key, &need, &options, &loop, &timer](Completion<Outcome> done) {
        // Called by the flight or, after a successful Leave, by the timer: once in all.
        auto finish = std::make_shared<Completion<Outcome>>(std::move(done));
        const Result<cache::Joined> joined = parts_.flights.Join(
            key.ref(), need, [finish](Outcome result) { (*finish)(std::move(result)); });
        if (!joined) return (*finish)(Fail(joined.error()));
        const cache::WaiterId waiter = joined->waiter;
        if (options.deadline != kNever) {
          timer = loop.At(options.deadline, [this, finish, waiter] {
            if (!parts_.flights.Leave(waiter)) return;
            (*finish)(Fail(ErrorCode::kDeadlineExceeded, "the read was not answered in time"));
          });
        }
        if (joined->kind == cache::Joined::Kind::kMustLoad) {
          StartLoad(key, options.deadline, waiter.flight);
        }
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
  co_return ResultOf(*answer);
}

net::Task<Result<ReadAnswer>> Service::Read(model::Key key, ReadOptions options, net::Loop& loop) {
  Source source = Source::kRequested;
  if (GoesToDatabase(options)) {
    parts_.metrics.bypassed.Add();
  } else {
    Lookup lookup = LookUp(key.ref(), options);
    if (lookup.answer) {
      (lookup.answer->entry->present() ? parts_.metrics.hits : parts_.metrics.negative_hits).Add();
      co_return std::move(*lookup.answer);
    }
    source = lookup.found ? Source::kRevalidated : Source::kMiss;
    telemetry::Counter& counter = !lookup.found    ? parts_.metrics.misses
                                  : lookup.expired ? parts_.metrics.expired
                                                   : parts_.metrics.unproven;
    counter.Add();
  }
  if (options.only_if_cached) {
    co_return Fail(ErrorCode::kNotCached, "no provably fresh entry is cached");
  }
  if (options.store_nothing) {
    Result<cache::FlightResult> alone = co_await LoadAlone(std::move(key), options, loop);
    if (!alone) co_return Fail(std::move(alone.error()));
    ReadAnswer answer = Loaded(*alone, options, loop.Now());
    answer.source = Source::kRequested;
    co_return answer;
  }
  for (bool again = false;;) {
    Result<cache::FlightOutcome> outcome = co_await Fly(key, options, loop);
    const BootTime now = loop.Now();
    if (!outcome) {
      Error error = std::move(outcome.error());
      if (MeansOutage(error.code)) {
        if (auto stale = StaleAnswer(key.ref(), options, now)) co_return std::move(*stale);
      }
      // The deadline that passed may have been that of the request which led the load: once more.
      const bool time_left = now < options.deadline;
      if (error.code == ErrorCode::kDeadlineExceeded && time_left && !std::exchange(again, true)) {
        continue;
      }
      co_return Fail(std::move(error));
    }
    if (outcome->kind == cache::FlightOutcome::Kind::kAskAgain) continue;
    ReadAnswer answer = Loaded(outcome->result, options, now);
    answer.source = source;
    answer.collapsed = !outcome->led;
    const auto cached = parts_.cache.Peek(key.ref());
    answer.stored = cached && cached->entry->version() == answer.entry->version();
    if (answer.collapsed) parts_.metrics.collapsed_loads.Add();
    co_return answer;
  }
}

net::Task<std::vector<Result<ReadAnswer>>> Service::ReadMany(std::vector<model::Key> keys,
                                                             ReadOptions options, net::Loop& loop) {
  std::vector<net::Task<Result<ReadAnswer>>> reads;
  reads.reserve(keys.size());
  for (model::Key& key : keys) reads.push_back(Read(std::move(key), options, loop));
  std::vector<Result<ReadAnswer>> answers =
      co_await net::WhenAll<Result<ReadAnswer>>(std::move(reads));
  co_return answers;
}

}  // namespace coolkit::kv
