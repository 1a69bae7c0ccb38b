// Why: the loops of a pod in a ring, as one service: what peers say on any loop is brought to the
// loop of the ring and given to the part that it concerns.
//
// Thread safety: all calls from any thread but the loop.
#pragma once

#include <functional>
#include <memory>

#include "node/hand_off.h"
#include "node/ring_feed.h"
#include "node/ring_loop.h"
#include "peer/control.h"

namespace coolkit::node {

class RingNode final : public peer::Control, public peer::PeerEvents {
 public:
  struct Options {
    RingLoop::Options ring;
    RingFeed::Options feed;
    HandOff::Options hand_off;
  };
  // All outlive it; peers and server are made with this node as their PeerEvents and Control, so
  // they come with Start.
  struct Parts {
    peer::Identity& identity;
    store::Store& store;
    store::Coordination& coordination;
    cache::Cache& cache;
    feed::State& state;
    ring::Router& router;
    RingMetrics& metrics;
    TailerMetrics& tailer_metrics;
    DatabaseContact& contact;
    telemetry::Log& log;
    Discovery discover;
    std::function<void(int members)> on_members;  // of all rings on the database
  };
  RingNode(Parts parts, Options options);
  ~RingNode() override;

  // `begun` is called once, when the feed has begun.
  void Start(net::Loop& loop, peer::Peers& peers, peer::PeerServer& server,
             std::function<void()> begun);
  // Tells all that this pod leaves; its slots move, its entries are handed over.
  void Drain();
  // Nothing is left to hand over: no slots, no entries under way; or the pod is alone.
  [[nodiscard]] bool Drained() const;
  void AskToStop();
  void Stop();

  [[nodiscard]] RingStatus Status() const;
  [[nodiscard]] std::vector<HandOffStatus> HandOffs() const;
  // For the pruner's marks: nothing unless this pod tails. On the loop.
  [[nodiscard]] std::optional<store::FeedCursor> cursor() const;

  // peer::Control and peer::PeerEvents.
  void OnHeartbeat(const ring::Heartbeat& heartbeat) override;
  void OnView(const ring::MemberId& from, ring::View view) override;
  [[nodiscard]] peer::SharedBytes OnViewRequest(const ring::MemberId& from,
                                                ring::Epoch have) override;
  void OnSubscribe(const ring::MemberId& from, peer::Subscription subscription) override;
  void OnUnsubscribe(const ring::MemberId& from, peer::Subscription subscription) override;
  void OnResend(const ring::MemberId& from, peer::Subscription subscription,
                const model::Incarnation& incarnation, model::Position applied) override;
  void OnConnected(const std::string& address, const ring::Member& member) override;
  void OnDisconnected(const std::string& address, const ring::Member& member,
                      const Error& reason) override;
  void OnUnreachable(const std::string& address, const Error& reason) override;
  void OnSelf(const std::string& address) override;
  void OnFrame(const ring::MemberId& from, const feed::Frame& frame) override;
  void OnResendRefused(const ring::MemberId& from, const model::Incarnation& incarnation,
                       model::Position applied) override;

 private:
  struct Loops;
  // Runs on the loop, unless the node has not started or is stopping.
  void Post(Function<void(Loops&)> work);

  Parts parts_;
  Options options_;
  net::Loop* loop_ = nullptr;
  std::shared_ptr<Loops> loops_;
};

}  // namespace coolkit::node
