#include "ring/membership.h"

#include <utility>

namespace coolkit::ring {

Membership::Membership(Member self, Options options) : self_(std::move(self)), options_(options) {
  own_addresses_.insert(self_.address);
}

void Membership::Name(const std::string& address, BootTime now) {
  if (own_addresses_.contains(address)) return;
  const auto known = addresses_.find(address);
  if (known != addresses_.end()) {
    known->second.named_at = now;
  } else if (addresses_.size() >= options_.addresses_max) {
    ++addresses_refused_;
  } else {
    addresses_[address].named_at = now;
  }
}

void Membership::OnDiscovery(const std::vector<std::string>& addresses, BootTime now) {
  for (const std::string& address : addresses) Name(address, now);
}

void Membership::OnHeartbeat(const Heartbeat& heartbeat, BootTime now) {
  const Member& member = heartbeat.self;
  if (member.id == self_.id) {
    own_addresses_.insert(member.address);
    addresses_.erase(member.address);
    return;
  }
  // Two lives on one address: the one that was born later is there, the other is over. Wall clocks
  // step: a life that is not heard any more is over, whatever it said about its birth.
  for (auto it = peers_.begin(); it != peers_.end();) {
    const Member& other = it->second.last.self;
    if (other.id == member.id || other.address != member.address) {
      ++it;
    } else if (other.born_us > member.born_us &&
               now - it->second.heard_at <= options_.failure_timeout) {
      return;  // a late word of the life before
    } else {
      it = peers_.erase(it);
    }
  }
  Name(member.address, now);
  Peer& peer = peers_[member.id];
  peer.last = heartbeat;
  peer.heard_at = now;
  peer.unreachable = false;
}

void Membership::OnUnreachable(const std::string& address, BootTime now) {
  for (auto& [id, peer] : peers_) {
    // What was heard just now over its own connection counts more than ours that broke.
    if (peer.last.self.address == address &&
        now - peer.heard_at > options_.heartbeat_interval * 2) {
      peer.unreachable = true;
    }
  }
}

bool Membership::Alive(const Peer& peer, BootTime now) const {
  return !peer.unreachable && now - peer.heard_at <= options_.failure_timeout;
}

std::vector<Membership::Change> Membership::Tick(BootTime now) {
  std::vector<Change> changes;
  std::map<MemberId, Member> alive;
  for (const auto& [id, peer] : peers_) {
    if (Alive(peer, now)) alive[id] = peer.last.self;
  }
  for (const auto& [id, member] : live_) {
    if (alive.contains(id)) continue;
    bool replaced = false;
    for (const auto& [other_id, other] : alive) replaced |= other.address == member.address;
    changes.push_back({replaced ? Event::kReplaced : Event::kLost, member});
  }
  for (const auto& [id, member] : alive) {
    const auto before = live_.find(id);
    if (before == live_.end()) {
      changes.push_back({Event::kJoined, member});
    } else if (before->second != member) {
      changes.push_back({Event::kChangedState, member});
    }
  }
  live_ = std::move(alive);
  std::erase_if(
      peers_, [&](const auto& item) { return now - item.second.heard_at > options_.forget_after; });
  std::erase_if(addresses_, [&](const auto& item) {
    return Since(item.second.named_at, now) > options_.forget_after;
  });
  return changes;
}

std::vector<Member> Membership::Live() const {
  std::vector<Member> members;
  bool self_is_in = false;
  for (const auto& [id, member] : live_) {
    if (!self_is_in && self_.id < id) {
      members.push_back(self_);
      self_is_in = true;
    }
    members.push_back(member);
  }
  if (!self_is_in) members.push_back(self_);
  return members;
}

const Heartbeat* Membership::Find(const MemberId& id) const {
  if (!live_.contains(id)) return nullptr;
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second.last;
}

std::vector<std::string> Membership::Addresses() const {
  std::vector<std::string> addresses;
  for (const auto& [address, known] : addresses_) addresses.push_back(address);
  return addresses;
}

}  // namespace coolkit::ring
