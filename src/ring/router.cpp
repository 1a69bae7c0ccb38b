#include "ring/router.h"

#include <utility>

namespace coolkit::ring {

Router::Router(MemberId self, Options options) : self_(self), options_(options) {}

std::shared_ptr<const Router::Followed> Router::Current() const {
  const MutexLock lock(mutex_);
  return followed_;
}

ViewPtr Router::view() const {
  const auto current = Current();
  return current == nullptr ? nullptr : current->view;
}

void Router::Follow(ViewPtr view, BootTime now) {
  const auto before = Current();
  auto next = std::make_shared<Followed>();
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    const Member* owner = view->OwnerOf(slot);
    const Member* was = before == nullptr ? nullptr : before->view->OwnerOf(slot);
    const bool same = owner != nullptr && was != nullptr && owner->id == was->id;
    next->owned_since[slot] = same ? before->owned_since[slot] : now;
  }
  for (std::uint32_t word = 0; word < foreign_.size(); ++word) {
    std::uint64_t bits = 0;
    for (std::uint32_t bit = 0; bit < 64; ++bit) {
      const Member* owner = view->OwnerOf(word * 64 + bit);
      if (owner != nullptr && owner->id != self_) bits |= std::uint64_t{1} << bit;
    }
    foreign_[word].store(bits, std::memory_order_relaxed);
  }
  next->view = std::move(view);
  const MutexLock lock(mutex_);
  followed_ = std::move(next);
}

Route Router::For(std::uint64_t key_hash, BootTime now) const {
  const auto current = Current();
  if (current == nullptr) return {};
  const std::uint32_t slot = model::SlotOf(key_hash);
  Route route{current->view, current->view->OwnerOf(slot), current->view->PreviousOf(slot)};
  if (route.owner != nullptr && route.owner->id == self_) route.owner = nullptr;
  const bool warm = now - current->owned_since[slot] < options_.previous_for;
  if (!warm || (route.previous != nullptr && route.previous->id == self_)) {
    route.previous = nullptr;
  }
  return route;
}

}  // namespace coolkit::ring
