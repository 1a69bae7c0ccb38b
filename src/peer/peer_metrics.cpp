#include "peer/peer_metrics.h"

#include <array>

namespace coolkit::peer {
namespace {

using telemetry::Counter;
using telemetry::Registry;

constexpr std::array<std::string_view, 13> kHandshakeReasons{
    "malformed", "version", "ring",     "key",     "proof",   "full", "closing",
    "timeout",   "closed",  "too_long", "upgrade", "refused", "other"};

constexpr std::array<std::string_view, 15> kLimitNames{
    "peer_addresses",   "peer_handshake_time",  "peer_connections",     "peer_silence",
    "peer_write_stall", "peer_message_bytes",   "peer_partial_bytes",   "peer_requests_out",
    "peer_bytes_out",   "peer_bytes_out_total", "peer_requests_in",     "peer_bytes_in",
    "peer_reply_bytes", "peer_subscriptions",   "peer_subscriber_bytes"};

Counter& Requests(Registry& registry, const char* kind, const char* result) {
  return registry.AddCounter("coolkit_peer_requests_total", "Requests to other pods, by result.",
                             {{"kind", kind}, {"result", result}});
}

RequestMetrics MakeRequestMetrics(Registry& registry, const char* kind) {
  return {Requests(registry, kind, "answered"),
          Requests(registry, kind, "timeout"),
          Requests(registry, kind, "not_connected"),
          Requests(registry, kind, "overloaded"),
          Requests(registry, kind, "outcome_unknown"),
          registry.AddHistogram("coolkit_peer_request_duration_seconds",
                                "Time from a request to another pod to its answer.",
                                telemetry::LatencyBounds(), {{"kind", kind}})};
}

Counter& Connects(Registry& registry, const char* result) {
  return registry.AddCounter("coolkit_peer_connects_total",
                             "Attempts to connect to another pod, handshake included, by result.",
                             {{"result", result}});
}

telemetry::Gauge& Connections(Registry& registry, const char* direction) {
  return registry.AddGauge("coolkit_peer_connections",
                           "Connections to other pods that are up, by who dialled.",
                           {{"direction", direction}});
}

Counter& Bytes(Registry& registry, const char* direction) {
  return registry.AddCounter("coolkit_peer_bytes_total", "Bytes exchanged with other pods.",
                             {{"direction", direction}});
}

Counter& Messages(Registry& registry, const char* direction) {
  return registry.AddCounter("coolkit_peer_messages_total", "Messages exchanged with other pods.",
                             {{"direction", direction}});
}

template <class Table>
void CountIn(Table& table, std::string_view name) {
  for (auto& [known, counter] : table) {
    if (known == name) return counter->Add();
  }
  table.back().second->Add();
}

}  // namespace

PeerMetrics::PeerMetrics(Registry& registry)
    : connections_out(Connections(registry, "out")),
      connections_in(Connections(registry, "in")),
      connects(Connects(registry, "connected")),
      connect_failures(Connects(registry, "failed")),
      bytes_sent(Bytes(registry, "sent")),
      bytes_received(Bytes(registry, "received")),
      messages_sent(Messages(registry, "sent")),
      messages_received(Messages(registry, "received")),
      messages_skipped(registry.AddCounter("coolkit_peer_messages_skipped_total",
                                           "Messages of a type that this release does not know.")),
      writes(registry.AddCounter("coolkit_peer_writes_total",
                                 "Writes to connections with other pods; each has many messages "
                                 "when there is much to send.")),
      protocol_errors(registry.AddCounter("coolkit_peer_protocol_errors_total",
                                          "Messages of other pods that made no sense.")),
      late_answers(registry.AddCounter("coolkit_peer_late_answers_total",
                                       "Answers of other pods that nobody waited for any more.")),
      breaker_opened(registry.AddCounter("coolkit_peer_breaker_opened_total",
                                         "Times that a pod which did not answer was given up.")),
      breakers_open(registry.AddGauge("coolkit_peer_breakers_open",
                                      "Connected pods that are not asked because they did not "
                                      "answer.")),
      frames_left_out(registry.AddCounter(
          "coolkit_feed_frames_left_out_total",
          "Frames of the feed that were not sent to a pod because it did not keep up.")),
      subscriptions(registry.AddGauge("coolkit_feed_subscriptions",
                                      "Pods that this one streams the feed to.")),
      reads(MakeRequestMetrics(registry, "read")),
      writes_forwarded(MakeRequestMetrics(registry, "write")),
      pushes(MakeRequestMetrics(registry, "push")),
      requests_refused(registry.AddCounter("coolkit_peer_requests_refused_total",
                                           "Requests of other pods that were refused unseen.")) {
  for (const std::string_view reason : kHandshakeReasons) {
    handshake_failures_.emplace_back(
        reason, &registry.AddCounter("coolkit_peer_handshake_failures_total",
                                     "Handshakes with other pods that failed, by reason.",
                                     {{"reason", std::string(reason)}}));
  }
  for (const std::string_view limit : kLimitNames) {
    limits_.emplace_back(limit, &registry.AddCounter("coolkit_limit_hits_total",
                                                     "Times a named limit was reached, by limit.",
                                                     {{"limit", std::string(limit)}}));
  }
}

void PeerMetrics::CountHandshakeFailure(std::string_view reason) {
  CountIn(handshake_failures_, reason);
}

void PeerMetrics::CountLimit(std::string_view limit) { CountIn(limits_, limit); }

}  // namespace coolkit::peer
