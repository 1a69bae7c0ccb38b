// Why: who listens to this pod's feed, and the latest ping of each: read all at once before a poll,
// so that a frame never echoes a ping that came after its statement was sent (R2).
//
// Thread safety: all calls from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "peer/peer_server.h"

namespace coolkit::peer {

class Inbound;

class Subscriptions {
 public:
  struct Subscriber {
    Subscription subscription;
    std::shared_ptr<Inbound> inbound;
  };
  explicit Subscriptions(std::size_t max) : max_(max) {}

  // Nothing: there are as many as there may be.
  [[nodiscard]] std::optional<Subscription> Add(std::shared_ptr<Inbound> inbound, BootTime ping);
  void Remove(Subscription subscription);
  void SetPing(Subscription subscription, BootTime ping);

  [[nodiscard]] Pings Collect() const;
  // By subscription, as Collect.
  [[nodiscard]] std::vector<Subscriber> All() const;
  // Null: it has ended.
  [[nodiscard]] std::shared_ptr<Inbound> Find(Subscription subscription) const;

 private:
  struct Known {
    std::shared_ptr<Inbound> inbound;
    BootTime ping = kMinusInfinity;
  };
  const std::size_t max_;
  mutable Mutex mutex_;
  std::uint64_t last_id_ GUARDED_BY(mutex_) = 0;
  std::map<Subscription, Known> known_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::peer
