// Why: every queue, size, wait and retry of the peer protocol has a name, a number and, where it
// can be hit, a counter: coolkit_limit_hits_total{limit="…"} with the name in quotes. Values.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace coolkit::peer {

struct Limits {
  // Connecting and proving.
  std::size_t addresses_max = 1024;        // "peer_addresses": further ones are not dialled
  milliseconds connect_timeout{1'000};     // TCP and the upgrade
  milliseconds handshake_timeout{2'000};   // "peer_handshake_time": each side, first to last byte
  milliseconds reconnect_min{50};          // pause after a failure, doubling, with jitter
  milliseconds reconnect_max{2'000};       //
  milliseconds alias_retry{5'000};         // an address at which a connected member answers
  std::size_t connections_in_max = 2'048;  // "peer_connections": further ones are refused

  // A connection that is up.
  milliseconds keep_alive_after{200};   // unheard for so long: the one who dialled asks for a sign
  milliseconds silence_max{1'000};      // "peer_silence": unheard for so long: closed
  milliseconds write_stall_max{2'000};  // "peer_write_stall": bytes not taken for so long: closed
  // "peer_message_bytes": the parts of unfinished messages of one connection; closed.
  std::size_t partial_bytes_max = 32u << 20;
  // "peer_partial_bytes": the same over all connections; closed.
  std::size_t partial_bytes_total_max = 256u << 20;

  // Requests to peers. Beyond: kOverloaded.
  milliseconds peer_timeout{200};  // reads; a deadline that comes earlier counts
  milliseconds push_timeout{2'000};
  std::size_t requests_out_max = 4'096;   // "peer_requests_out": waiting or unanswered, per peer
  std::size_t bytes_out_max = 32u << 20;  // "peer_bytes_out": of their bodies, per peer
  std::size_t bytes_out_total_max = 256u << 20;  // "peer_bytes_out_total": over all peers
  // The breaker.
  int breaker_timeouts_max = 5;        // reads that timed out in a row though the peer was heard
  milliseconds breaker_open_min{250};  // doubling, with jitter
  milliseconds breaker_open_max{5'000};

  // Requests of peers.
  std::size_t requests_in_max = 1'024;    // "peer_requests_in": being answered, per connection
  std::size_t bytes_in_max = 32u << 20;   // "peer_bytes_in": of their bodies, per connection
  milliseconds request_time_max{30'000};  // no request is worked on for longer
  // "peer_reply_bytes": replies that the peer does not take: no more of its requests are read.
  std::size_t reply_bytes_max = 32u << 20;

  // The feed.
  std::size_t subscriptions_max = 1'024;        // "peer_subscriptions": refused
  std::size_t subscriber_bytes_max = 8u << 20;  // "peer_subscriber_bytes": frames are left out
};

}  // namespace coolkit::peer
