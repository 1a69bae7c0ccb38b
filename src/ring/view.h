// Why: which member owns which slot is data that one pod publishes and all others read, fenced by
// an epoch; nobody computes ownership from a member list, so two pods with one epoch can't
// disagree. Ownership is a hint: correctness never depends on it. Immutable values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/limits.h"
#include "ring/member.h"

namespace coolkit::ring {

using Epoch = std::int64_t;
inline constexpr std::uint16_t kNoMember = 0xFFFF;

class View {
 public:
  // Members a view can name.
  static constexpr std::size_t kMembersMax = 1024;

  // The empty view: epoch 0, no members, no owners.
  View() : slots_(model::kSlotCount) {}

  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  // Index into members(), or kNoMember.
  [[nodiscard]] std::uint16_t owner(std::uint32_t slot) const { return slots_[slot].owner; }
  // Who owned the slot before, while that member is in the view: its cache may still be warm (R17).
  [[nodiscard]] std::uint16_t previous(std::uint32_t slot) const { return slots_[slot].previous; }
  [[nodiscard]] const Member* OwnerOf(std::uint32_t slot) const { return At(slots_[slot].owner); }
  [[nodiscard]] const Member* PreviousOf(std::uint32_t slot) const {
    return At(slots_[slot].previous);
  }
  // Index of a member, or kNoMember. Linear.
  [[nodiscard]] std::uint16_t IndexOf(const MemberId& id) const;
  // How many slots a member owns. Linear in the slots.
  [[nodiscard]] std::size_t SlotsOwnedBy(const MemberId& id) const;

  void set_epoch(Epoch epoch) { epoch_ = epoch; }
  // Adds a member without slots and returns its index. Fewer than kMembersMax are there.
  std::uint16_t AddMember(Member member);
  void SetOwner(std::uint32_t slot, std::uint16_t owner, std::uint16_t previous) {
    slots_[slot] = {owner, previous};
  }

  friend bool operator==(const View&, const View&) = default;

 private:
  struct Slot {
    std::uint16_t owner = kNoMember;
    std::uint16_t previous = kNoMember;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  [[nodiscard]] const Member* At(std::uint16_t index) const {
    return index == kNoMember ? nullptr : &members_[index];
  }

  Epoch epoch_ = 0;
  std::vector<Member> members_;
  std::vector<Slot> slots_;
};

using ViewPtr = std::shared_ptr<const View>;

// The bytes in the lease row and in the peers' messages: see docs/peer-protocol.md. Runs of slots
// with the same owners share a record, so a balanced ring of 10 takes about a kilobyte.
[[nodiscard]] std::string EncodeView(const View& view);
// Errors: kMalformedRequest for anything that EncodeView does not write.
[[nodiscard]] Result<View> DecodeView(std::string_view bytes);

}  // namespace coolkit::ring
