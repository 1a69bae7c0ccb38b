// Why: in a ring, two pods poll the database and stream what changed to all; every pod applies the
// frames and knows by its own echo how current it is (R2 to R4, R12). A pod to which no frames come
// polls for itself: it would otherwise send every read to the database.
//
// Thread safety: Start, AskToStop and Stop from any thread but the loop; the rest runs on the loop.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "cache/cache.h"
#include "feed/applier.h"
#include "net/task_group.h"
#include "node/ring_loop.h"
#include "node/tailer.h"
#include "store/store.h"

namespace coolkit::node {

class RingFeed {
 public:
  struct Options {
    std::string ring;
    milliseconds poll_interval{10};  // of a pod that tails
    milliseconds poll_timeout{1'000};
    milliseconds ping_interval{40};
    milliseconds seat_ttl{1'000};
    milliseconds seat_interval{300};
    int seats = 2;
    milliseconds self_poll_after{120};        // horizon this old: the pod polls for itself
    std::size_t resend_bytes_max = 4u << 20;  // frames kept for pods with a gap (R4)
    milliseconds resend_wait{50};             // then the pod polls for what it missed
  };
  struct Parts {
    store::Store& store;
    store::Coordination& coordination;
    cache::Cache& cache;
    feed::State& state;
    RingLoop& ring;
    peer::Peers& peers;
    peer::PeerServer& server;
    TailerMetrics& metrics;
    RingMetrics& ring_metrics;
    DatabaseContact& contact;
    telemetry::Log& log;
  };
  RingFeed(Parts parts, Options options);

  // `begun` is called once, on the loop, when the first frame was applied.
  void Start(net::Loop& loop, std::function<void()> begun);
  void AskToStop();
  void Stop();

  // Where this pod's own polls stand, if it tails: for the pruner's marks.
  [[nodiscard]] std::optional<store::FeedCursor> cursor() const;
  [[nodiscard]] bool tails() const { return seat_ >= 0; }

  // From the peers; on the loop.
  void OnFrame(const ring::MemberId& from, const feed::Frame& frame);
  void OnResendRefused();
  void OnResend(peer::Subscription subscription, const model::Incarnation& incarnation,
                model::Position applied);
  void OnConnected(const ring::MemberId& peer);
  void OnDisconnected(const ring::MemberId& peer);

 private:
  [[nodiscard]] net::Task<void> RunPolls();
  [[nodiscard]] net::Task<void> RunSeats();
  [[nodiscard]] net::Task<void> RunPings();
  [[nodiscard]] net::Task<void> Poll();
  [[nodiscard]] net::Task<void> Pause(milliseconds duration);
  [[nodiscard]] bool HorizonIsOld() const;
  void SubscribeToTailers();
  // What a peer claims may be judged here; only this pod's own poll proves anything else.
  [[nodiscard]] bool IsBelievable(const feed::Frame& frame, const feed::Sample& at) const;
  // The database knows less than what is applied here: some peer lied.
  void StartAgain(const feed::Frame& frame);
  void Take(const feed::Frame& frame, feed::OnGap on_gap);
  void Keep(const feed::Frame& frame);

  Parts parts_;
  Options options_;
  feed::Applier<cache::Cache> applier_;
  net::Loop* loop_ = nullptr;
  net::TaskGroup tasks_;
  std::atomic<bool> stopping_{false};
  std::function<void()> begun_;

  int seat_ = -1;                             // the seat this pod holds
  std::optional<store::FeedCursor> applied_;  // where the applied frames end
  std::optional<store::FeedCursor> polled_;   // where this pod's stream of frames ends
  std::set<ring::MemberId> connected_;
  std::set<ring::MemberId> subscribed_;
  BootTime pinged_at_ = kMinusInfinity;  // the last ping that anybody may echo
  BootTime told_at_ = kMinusInfinity;    // a peer moved what is applied; none: the own poll did
  BootTime gap_since_ = kNever;          // a resend was asked for
  bool must_poll_ = false;               // nobody could fill the gap
  std::deque<std::pair<feed::Frame, std::size_t>> recent_;  // frames of its own polls, with bytes
  std::size_t recent_bytes_ = 0;
  bool failing_ = false;
};

}  // namespace coolkit::node
