// Why: what both sides of the peer protocol count, declared once. Registered by the composition
// root, updated from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "telemetry/metrics.h"

namespace coolkit::peer {

struct RequestMetrics {
  // coolkit_peer_requests_total{kind,result}
  telemetry::Counter& answered;
  telemetry::Counter& timed_out;
  telemetry::Counter& not_connected;
  telemetry::Counter& overloaded;
  telemetry::Counter& outcome_unknown;
  // coolkit_peer_request_duration_seconds{kind}: from the call to the answer
  telemetry::Histogram& duration;
};

struct PeerMetrics {
  explicit PeerMetrics(telemetry::Registry& registry);

  // Counts a refused or failed handshake by reason; an unknown one as "other".
  void CountHandshakeFailure(std::string_view reason);
  // Counts a hit of a limit of limits.h by its name.
  void CountLimit(std::string_view limit);

  telemetry::Gauge& connections_out;  // coolkit_peer_connections{direction}
  telemetry::Gauge& connections_in;
  telemetry::Counter& connects;          // coolkit_peer_connects_total{result}
  telemetry::Counter& connect_failures;  //
  telemetry::Counter& bytes_sent;        // coolkit_peer_bytes_total{direction}
  telemetry::Counter& bytes_received;
  telemetry::Counter& messages_sent;  // coolkit_peer_messages_total{direction}
  telemetry::Counter& messages_received;
  telemetry::Counter& messages_skipped;  // of an unknown type
  telemetry::Counter& writes;            // messages per write: what batching is worth
  telemetry::Counter& protocol_errors;   // the connection was closed for it
  telemetry::Counter& late_answers;
  telemetry::Counter& breaker_opened;
  telemetry::Gauge& breakers_open;
  telemetry::Counter& frames_left_out;  // for subscribers that did not keep up
  telemetry::Gauge& subscriptions;
  RequestMetrics reads;
  RequestMetrics writes_forwarded;
  RequestMetrics pushes;
  telemetry::Counter& requests_refused;  // of peers, beyond a limit

 private:
  std::vector<std::pair<std::string_view, telemetry::Counter*>> handshake_failures_;
  std::vector<std::pair<std::string_view, telemetry::Counter*>> limits_;
};

}  // namespace coolkit::peer
