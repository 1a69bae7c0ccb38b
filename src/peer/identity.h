// Why: what a pod says about itself and proves in every handshake: which member it is, of which
// ring, and that it knows the ring's key. The key comes from the database and rotates, the state
// changes; both sides of the protocol look here each time.
//
// Thread safety: all calls from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "ring/member.h"

namespace coolkit::peer {

// One of the ring's keys. Never logged.
struct RingKey {
  std::uint32_t id = 0;  // grows with every rotation
  std::string secret;    // 32 random bytes

  friend bool operator==(const RingKey&, const RingKey&) = default;
};

class Identity {
 public:
  // The newest two keys are good.
  static constexpr std::size_t kKeysMax = 2;
  static constexpr std::size_t kRingBytesMax = 255;

  // `ring` is 1 to 255 bytes, `self.name` and `self.address` are printable.
  Identity(std::string ring, ring::Member self);

  // All others are forgotten. Without a key no handshake succeeds.
  void SetKeys(std::vector<RingKey> keys);
  void SetState(ring::MemberState state);

  [[nodiscard]] const std::string& ring() const { return ring_; }
  [[nodiscard]] const ring::MemberId& id() const { return id_; }
  [[nodiscard]] ring::Member self() const;
  // Newest first.
  [[nodiscard]] std::vector<RingKey> keys() const;
  [[nodiscard]] std::optional<RingKey> KeyOf(std::uint32_t key_id) const;

 private:
  const std::string ring_;
  const ring::MemberId id_;
  mutable Mutex mutex_;
  ring::Member self_ GUARDED_BY(mutex_);
  std::vector<RingKey> keys_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::peer
