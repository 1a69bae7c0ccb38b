// Why: what the ring should look like next is a pure function of the published view, who is alive
// and for how long: exactly balanced, least movement, and a newcomer takes a leaver's slots whole,
// so that a rolling update moves each key once.
//
// Not thread-safe: belongs to the pod's membership loop. Any pod may plan; only the holder of the
// lease publishes.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "ring/member.h"
#include "ring/view.h"

namespace coolkit::ring {

class Planner {
 public:
  struct Options {
    // How long a newcomer waits for a leaver whose slots it could take whole, and the other way
    // round. Meanwhile a newcomer serves through others, and a leaver still answers.
    milliseconds newcomer_hold{3'000};
    milliseconds leaver_hold{6'000};
  };
  explicit Planner(Options options) : options_(options) {}

  // The view that should follow `current`, with its epoch unset; nothing if it is fine as it is.
  // `live` has each member once. A ring in which nobody may own slots stays as it is.
  [[nodiscard]] std::optional<View> Plan(const View& current, std::span<const Member> live,
                                         BootTime now);

 private:
  struct Draft;
  [[nodiscard]] Draft Begin(const View& current, std::span<const Member> live) const;
  void Remember(const Draft& draft, BootTime now);
  void PairWhole(Draft& draft) const;
  void Release(Draft& draft, BootTime now) const;
  static void Balance(Draft& draft);
  static View Finish(const View& current, const Draft& draft);
  [[nodiscard]] bool Held(const MemberId& id, milliseconds hold, BootTime now) const;

  Options options_;
  // Since when a member has been waiting: a newcomer without slots, or a leaver with some.
  std::map<MemberId, BootTime> waiting_since_;
};

}  // namespace coolkit::ring
