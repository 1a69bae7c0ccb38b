// Why: a peer that does not answer must cost its askers one time-out, not one each. A pure state
// machine: the clock is passed in.
//
// Not thread-safe: belongs to one connection's loop.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace coolkit::peer {

class Breaker {
 public:
  struct Options {
    int timeouts_max = 5;  // in a row, of a peer that was heard meanwhile
    milliseconds open_min{250};
    milliseconds open_max{5'000};
  };
  // `random` outlives it.
  Breaker(Options options, Random& random) : options_(options), random_(random) {}

  // May a request go out? Half open, one may at a time.
  [[nodiscard]] bool Allow(BootTime now);
  void OnAnswer();
  // A request timed out. `heard`: the peer sent something after the request; if it did not, it is
  // unreachable and the breaker opens at once.
  void OnTimeout(bool heard, BootTime now);
  // The peer sent something: it is reachable again.
  void OnHeard();

  // Requests are refused or on trial.
  [[nodiscard]] bool open() const { return state_ != State::kClosed; }
  [[nodiscard]] std::uint64_t opened() const { return opened_; }

 private:
  enum class State : std::uint8_t { kClosed, kOpen, kTrial };
  void Open(bool silent, BootTime now);

  Options options_;
  Random& random_;
  State state_ = State::kClosed;
  bool silent_ = false;  // opened because nothing was heard
  int timeouts_ = 0;
  int openings_ = 0;  // in a row
  BootTime until_{};
  std::uint64_t opened_ = 0;
};

}  // namespace coolkit::peer
