// Batches of keys: what memory has, then one look-up at each owner for all of its keys that are
// missing here, then the rest key by key.
#include <atomic>
#include <memory>
#include <utility>

#include "kv/peer_answers.h"
#include "kv/service.h"
#include "net/await.h"
#include "net/when_all.h"

namespace coolkit::kv {

struct Service::OwnersPart {
  ring::Route route;
  std::vector<std::size_t> missed;  // indices
  BootTime sent_at{};
  Result<ring::PeerReadReply> reply;
};

namespace {

// What is asked of several owners at once. Their answers come on any thread.
template <class Part>
struct Asked {
  std::vector<Part> parts;
  std::atomic<std::size_t> left{0};
  Completion<bool> done;

  void Take(std::size_t part, Result<ring::PeerReadReply> reply) {
    parts[part].reply = std::move(reply);
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) done(true);
  }
};

}  // namespace

// An owner of a single key is asked as for any read: that waits for one load, not for two answers.
std::vector<Service::OwnersPart> Service::PartsOf(const Batch& batch) const {
  std::vector<OwnersPart> parts;
  for (std::size_t i = 0; i < batch.missed.size(); ++i) {
    ring::Route route = RouteOf(batch.keys[batch.missed[i].index].ref());
    if (route.owner == nullptr) continue;
    auto part = parts.begin();
    while (part != parts.end() && part->route.owner != route.owner) ++part;
    if (part == parts.end()) part = parts.insert(part, OwnersPart{std::move(route), {}, {}, {}});
    part->missed.push_back(i);
  }
  std::erase_if(parts, [](const OwnersPart& part) { return part.missed.size() < 2; });
  return parts;
}

// R17: rank 2, answered at once. So a hit never waits for its neighbour's load, no flight is
// needed, and an owner that does not answer is waited for once.
net::Task<void> Service::AskOwners(Batch& batch, net::Loop& loop) {
  auto asked = std::make_shared<Asked<OwnersPart>>();
  asked->parts = PartsOf(batch);
  if (asked->parts.empty()) co_return;
  asked->left = asked->parts.size();
  co_await net::AwaitCompletion<bool>(loop, [this, &asked, &batch](Completion<bool> done) {
    asked->done = std::move(done);
    for (std::size_t n = 0; n < asked->parts.size(); ++n) {
      OwnersPart& part = asked->parts[n];
      ring::PeerReadRequest request =
          RequestFor(part.route, ring::PeerReadRequest::Kind::kCacheOnly, batch.options,
                     options_.staleness_max);
      request.keys.reserve(part.missed.size());
      for (const std::size_t i : part.missed) {
        request.keys.push_back(batch.keys[batch.missed[i].index]);
      }
      parts_.metrics.owner_batches.Add();
      part.sent_at = parts_.clock.Now();  // R7: before the bytes go out
      parts_.peers->Read(
          part.route.owner->id, std::move(request),
          [asked, n](Result<ring::PeerReadReply> reply) { asked->Take(n, std::move(reply)); });
    }
  });
  const BootTime now = loop.Now();
  for (OwnersPart& part : asked->parts) TakeOwnersAnswers(batch, part, now);
}

void Service::TakeOwnersAnswers(Batch& batch, OwnersPart& part, BootTime now) {
  const bool answered = part.reply && part.reply->items.size() == part.missed.size();
  if (!answered) parts_.metrics.peer_failures.Add(part.missed.size());
  const feed::Sample at = Known();
  for (std::size_t i = 0; i < part.missed.size(); ++i) {
    Missed& missed = batch.missed[part.missed[i]];
    missed.ask_owner = false;
    if (!answered) continue;
    ring::PeerReadItem& item = part.reply->items[i];
    const bool found = item.status == ring::PeerReadItem::Status::kFound;
    if (!found) {
      // Not there: it may load now. (Or the answer was full: again, alone.)
      missed.ask_owner =
          !batch.options.only_if_cached || item.error.code == ErrorCode::kPayloadTooLarge;
      continue;
    }
    if (!MayUse(item, part.reply->incarnation, at)) {
      parts_.metrics.peer_failures.Add();
      continue;
    }
    parts_.metrics.peer_hits.Add();
    const cache::FlightResult result = ResultOf(item, part.reply->incarnation, SentAt(part.sent_at),
                                                NameOf(part.route, *part.route.owner));
    KeepCopy(item, result);
    ReadAnswer answer = Loaded(result, batch.options, now);
    if (answer.ttl && answer.ttl->count() == 0) continue;  // R15: ask the database
    answer.source = missed.source;
    batch.answers[missed.index] = std::move(answer);
    missed.answered = true;
  }
}

net::Task<std::vector<Result<ReadAnswer>>> Service::ReadMany(std::vector<model::Key> keys,
                                                             ReadOptions options, net::Loop& loop) {
  Batch batch;
  batch.keys = std::move(keys);
  batch.options = options;
  batch.answers.resize(batch.keys.size());
  for (std::size_t i = 0; i < batch.keys.size(); ++i) {
    if (options.GoesToDatabase()) {
      parts_.metrics.bypassed.Add();
      batch.missed.push_back({i, Source::kRequested});
      continue;
    }
    const model::KeyRef key = batch.keys[i].ref();
    Lookup lookup = LookUp(key, options);
    if (lookup.answer) {
      CountHit(*lookup.answer, key);
      batch.answers[i] = std::move(*lookup.answer);
    } else {
      batch.missed.push_back({i, CountMiss(lookup)});
    }
  }
  if (!options.GoesToDatabase()) co_await AskOwners(batch, loop);
  std::vector<net::Task<Result<ReadAnswer>>> reads;
  for (const Missed& missed : batch.missed) {
    if (missed.answered) continue;
    model::Key key = std::move(batch.keys[missed.index]);
    reads.push_back(ReadMissed(std::move(key), options, missed.source, missed.ask_owner, loop));
  }
  std::vector<Result<ReadAnswer>> read =
      co_await net::WhenAll<Result<ReadAnswer>>(std::move(reads));
  auto next = read.begin();
  for (const Missed& missed : batch.missed) {
    if (!missed.answered) batch.answers[missed.index] = std::move(*next++);
  }
  co_return std::move(batch.answers);
}

}  // namespace coolkit::kv
