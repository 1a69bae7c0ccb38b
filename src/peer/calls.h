// Why: the requests of one outgoing connection: queued until there is room for them (then encoded,
// so that the time left is right and neighbouring reads share a frame), matched with answers that
// come in any order, ended when their time has passed or the connection has.
//
// Not thread-safe: the connection's loop. Callers' completions run inside.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "peer/breaker.h"
#include "peer/call.h"
#include "peer/channel.h"
#include "peer/limits.h"

namespace coolkit::peer {

class Calls {
 public:
  // All outlive it.
  Calls(const Limits& limits, PeerMetrics& metrics, Random& random);

  // A connection is up. `shares`: the peer understands kFlagEach.
  void Begin(Channel& channel, bool shares);
  // It is gone: every call ends, by how much of it the kernel had.
  void End();

  // Without a connection, or with an open breaker, it ends at once. Wake the channel afterwards.
  void Add(std::unique_ptr<Call> call, BootTime now);
  // Channel's OnRoom and OnLaidOut.
  void Fill(BootTime now);
  void OnLaidOut(const Outbox::End& end);
  // A reply or Refused. False: it makes no sense, and the connection has to end.
  [[nodiscard]] bool OnReply(const FrameReader::Message& message, BootTime now);
  // Something came from the peer.
  void OnHeard();

  // When Sweep has to be called next; kNever: nothing waits.
  [[nodiscard]] BootTime next_check() const { return next_check_; }
  // Ends what has waited long enough.
  void Sweep(BootTime now);

  [[nodiscard]] std::size_t size() const {
    return waiting_.size() + waiting_long_.size() + in_flight_.size();
  }
  [[nodiscard]] const Breaker& breaker() const { return breaker_; }

 private:
  using Queue = std::deque<std::unique_ptr<Call>>;
  using Ended = std::vector<std::pair<std::unique_ptr<Call>, Ending>>;

  void Lay(std::unique_ptr<Call> call, BootTime now);
  void LayShared(BootTime now);
  [[nodiscard]] static ReadCall* Sharable(Call& call);
  [[nodiscard]] BootTime CheckAt(const Call& call) const;
  void SweepQueue(Queue& queue, BootTime now, Ended& ended);
  void SweepInFlight(BootTime now, Ended& ended);
  void OnTimeout(const Call& call, BootTime now);
  void ShowBreaker();
  static void EndAll(Ended& ended, const char* detail);

  const Limits& limits_;
  PeerMetrics& metrics_;
  Breaker breaker_;
  Channel* channel_ = nullptr;
  bool shares_ = false;
  bool shown_open_ = false;
  std::uint64_t shown_opened_ = 0;
  std::uint64_t next_id_ = 1;
  Queue waiting_;       // fit into one frame
  Queue waiting_long_;  // one of these at a time goes to the outbox
  std::unordered_map<std::uint64_t, std::unique_ptr<Call>> in_flight_;
  BootTime next_check_ = kNever;
};

}  // namespace coolkit::peer
