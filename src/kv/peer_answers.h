// Why: what is asked of another pod and when its answer may be used, alike for one key and for
// many. Pure.
#pragma once

#include <memory>

#include "cache/flights.h"
#include "feed/state.h"
#include "kv/requests.h"
#include "ring/peer_messages.h"
#include "ring/router.h"

namespace coolkit::kv {

// Without keys. `staleness_max`: B of the service.
[[nodiscard]] ring::PeerReadRequest RequestFor(const ring::Route& route,
                                               ring::PeerReadRequest::Kind kind,
                                               const ReadOptions& options,
                                               nanoseconds staleness_max);

// An entry to be used; of another life than this pod knows (R12) or with positions that nobody can
// have it is none.
[[nodiscard]] bool MayUse(const ring::PeerReadItem& item, const model::Incarnation& incarnation,
                          const feed::Sample& at);

// R6, R7: the proof of a peer's item, counted from before the request was sent. Takes the entry.
[[nodiscard]] cache::FlightResult ResultOf(ring::PeerReadItem& item,
                                           const model::Incarnation& incarnation, BootTime sent_at,
                                           std::shared_ptr<const std::string> pod);

// The names of a route's pods; they live as long as its view.
[[nodiscard]] inline std::shared_ptr<const std::string> NameOf(const ring::Route& route,
                                                               const ring::Member& member) {
  return {route.view, &member.name};
}

}  // namespace coolkit::kv
