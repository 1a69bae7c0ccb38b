#include "peer/breaker.h"

#include <algorithm>

namespace coolkit::peer {

bool Breaker::Allow(BootTime now) {
  if (state_ == State::kClosed) return true;
  if (now < until_) return false;
  // The next trial only when this one had the time to fail.
  state_ = State::kTrial;
  until_ = now + options_.open_min;
  return true;
}

void Breaker::OnAnswer() {
  state_ = State::kClosed;
  timeouts_ = 0;
  openings_ = 0;
}

void Breaker::OnTimeout(bool heard, BootTime now) {
  ++timeouts_;
  if (state_ == State::kOpen) return;  // of a request sent before it opened
  if (!heard || state_ == State::kTrial || timeouts_ >= options_.timeouts_max) Open(!heard, now);
}

void Breaker::OnHeard() {
  if (state_ == State::kClosed || !silent_) return;
  state_ = State::kClosed;
  timeouts_ = 0;
}

void Breaker::Open(bool silent, BootTime now) {
  const std::int64_t most = options_.open_max.count();
  const std::int64_t pause = std::min(most, options_.open_min.count() << std::min(openings_, 16));
  // Half of it to all of it: askers of one peer do not come back together.
  const auto jitter =
      static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(pause / 2 + 1)));
  state_ = State::kOpen;
  silent_ = silent;
  until_ = now + milliseconds(pause - jitter);
  ++openings_;
  ++opened_;
}

}  // namespace coolkit::peer
