#include "kv/peer_answers.h"

#include <algorithm>
#include <utility>

#include "feed/chain.h"

namespace coolkit::kv {

ring::PeerReadRequest RequestFor(const ring::Route& route, ring::PeerReadRequest::Kind kind,
                                 const ReadOptions& options, nanoseconds staleness_max) {
  ring::PeerReadRequest request;
  request.kind = kind;
  request.epoch = route.epoch();
  request.deadline = options.deadline;
  request.staleness_max =
      std::min(staleness_max, options.staleness_max.value_or(nanoseconds::max()));
  request.token = options.token;
  return request;
}

bool MayUse(const ring::PeerReadItem& item, const model::Incarnation& incarnation,
            const feed::Sample& at) {
  if (item.status != ring::PeerReadItem::Status::kFound || !item.entry) return false;
  const bool knows_none = at.incarnation == model::Incarnation{};
  if (incarnation != at.incarnation) return knows_none;
  return !feed::IsAbsurd(std::max(item.as_of, item.seen), at.applied);
}

cache::FlightResult ResultOf(ring::PeerReadItem& item, const model::Incarnation& incarnation,
                             BootTime sent_at, std::shared_ptr<const std::string> pod) {
  cache::FlightResult result;
  result.entry = std::move(item.entry);
  const nanoseconds age = std::max(item.age, nanoseconds(0));  // none is younger than its request
  result.proof = {item.as_of, item.seen, {sent_at - age, item.db_now}};
  result.incarnation = incarnation;
  result.relay = cache::Relay{std::move(pod), item.loaded, item.collapsed, item.stale};
  return result;
}

}  // namespace coolkit::kv
