// Why: frames of any number of tailers reach a pod late, twice, out of order or not at all; which
// of them may be applied is one comparison of positions (R3, R4, R12), judged here and nowhere
// else. Pure functions; any thread.
#pragma once

#include <cstdint>

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
  if (frame.prev > at.applied) return Judgement::kGap;
  return frame.cur > at.applied ? Judgement::kApply : Judgement::kEchoOnly;
}

}  // namespace coolkit::feed
