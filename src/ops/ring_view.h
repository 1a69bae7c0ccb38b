// Why: an operator asks one pod what it believes about the ring; /ring shows that belief as JSON.
// Plain values that whoever knows the ring fills in; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coolkit::ops {

struct RingMember {
  std::string pod;
  std::string address;  // host:port at which peers reach it
  std::string state;    // joining, ready, draining
  std::uint32_t slots = 0;
  bool self = false;
};

// Slots on their way from one pod to another.
struct HandOff {
  std::string from;
  std::string to;
  std::uint32_t slots = 0;
  std::uint32_t slots_done = 0;
};

struct RingView {
  std::string ring;
  std::uint64_t epoch = 0;
  std::uint32_t slots = 0;  // of the whole ring
  std::vector<RingMember> members;
  std::vector<HandOff> hand_offs;
};

// A ring that has only this pod, which owns all slots: epoch 1, no hand-offs.
[[nodiscard]] RingView RingOfOne(std::string ring, std::string pod, std::string address,
                                 std::uint32_t slots);

// {"ring":…,"epoch":1,"slots":16384,"members":[{"pod","address","state","slots","self"}],
//  "hand_offs":[{"from","to","slots","slots_done"}]} and a line's end.
[[nodiscard]] std::string RingJson(const RingView& view);

}  // namespace coolkit::ops
