// Why: who takes part in a ring. A pod's life, not its address, is a member: a pod that restarts on
// the same address is another one, and what was said to the old one does not count. Values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace coolkit::ring {

// 16 random bytes, made when the process starts.
struct MemberId {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const MemberId&, const MemberId&) = default;
};
inline constexpr MemberId kNobody{};

// 32 hex digits.
[[nodiscard]] std::string FormatMemberId(const MemberId& id);

enum class MemberState : std::uint8_t {
  kJoining = 0,   // reads the feed, owns nothing yet
  kReady = 1,     // may own slots
  kDraining = 2,  // hands its slots off and leaves
};
[[nodiscard]] std::string_view MemberStateName(MemberState state);

struct Member {
  MemberId id;
  std::string name;          // of the pod: for people, logs and Cache-Status
  std::string address;       // `host:port` at which peers reach it
  std::int64_t born_us = 0;  // wall clock at its start: the later of two on one address is the one
  MemberState state = MemberState::kJoining;

  friend bool operator==(const Member&, const Member&) = default;
};

}  // namespace coolkit::ring
