#include "peer/identity.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace coolkit::peer {

Identity::Identity(std::string ring, ring::Member self)
    : ring_(std::move(ring)), id_(self.id), self_(std::move(self)) {
  CHECK(!ring_.empty() && ring_.size() <= kRingBytesMax);
  CHECK(self_.name.size() <= 255 && self_.address.size() <= 255);
}

void Identity::SetKeys(std::vector<RingKey> keys) {
  std::sort(keys.begin(), keys.end(),
            [](const RingKey& a, const RingKey& b) { return a.id > b.id; });
  if (keys.size() > kKeysMax) keys.resize(kKeysMax);
  MutexLock lock(mutex_);
  keys_ = std::move(keys);
}

void Identity::SetState(ring::MemberState state) {
  MutexLock lock(mutex_);
  self_.state = state;
}

ring::Member Identity::self() const {
  MutexLock lock(mutex_);
  return self_;
}

std::vector<RingKey> Identity::keys() const {
  MutexLock lock(mutex_);
  return keys_;
}

std::optional<RingKey> Identity::KeyOf(std::uint32_t key_id) const {
  MutexLock lock(mutex_);
  for (const RingKey& key : keys_) {
    if (key.id == key_id) return key;
  }
  return std::nullopt;
}

}  // namespace coolkit::peer
