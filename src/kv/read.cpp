// The read path: memory, then the key's owner, then one load per key, then, with the database gone,
// stale answers.
#include <algorithm>
#include <utility>

#include "base/rules.h"
#include "feed/serve_rule.h"
#include "kv/service.h"
#include "net/await.h"

namespace coolkit::kv {
namespace {

// Failures that mean "the database is gone" rather than "this request is wrong or too much".
bool MeansOutage(ErrorCode code) {
  return code == ErrorCode::kDatabaseUnavailable || code == ErrorCode::kStorageError ||
         code == ErrorCode::kDeadlineExceeded;
}

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
  // R6: `applied` was sampled before the look-up.
  answer.proof = {std::max(found.proof.as_of, sample.applied), found.proof.seen, staleness.by};
  answer.token = feed::AnswerToken(sample, found.proof, options.token);
  answer.source = source;
  answer.staleness = staleness.bound;
  answer.ttl = TtlLeft(*found.entry, staleness.by, now);
  return answer;
}

// A ring of one counts nothing.
HotKeys::Options OfARing(const Service::Parts& parts, HotKeys::Options options) {
  if (parts.router == nullptr) options.counters = 0;
  return options;
}

}  // namespace

Service::Service(Parts parts, ServiceOptions options)
    : parts_(parts),
      options_(options),
      hot_keys_(OfARing(parts, options.hot_keys)),
      read_again_(OfARing(parts, options.read_again)),
      silence_(options.silence) {}

// R8, in this order: the request has been read; horizon and position; look up; the clock.
Service::Lookup Service::LookUp(const model::KeyRef& key, const ReadOptions& options) const {
  Lookup lookup;
  lookup.sample = parts_.state.Read();
  MayPreempt();
  lookup.found = parts_.cache.Find(key, lookup.sample.incarnation);  // R8: e.I == I
  MayPreempt();
  if (!Kept(Rule::kR8SampleFirst)) lookup.sample = parts_.state.Read();
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
  if (options.GoesToDatabase()) return std::nullopt;
  Lookup lookup = LookUp(key, options);
  if (!lookup.answer) return std::nullopt;
  CountHit(*lookup.answer, key);
  return std::move(lookup.answer);
}

std::optional<ReadAnswer> Service::FindStale(const model::KeyRef& key, const ReadOptions& options,
                                             BootTime now) const {
  if (options.GoesToDatabase()) return std::nullopt;
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
  return FromFound(*found, sample, options, *staleness, now, Source::kStale);
}

std::optional<ReadAnswer> Service::StaleAnswer(const model::KeyRef& key, const ReadOptions& options,
                                               BootTime now) const {
  std::optional<ReadAnswer> answer = FindStale(key, options, now);
  if (answer) parts_.metrics.stale_hits.Add();
  return answer;
}

BootTime Service::WaitUntil(const ReadOptions& options, Otherwise otherwise, BootTime now) {
  if (otherwise == Otherwise::kNobody) return options.deadline;
  silence_.Heard(parts_.state.Read().horizon.at);
  const nanoseconds patience =
      otherwise == Otherwise::kOwner ? options_.silence.patience : silence_.Patience(now);
  return std::min(options.deadline, now + patience);
}

bool Service::GivesUp(const ReadOptions& options, BootTime began, BootTime until, BootTime now) {
  silence_.Heard(parts_.state.Read().horizon.at);
  const bool silent = silence_.WaitedInVain(began, until, now);
  if (silent) parts_.metrics.waits_given_up.Add();
  return silent || now >= options.deadline;
}

void Service::CountHit(ReadAnswer& answer, const model::KeyRef& key) const {
  (answer.entry->present() ? parts_.metrics.hits : parts_.metrics.negative_hits).Add();
  answer.near = parts_.router != nullptr && !parts_.router->Owns(key.hash);
  if (answer.near) parts_.metrics.near_hits.Add();
}

ReadAnswer Service::Loaded(const cache::FlightResult& result, const ReadOptions& options,
                           BootTime now) {
  ReadAnswer answer;
  answer.entry = result.entry;
  answer.proof = result.proof;
  answer.relay = result.relay;
  if (result.relay && !result.relay->loaded) {
    answer.staleness = std::max(Since(result.proof.fresh.at, now), nanoseconds(0));
  }
  // R10: a database read carries the position of its own snapshot.
  answer.token = {result.incarnation, result.proof.seen};
  if (options.token && options.token->incarnation == result.incarnation) {
    answer.token.position = std::max(answer.token.position, options.token->position);
  }
  answer.ttl = TtlLeft(*result.entry, result.proof.fresh, now);
  return answer;
}

