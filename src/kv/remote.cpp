// Requests to other pods: reads and writes go to the key's owner, and a new owner looks into the
// cache of the one before it. Each has another way out when the peer does not answer.
#include <algorithm>
#include <utility>

#include "base/rules.h"
#include "feed/chain.h"
#include "kv/peer_answers.h"
#include "kv/service.h"
#include "net/await.h"

namespace coolkit::kv {
namespace {

// The answer to a request for one key, if it may be used.
ring::PeerReadItem* TheAnswer(Result<ring::PeerReadReply>& reply, const feed::Sample& at) {
  if (!reply || reply->items.size() != 1) return nullptr;
  ring::PeerReadItem& item = reply->items.front();
  return MayUse(item, reply->incarnation, at) ? &item : nullptr;
}

}  // namespace

// R7: never when the answer came.
BootTime Service::SentAt(BootTime sent_at) const {
  return Kept(Rule::kR7PeerFresh) ? sent_at : parts_.clock.Now();
}

ring::Route Service::RouteOf(const model::KeyRef& key) const {
  if (parts_.router == nullptr) return {};
  return parts_.router->For(key.hash, parts_.clock.Now());
}

bool Service::Owns(const model::KeyRef& key) const {
  return parts_.router == nullptr || parts_.router->Owns(key.hash);
}

bool Service::Admit(const model::EntryPtr& entry, const model::Proof& proof,
                    const model::Incarnation& incarnation) {
  const model::Position claimed = std::max(proof.as_of, proof.seen);
  if (feed::IsAbsurd(claimed, parts_.state.Read().applied)) return false;
  const cache::Admitted admitted = parts_.cache.Admit(entry, proof, incarnation);
  return admitted == cache::Admitted::kStored || admitted == cache::Admitted::kMerged;
}

void Service::KeepCopy(const ring::PeerReadItem& item, const cache::FlightResult& result) {
  if (item.stale) return;
  if (item.hot) {
    Admit(result.entry, result.proof, result.incarnation);
    return;
  }
  if (options_.only_hot_copies) return;
  if (!read_again_.Count(result.entry->key_ref().hash, parts_.clock.Now())) return;
  const model::Position claimed = std::max(result.proof.as_of, result.proof.seen);
  if (feed::IsAbsurd(claimed, parts_.state.Read().applied)) return;
  parts_.cache.AdmitIfRoom(result.entry, result.proof, result.incarnation);
}

void Service::AskOwner(const model::Key& key, const ReadOptions& options, const ring::Route& route,
                       cache::FlightId flight) {
  const auto kind = options.only_if_cached ? ring::PeerReadRequest::Kind::kCacheOnly
                                           : ring::PeerReadRequest::Kind::kOwner;
  ring::PeerReadRequest request = RequestFor(route, kind, options, options_.staleness_max);
  request.keys.push_back(key);
  const nanoseconds unlimited = nanoseconds::max();
  request.outage_staleness_max =
      std::min({options_.stale_while_database_down, options.staleness_max.value_or(unlimited),
                options.stale_if_error_max.value_or(unlimited)});
  const BootTime sent_at = parts_.clock.Now();  // R7: before the bytes go out
  parts_.peers->Read(route.owner->id, std::move(request),
                     [this, flight, sent_at, route](Result<ring::PeerReadReply> reply) {
                       ring::PeerReadItem* const item = TheAnswer(reply, Known());
                       if (item == nullptr) {
                         parts_.metrics.peer_failures.Add();
                         Error error =
                             !reply ? std::move(reply.error())
                                    : Error{ErrorCode::kNotCached, "the owner had no answer", {}};
                         return parts_.peer_flights->Finish(flight, Fail(std::move(error)));
                       }
                       (item->loaded ? parts_.metrics.peer_loads : parts_.metrics.peer_hits).Add();
                       cache::FlightResult result = ResultOf(
                           *item, reply->incarnation, SentAt(sent_at), NameOf(route, *route.owner));
                       KeepCopy(*item, result);
                       parts_.peer_flights->Finish(flight, std::move(result));
                     });
}

net::Task<std::optional<ReadAnswer>> Service::ReadOwner(model::Key key, ReadOptions options,
                                                        ring::Route route, Source source,
                                                        net::Loop& loop) {
  const Lead lead = [this, &key, &options, &route](cache::FlightId flight) {
    AskOwner(key, options, route, flight);
  };
  for (;;) {
    Result<cache::FlightOutcome> outcome =
        co_await Fly(*parts_.peer_flights, key, options, lead, options.deadline, loop);
    if (!outcome) co_return std::nullopt;
    if (outcome->kind == cache::FlightOutcome::Kind::kAskAgain) continue;
    const BootTime now = loop.Now();
    ReadAnswer answer = Loaded(outcome->result, options, now);
    if (answer.ttl && answer.ttl->count() == 0) co_return std::nullopt;  // R15: ask the database
    answer.source = source;
    answer.collapsed = !outcome->led;
    const auto cached = parts_.cache.Peek(key.ref());
    answer.stored = cached && cached->entry->version() == answer.entry->version();
    if (answer.collapsed) parts_.metrics.collapsed_loads.Add();
    co_return answer;
  }
}

// R17: rank 2, answered at once; whatever comes of it, the flight goes on to the database.
void Service::AskPrevious(const model::Key& key, const ReadOptions& options,
                          const ring::Route& route, cache::FlightId flight) {
  ring::PeerReadRequest request =
      RequestFor(route, ring::PeerReadRequest::Kind::kCacheOnly, options, options_.staleness_max);
  request.keys.push_back(key);
  const BootTime sent_at = parts_.clock.Now();
  const BootTime deadline = options.deadline;
  parts_.peers->Read(
      route.previous->id, std::move(request),
      [this, key, deadline, flight, sent_at, route](Result<ring::PeerReadReply> reply) {
        ring::PeerReadItem* const item = TheAnswer(reply, Known());
        if (item == nullptr) {
          parts_.metrics.previous_misses.Add();
          return LoadFromDatabase(key, deadline, flight);
        }
        parts_.metrics.previous_hits.Add();
        cache::FlightResult result =
            ResultOf(*item, reply->incarnation, SentAt(sent_at), NameOf(route, *route.previous));
        Admit(result.entry, result.proof, result.incarnation);
        parts_.flights.Finish(flight, std::move(result));
      });
}

net::Task<std::vector<Result<store::WriteAnswer>>> Service::WriteAtOwner(
    std::vector<store::WriteOp> ops, ring::Route route, BootTime deadline, net::Loop& loop) {
  using Reply = Result<ring::PeerWriteReply>;
  ring::PeerWriteRequest request;
  request.epoch = route.epoch();
  request.deadline = deadline;
  request.ops = ops;
  const ring::MemberId owner = route.owner->id;
  Reply reply =
      co_await net::AwaitCompletion<Reply>(loop, [this, &owner, &request](Completion<Reply> done) {
        parts_.peers->Write(owner, std::move(request), std::move(done));
      });
  using Refusal = ring::PeerWriteReply::Refusal;
  const bool sure =
      reply ? reply->refusal != Refusal::kNone
            : reply.error().code != ErrorCode::kOutcomeUnknown || !Kept(Rule::kR18Forwarded);
  std::vector<Result<store::WriteAnswer>> answers;
  if (sure) {
    // R18: it surely did not take them.
    parts_.metrics.writes_not_taken.Add(ops.size());
    answers = co_await WriteHere(std::move(ops), deadline, loop);
    co_return answers;
  }
  const bool answered = reply && reply->items.size() == ops.size();
  (answered ? parts_.metrics.forwarded_writes : parts_.metrics.writes_unknown).Add(ops.size());
  answers.reserve(ops.size());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (!answered) {
      answers.push_back(
          Fail(ErrorCode::kOutcomeUnknown, "the pod that owns the key did not answer in time"));
      continue;
    }
    ring::PeerWriteItem& item = reply->items[i];
    if (!item.done) {
      answers.push_back(Fail(std::move(item.error)));
      continue;
    }
    // A copy of what was there before is of no use any more.
    const model::Version before{item.outcome.version.value - 1};
    parts_.cache.Erase(ops[i].key.ref(), before);
    store::WriteAnswer answer;
    answer.snapshot.incarnation = item.incarnation;
    answer.snapshot.position = item.position;
    answer.snapshot.db_now = item.db_now;
    answer.outcome = item.outcome;
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

std::optional<Service::PeerRead> Service::TryReadForPeer(const model::KeyRef& key,
                                                         const ring::PeerReadRequest& request) {
  ReadOptions options;
  options.staleness_max = request.staleness_max;
  options.token = request.token;
  const Lookup lookup = LookUp(key, options);
  if (!lookup.answer) return std::nullopt;
  PeerRead read;
  read.incarnation = lookup.sample.incarnation;
  ring::PeerReadItem& item = read.item;
  item.status = ring::PeerReadItem::Status::kFound;
  item.entry = lookup.answer->entry;
  const model::Proof& proof = lookup.answer->proof;
  item.as_of = proof.as_of;
  if (!Kept(Rule::kR6PeerAsOf)) item.as_of = parts_.state.Read().applied;
  item.seen = proof.seen;
  item.age = lookup.now - proof.fresh.at;
  item.db_now = proof.fresh.db_now;
  item.hot = hot_keys_.Count(key.hash, lookup.now);
  return read;
}

net::Task<Service::PeerRead> Service::ReadForPeer(model::Key key, ring::PeerReadRequest request,
                                                  net::Loop& loop) {
  ReadOptions options;
  options.arrived = loop.Now();
  options.deadline = request.deadline;
  options.staleness_max = std::max(request.staleness_max, request.outage_staleness_max);
  options.stale_if_error_max = request.outage_staleness_max;
  options.token = request.token;
  Result<ReadAnswer> answer{ReadAnswer{}};
  if (Kept(Rule::kR17NoForward)) {
    answer = co_await ReadDatabase(key, options, Source::kMiss, Otherwise::kNobody, loop);
  } else {
    answer = co_await Read(key, options, loop);
  }
  PeerRead read;
  ring::PeerReadItem& item = read.item;
  if (!answer) {
    item.status = ring::PeerReadItem::Status::kFailed;
    item.error = std::move(answer.error());
    co_return read;
  }
  read.incarnation = answer->token.incarnation;
  item.status = ring::PeerReadItem::Status::kFound;
  item.entry = std::move(answer->entry);
  item.as_of = answer->proof.as_of;
  if (!Kept(Rule::kR6PeerAsOf)) item.as_of = std::max(item.as_of, parts_.state.Read().applied);
  item.seen = answer->proof.seen;
  item.age = loop.Now() - answer->proof.fresh.at;
  item.db_now = answer->proof.fresh.db_now;
  item.stale = answer->source == Source::kStale;
  item.loaded = !item.stale && !answer->relay;
  item.collapsed = answer->collapsed;
  item.hot = hot_keys_.Count(key.hash, loop.Now());
  co_return read;
}

}  // namespace coolkit::kv
