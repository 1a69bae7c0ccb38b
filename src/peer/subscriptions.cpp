#include "peer/subscriptions.h"

#include <utility>

namespace coolkit::peer {

std::optional<Subscription> Subscriptions::Add(std::shared_ptr<Inbound> inbound, BootTime ping) {
  MutexLock lock(mutex_);
  if (known_.size() >= max_) return std::nullopt;
  const Subscription subscription{++last_id_};
  known_.emplace(subscription, Known{std::move(inbound), ping});
  return subscription;
}

void Subscriptions::Remove(Subscription subscription) {
  MutexLock lock(mutex_);
  known_.erase(subscription);
}

void Subscriptions::SetPing(Subscription subscription, BootTime ping) {
  MutexLock lock(mutex_);
  const auto it = known_.find(subscription);
  if (it != known_.end()) it->second.ping = ping;
}

Pings Subscriptions::Collect() const {
  MutexLock lock(mutex_);
  Pings pings;
  pings.reserve(known_.size());
  for (const auto& [subscription, known] : known_) pings.emplace_back(subscription, known.ping);
  return pings;
}

std::vector<Subscriptions::Subscriber> Subscriptions::All() const {
  MutexLock lock(mutex_);
  std::vector<Subscriber> all;
  all.reserve(known_.size());
  for (const auto& [subscription, known] : known_) all.push_back({subscription, known.inbound});
  return all;
}

std::shared_ptr<Inbound> Subscriptions::Find(Subscription subscription) const {
  MutexLock lock(mutex_);
  const auto it = known_.find(subscription);
  return it == known_.end() ? nullptr : it->second.inbound;
}

}  // namespace coolkit::peer