Source Service::CountMiss(const Lookup& lookup) const {
  telemetry::Counter& counter = !lookup.found    ? parts_.metrics.misses
                                : lookup.expired ? parts_.metrics.expired
                                                 : parts_.metrics.unproven;
  counter.Add();
  return lookup.found ? Source::kRevalidated : Source::kMiss;
}

net::Task<Result<ReadAnswer>> Service::Read(model::Key key, ReadOptions options, net::Loop& loop) {
  Source source = Source::kRequested;
  if (options.GoesToDatabase()) {
    parts_.metrics.bypassed.Add();
  } else {
    Lookup lookup = LookUp(key.ref(), options);
    if (lookup.answer) {
      CountHit(*lookup.answer, key.ref());
      co_return std::move(*lookup.answer);
    }
    source = CountMiss(lookup);
  }
  co_return co_await ReadMissed(std::move(key), options, source, true, loop);
}

net::Task<Result<ReadAnswer>> Service::ReadMissed(model::Key key, ReadOptions options,
                                                  Source source, bool ask_owner, net::Loop& loop) {
  if (options.store_nothing) {
    if (options.only_if_cached) co_return Fail(ErrorCode::kNotCached, "no-store uses no cache");
    Result<cache::FlightResult> alone = co_await LoadAlone(std::move(key), options, loop);
    if (!alone) co_return Fail(std::move(alone.error()));
    ReadAnswer answer = Loaded(*alone, options, loop.Now());
    answer.source = Source::kRequested;
    co_return answer;
  }
  const ring::Route route = options.strong ? ring::Route() : RouteOf(key.ref());
  const bool has_owner = route.owner != nullptr;
  std::optional<ReadAnswer> stale;  // of the owner, which has lost the database
  if (has_owner && ask_owner) {
    std::optional<ReadAnswer> answer = co_await ReadOwner(key, options, route, source, loop);
    if (answer && !answer->relay->stale) co_return std::move(*answer);
    stale = std::move(answer);
  }
  if (options.only_if_cached) {
    if (stale) co_return std::move(*stale);
    co_return Fail(ErrorCode::kNotCached, "no provably fresh entry is cached");
  }
  Result<ReadAnswer> answer{ReadAnswer{}};
  for (;;) {
    const Otherwise otherwise = stale       ? Otherwise::kMemory
                                : has_owner ? Otherwise::kOwner
                                            : Otherwise::kNobody;
    answer = co_await ReadDatabase(key, options, source, otherwise, loop);
    const bool silent = !answer && answer.error().code == ErrorCode::kDeadlineExceeded;
    if (!silent || !has_owner || stale || loop.Now() >= options.deadline) break;
    // By now the owner may have given the database up, too.
    stale = co_await ReadOwner(key, options, route, source, loop);
    if (!stale) continue;
    if (!stale->relay->stale) co_return std::move(*stale);
    break;
  }
  if (!answer && stale && MeansOutage(answer.error().code)) {
    parts_.metrics.stale_hits.Add();
    co_return std::move(*stale);
  }
  co_return answer;
}

net::Task<Result<ReadAnswer>> Service::ReadDatabase(model::Key key, ReadOptions options,
                                                    Source source, Otherwise otherwise,
                                                    net::Loop& loop) {
  const Lead lead = [this, &key, &options](cache::FlightId flight) {
    StartLoad(key, options, flight);
  };
  BootTime began = loop.Now();
  const bool returns = otherwise != Otherwise::kNobody;
  if (FindStale(key.ref(), options, began)) otherwise = Otherwise::kMemory;
  BootTime until = WaitUntil(options, otherwise, began);
  for (bool again = false;;) {
    Result<cache::FlightOutcome> outcome =
        Fail(ErrorCode::kDeadlineExceeded, "the database is silent");
    const bool waits = until > began || until == options.deadline;
    if (waits) outcome = co_await Fly(parts_.flights, key, options, lead, until, loop);
    const BootTime now = loop.Now();
    if (!outcome) {
      Error error = std::move(outcome.error());
      const bool late = error.code == ErrorCode::kDeadlineExceeded && now >= until;
      if (late && waits && !GivesUp(options, began, until, now)) {
        began = now;
        until = WaitUntil(options, otherwise, now);
        continue;
      }
      if (MeansOutage(error.code)) {
        if (auto stale = StaleAnswer(key.ref(), options, now)) co_return std::move(*stale);
      }
      if (late && !returns && now < options.deadline) {
        // What memory had has gone since: this read waits as one of an unknown key does.
        otherwise = Otherwise::kNobody;
        began = now;
        until = options.deadline;
        continue;
      }
      // The deadline that passed may have been that of the request which led the load: once more.
      const bool led_by_another = error.code == ErrorCode::kDeadlineExceeded && now < until;
      if (led_by_another && !std::exchange(again, true)) continue;
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

}  // namespace coolkit::kv
