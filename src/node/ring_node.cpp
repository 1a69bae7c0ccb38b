#include "node/ring_node.h"

#include <utility>

namespace coolkit::node {

struct RingNode::Loops {
  Loops(const Parts& parts, const Options& options, peer::Peers& peers, peer::PeerServer& server)
      : hand_off({parts.cache, parts.state, peers, parts.metrics, parts.log}, options.hand_off),
        ring({parts.identity, peers, server, parts.coordination, parts.router, parts.metrics,
              parts.log, parts.discover, parts.on_members,
              [this](const ring::ViewPtr& before, const ring::ViewPtr& now) {
                hand_off.OnView(before, now);
              }},
             options.ring),
        feed({parts.store, parts.coordination, parts.cache, parts.state, ring, peers, server,
              parts.tailer_metrics, parts.metrics, parts.contact, parts.log},
             options.feed) {}

  HandOff hand_off;
  RingLoop ring;
  RingFeed feed;
  std::atomic<bool> stopping{false};
};

RingNode::RingNode(Parts parts, Options options)
    : parts_(std::move(parts)), options_(std::move(options)) {}

RingNode::~RingNode() = default;

void RingNode::Start(net::Loop& loop, peer::Peers& peers, peer::PeerServer& server,
                     std::function<void()> begun) {
  loops_ = std::make_shared<Loops>(parts_, options_, peers, server);
  loop_ = &loop;
  loops_->hand_off.Start(loop, parts_.identity.id());
  loops_->ring.Start(loop);
  loops_->feed.Start(loop, [this, begun = std::move(begun)] {
    loops_->ring.BecomeReady();
    begun();
  });
}

void RingNode::Drain() { loops_->ring.Drain(); }

bool RingNode::Drained() const {
  const RingStatus status = loops_->ring.Status();
  std::size_t ready = 0;
  for (const ring::Member& member : status.members) {
    ready += member.state == ring::MemberState::kReady;
  }
  if (ready == 0) return true;  // nobody is there to take anything
  return loops_->ring.OwnsNothing() && loops_->hand_off.Pending() == 0;
}

void RingNode::AskToStop() {
  loops_->stopping = true;
  loops_->hand_off.AskToStop();
  loops_->feed.AskToStop();
  loops_->ring.AskToStop();
}

void RingNode::Stop() {
  AskToStop();
  loops_->hand_off.Stop();
  loops_->feed.Stop();
  loops_->ring.Stop();
}

RingStatus RingNode::Status() const { return loops_->ring.Status(); }

std::vector<HandOffStatus> RingNode::HandOffs() const { return loops_->hand_off.Status(); }

std::optional<store::FeedCursor> RingNode::cursor() const { return loops_->feed.cursor(); }

void RingNode::Post(Function<void(Loops&)> work) {
  if (loops_ == nullptr || loops_->stopping) return;
  loop_->Post([loops = loops_, work = std::move(work)]() mutable {
    if (!loops->stopping) work(*loops);
  });
}

void RingNode::OnHeartbeat(const ring::Heartbeat& heartbeat) {
  Post([heartbeat](Loops& loops) { loops.ring.OnHeartbeat(heartbeat); });
}

void RingNode::OnView(const ring::MemberId&, ring::View view) {
  Post([view = std::move(view)](Loops& loops) mutable { loops.ring.OnView(std::move(view)); });
}

peer::SharedBytes RingNode::OnViewRequest(const ring::MemberId&, ring::Epoch have) {
  return loops_ == nullptr ? nullptr : loops_->ring.EncodedView(have);
}

// Whoever subscribes gets what is broadcast; a pod that does not tail broadcasts nothing.
void RingNode::OnSubscribe(const ring::MemberId&, peer::Subscription) {}
void RingNode::OnUnsubscribe(const ring::MemberId&, peer::Subscription) {}

void RingNode::OnResend(const ring::MemberId&, peer::Subscription subscription,
                        const model::Incarnation& incarnation, model::Position applied) {
  Post([subscription, incarnation, applied](Loops& loops) {
    loops.feed.OnResend(subscription, incarnation, applied);
  });
}

void RingNode::OnConnected(const std::string&, const ring::Member& member) {
  Post([id = member.id](Loops& loops) { loops.feed.OnConnected(id); });
}

void RingNode::OnDisconnected(const std::string& address, const ring::Member& member,
                              const Error& reason) {
  parts_.log.Info("peer connection ended", {{"peer", std::string_view(member.name)},
                                            {"address", std::string_view(address)},
                                            {"detail", std::string_view(reason.detail)}});
  Post([id = member.id, address](Loops& loops) {
    loops.feed.OnDisconnected(id);
    loops.ring.OnUnreachable(address);
  });
}

void RingNode::OnUnreachable(const std::string& address, const Error&) {
  Post([address](Loops& loops) { loops.ring.OnUnreachable(address); });
}

void RingNode::OnSelf(const std::string& address) {
  Post([address](Loops& loops) { loops.ring.OnSelf(address); });
}

void RingNode::OnFrame(const ring::MemberId& from, const feed::Frame& frame) {
  Post([from, frame](Loops& loops) { loops.feed.OnFrame(from, frame); });
}

void RingNode::OnResendRefused(const ring::MemberId&, const model::Incarnation&, model::Position) {
  Post([](Loops& loops) { loops.feed.OnResendRefused(); });
}

}  // namespace coolkit::node
