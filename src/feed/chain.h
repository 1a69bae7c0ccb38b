// Why: frames of any number of tailers reach a pod late, twice, out of order or not at all; which
// of them may be applied is one comparison of positions (R3, R4, R12), judged here and nowhere
// else. Pure functions; any thread.
#pragma once

#include <cstdint>

#include "base/rules.h"
#include "feed/frame.h"
#include "feed/state.h"

namespace coolkit::feed {

enum class Judgement : std::uint8_t {
  kApply,     // R3: continues what is applied
  kEchoOnly,  // R3: nothing new in it, but its echo counts
  kGap,       // R4: changes in between were in nobody's frame: have them sent again, or flush
  kNewLife,   // R12: a newer incarnation, or the first one: reset
  kIgnore,    // of an older incarnation, or no frame at all (cur < prev)
};

[[nodiscard]] constexpr Judgement Judge(const Frame& frame, const Sample& at) {
  if (frame.cur < frame.prev) return Judgement::kIgnore;
  if (at.applied == model::kNoPosition) return Judgement::kNewLife;
  if (!(frame.incarnation == at.incarnation)) {
    return frame.incarnation.base > at.incarnation.base ? Judgement::kNewLife : Judgement::kIgnore;
  }
  if (Kept(Rule::kR3Chain) && frame.prev > at.applied) return Judgement::kGap;
  return frame.cur > at.applied ? Judgement::kApply : Judgement::kEchoOnly;
}

// What another pod says about positions is believed only near what is applied here: transaction ids
// grow by less than a million a second (R14), so a pod that is this far behind polls for itself.
inline constexpr std::int64_t kPositionJumpMax = 10'000'000;

[[nodiscard]] constexpr bool IsAbsurd(model::Position claimed, model::Position applied) {
  if (applied == model::kNoPosition) return false;  // nothing to compare with
  return claimed.value > applied.value && claimed.value - kPositionJumpMax > applied.value;
}

}  // namespace coolkit::feed
