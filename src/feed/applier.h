// Why: the order of the steps in which a frame takes effect is what R2 to R4 and R12 are about: all
// shards first, then the applied position, then the horizon. It stands here once.
//
// Thread safety: one thread at a time; readers use State meanwhile.
#pragma once

#include <algorithm>
#include <cstdint>

#include "feed/chain.h"
#include "feed/frame.h"
#include "feed/horizon.h"
#include "feed/state.h"

namespace coolkit::feed {

// What to do about a gap (R4).
enum class OnGap : std::uint8_t {
  kAsk,    // nothing: the tailer is asked to send again from State's applied position
  kFlush,  // drop what may have changed meanwhile and go on
};

// Cache is cache::Cache, or has its Apply, ApplyGap, Reset and Settle. Both outlive the applier.
template <class Cache>
class Applier {
 public:
  Applier(Cache& cache, State& state) : cache_(cache), state_(state) {}

  // Returns what the frame was; after kGap with OnGap::kAsk nothing has changed.
  Judgement Take(const Frame& frame, OnGap on_gap) {
    const Sample at = state_.Read();
    const Judgement judgement = Judge(frame, at);
    switch (judgement) {
      case Judgement::kApply:
        Advance(frame, at);
        break;
      case Judgement::kEchoOnly:
        Publish(frame, at, at.applied);
        break;
      case Judgement::kGap:
        if (on_gap == OnGap::kAsk) break;
        cache_.ApplyGap(frame.prev, at.applied);
        Advance(frame, at);
        break;
      case Judgement::kNewLife:
        cache_.Reset(frame.incarnation, frame.cur);
        state_.Publish(frame.incarnation, frame.cur, {});
        break;
      case Judgement::kIgnore:
        break;
    }
    return judgement;
  }

 private:
  void Advance(const Frame& frame, const Sample& at) {
    cache_.Apply(frame.changes, frame.cur);
    Publish(frame, at, std::max(at.applied, frame.cur));
  }
  void Publish(const Frame& frame, const Sample& at, model::Position applied) {
    const model::Fresh horizon = feed::Advance(at.horizon, frame);
    state_.Publish(at.incarnation, applied, horizon);
    cache_.Settle(applied, horizon.at);
  }

  Cache& cache_;
  State& state_;
};

}  // namespace coolkit::feed
