// Why: every miss and every write asks "whose key is this?"; the answer is the view that this pod
// follows now, which changes under readers that must not wait.
//
// Thread safety: For, Owns and view from any thread; Follow from one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "base/mutex.h"
#include "base/time.h"
#include "model/key.h"
#include "ring/member.h"
#include "ring/view.h"

namespace coolkit::ring {

// Where a key's requests go. The members live as long as the route.
struct Route {
  ViewPtr view;                      // null: a ring of one
  const Member* owner = nullptr;     // null: this pod
  const Member* previous = nullptr;  // whose cache may still be warm; null: nobody's, or this pod's
  [[nodiscard]] Epoch epoch() const { return view == nullptr ? 0 : view->epoch(); }
};

class Router {
 public:
  struct Options {
    // For so long after a slot changed hands its previous owner is asked before the database.
    milliseconds previous_for{60'000};
  };
  Router(MemberId self, Options options);

  // From now on routes follow `view`. Slots keep the time of their last change of owner.
  void Follow(ViewPtr view, BootTime now);

  [[nodiscard]] Route For(std::uint64_t key_hash, BootTime now) const;
  // Whether this pod owns the slot of the key, or nobody else does. Cheap: for each hit.
  [[nodiscard]] bool Owns(std::uint64_t key_hash) const {
    const std::uint32_t slot = model::SlotOf(key_hash);
    return (foreign_[slot / 64].load(std::memory_order_relaxed) >> (slot % 64) & 1) == 0;
  }
  [[nodiscard]] ViewPtr view() const;
  [[nodiscard]] const MemberId& self() const { return self_; }

 private:
  struct Followed {
    ViewPtr view;
    std::array<BootTime, model::kSlotCount> owned_since;
  };
  [[nodiscard]] std::shared_ptr<const Followed> Current() const;

  const MemberId self_;
  const Options options_;
  std::array<std::atomic<std::uint64_t>, model::kSlotCount / 64> foreign_{};
  mutable Mutex mutex_;
  std::shared_ptr<const Followed> followed_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::ring
