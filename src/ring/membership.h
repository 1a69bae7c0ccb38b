// Why: discovery says who may exist (it lags, lies and forgets), heartbeats say who is alive; this
// state machine turns both into the list of live members and the list of addresses to talk to. A
// pure state machine: no sockets, the clock is passed in.
//
// Not thread-safe: belongs to the pod's membership loop.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "ring/member.h"
#include "ring/view.h"

namespace coolkit::ring {

// What a pod says about itself several times a second, to everybody.
struct Heartbeat {
  Member self;
  Epoch epoch = 0;     // of the view it follows
  MemberId leader;     // who it believes holds the lease; kNobody: it does not know
  bool tails = false;  // it polls the database and streams frames to whoever subscribes
};

class Membership {
 public:
  struct Options {
    milliseconds heartbeat_interval{200};
    milliseconds failure_timeout{1'000};  // unheard for so long: not alive
    milliseconds forget_after{60'000};    // an address that nobody names or answers at
    std::size_t addresses_max = 1024;     // "peer_addresses"; beyond: not talked to
  };
  // Each is a line in the log.
  enum class Event : std::uint8_t { kJoined, kChangedState, kReplaced, kLost };
  struct Change {
    Event event;
    Member member;
  };

  Membership(Member self, Options options);

  // The answer of discovery: these addresses may be pods of this ring. An empty or failed answer is
  // not one: what was known stays.
  void OnDiscovery(const std::vector<std::string>& addresses, BootTime now);
  // A heartbeat from another pod, whichever side sent first. One of ourselves, seen through our own
  // address, names that address as ours.
  void OnHeartbeat(const Heartbeat& heartbeat, BootTime now);
  // The connection to the address broke or was refused: not alive until it is heard again.
  void OnUnreachable(const std::string& address, BootTime now);
  // The pod's own state.
  void SetState(MemberState state) { self_.state = state; }

  // Judges the silence and returns what changed since the last call. Call it every interval.
  [[nodiscard]] std::vector<Change> Tick(BootTime now);

  [[nodiscard]] const Member& self() const { return self_; }
  // This pod and all it has heard within the timeout, by id. As of the last Tick.
  [[nodiscard]] std::vector<Member> Live() const;
  [[nodiscard]] std::size_t live_count() const { return live_.size() + 1; }
  // A live member's last heartbeat; nothing: not alive.
  [[nodiscard]] const Heartbeat* Find(const MemberId& id) const;
  // Addresses to keep a connection to: discovered or heard of, never our own.
  [[nodiscard]] std::vector<std::string> Addresses() const;
  // Times an address could not be kept because of addresses_max.
  [[nodiscard]] std::uint64_t addresses_refused() const { return addresses_refused_; }

 private:
  struct Known {
    BootTime named_at = kMinusInfinity;  // by discovery or by its own heartbeat
  };
  struct Peer {
    Heartbeat last;
    BootTime heard_at{};
    bool unreachable = false;
  };
  void Name(const std::string& address, BootTime now);
  [[nodiscard]] bool Alive(const Peer& peer, BootTime now) const;

  Member self_;
  Options options_;
  std::map<std::string, Known> addresses_;
  std::set<std::string> own_addresses_;
  std::map<MemberId, Peer> peers_;
  std::map<MemberId, Member> live_;  // as reported by Tick
  std::uint64_t addresses_refused_ = 0;
};

}  // namespace coolkit::ring
