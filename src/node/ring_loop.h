// Why: a pod's part in its ring: it finds the others, tells and hears who is alive, takes its turn
// as the one that publishes views, and follows the published view. Correctness never depends on
// what happens here (ownership is a hint); speed does.
//
// Thread safety: Start, AskToStop, Stop, Drain and Status from any thread but the loop; the rest
// runs on the loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"
#include "net/task_group.h"
#include "node/ring_metrics.h"
#include "peer/peer_server.h"
#include "peer/peers.h"
#include "ring/membership.h"
#include "ring/planner.h"
#include "ring/router.h"
#include "store/coordination.h"
#include "telemetry/log.h"

namespace coolkit::node {

// Asks for the addresses at which pods may be (`host:port`); the completion comes on any thread.
using Discovery = std::function<void(Completion<Result<std::vector<std::string>>>)>;

// What an operator sees of it.
struct RingStatus {
  ring::ViewPtr view;                 // null: none is followed yet
  std::vector<ring::Member> members;  // live ones, this pod too
  ring::MemberId leader;
  bool leads = false;
  bool conflict = false;
};

class RingLoop {
 public:
  struct Options {
    std::string ring;
    milliseconds tick{100};
    milliseconds heartbeat_interval{200};
    milliseconds discovery_interval{2'000};
    milliseconds lease_ttl{3'000};
    milliseconds lease_interval{1'000};
    milliseconds row_interval{2'000};       // the row of the ring, whatever peers say
    milliseconds secrets_interval{10'000};  // the keys that peers prove
    milliseconds conflict_after{60'000};    // a view of pods that nobody sees: not obeyed
    milliseconds join_wait{1'000};          // at most so long for the first word of peers
    std::size_t lease_candidates = 3;       // so many try to take a free lease
    ring::Membership::Options membership;
    ring::Planner::Options planner;
  };
  struct Parts {
    peer::Identity& identity;
    peer::Peers& peers;
    peer::PeerServer& server;
    store::Coordination& coordination;
    ring::Router& router;
    RingMetrics& metrics;
    telemetry::Log& log;
    Discovery discover;
    // The members of all rings on this database, for the budget of connections.
    std::function<void(int members)> on_members;
    // A new view is followed; on the loop.
    std::function<void(const ring::ViewPtr& before, const ring::ViewPtr& now)> on_view;
  };
  RingLoop(Parts parts, Options options);

  void Start(net::Loop& loop);
  // The feed has begun: the pod may own slots from now on.
  void BecomeReady();
  // Says so to all; the pod's slots move to the others.
  void Drain();
  // No slot is this pod's any more.
  [[nodiscard]] bool OwnsNothing() const { return owned_.load() == 0; }
  void AskToStop();
  void Stop();
  [[nodiscard]] RingStatus Status() const;

  // From the peers; on the loop.
  void OnHeartbeat(const ring::Heartbeat& heartbeat);
  void OnUnreachable(const std::string& address);
  void OnSelf(const std::string& address);
  void OnView(ring::View view);
  [[nodiscard]] peer::SharedBytes EncodedView(ring::Epoch have) const;  // any thread
  [[nodiscard]] const ring::MemberId& self() const { return membership_.self().id; }
  void SetTails(bool tails);
  // Live members that tail, this pod not counted.
  [[nodiscard]] std::vector<ring::MemberId> Tailers() const;
  // Whether this pod is one of the first `count` ready members by id that `skip` does not name.
  [[nodiscard]] bool IsCandidate(std::size_t count, const std::set<ring::MemberId>& skip) const;

 private:
  [[nodiscard]] net::Task<void> RunTicks();
  [[nodiscard]] net::Task<void> RunDiscovery();
  [[nodiscard]] net::Task<void> RunLease();
  [[nodiscard]] net::Task<void> RunRow();
  [[nodiscard]] net::Task<void> Pause(milliseconds duration);
  [[nodiscard]] net::Task<void> ReadSecrets();
  [[nodiscard]] net::Task<void> ReadRow();
  [[nodiscard]] net::Task<void> Publish();
  void Beat();
  void Tick();
  void DialPeers();
  void LogChange(const ring::Membership::Change& change);
  [[nodiscard]] bool WantsLease() const;
  [[nodiscard]] bool Leads() const;
  // `anyway`: the database says so, also against a higher epoch that a peer told of.
  void Follow(ring::View view, const char* why, bool anyway = false);
  [[nodiscard]] bool IsForeign(const ring::View& view);
  void SetConflict(bool conflict);
  void UpdateStatus();

  Parts parts_;
  Options options_;
  net::Loop* loop_ = nullptr;
  net::TaskGroup tasks_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> owned_{0};

  ring::Membership membership_;
  ring::Planner planner_;
  ring::ViewPtr view_;
  ring::MemberId leader_ = ring::kNobody;
  const std::string holder_;
  BootTime leads_until_ = kMinusInfinity;
  ring::Epoch lease_epoch_ = 0;
  BootTime started_at_ = kMinusInfinity;
  BootTime beat_at_ = kMinusInfinity;
  BootTime foreign_since_ = kNever;
  ring::Epoch asked_for_ = 0;
  BootTime asked_at_ = kMinusInfinity;
  BootTime row_only_until_ = kMinusInfinity;  // a peer's view was refuted
  bool tails_ = false;
  bool conflict_ = false;
  bool feed_ready_ = false;

  mutable Mutex mutex_;
  RingStatus status_ GUARDED_BY(mutex_);
  peer::SharedBytes encoded_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::node
