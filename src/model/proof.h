// Why: what is known of how current an entry is (section 1 of the protocol). Kept beside the
// entry, not in it: the same immutable entry gets better proofs over time. Values; any thread.
#pragma once

#include "base/time.h"
#include "model/version.h"

namespace coolkit::model {

// A pair of clocks: "includes every write acknowledged before local time `at`", and the database's
// clock read at some moment not before `at` (R15 bounds its clock later by db_now + (now - at)).
struct Fresh {
  BootTime at = kMinusInfinity;
  DbTime db_now{};
};

struct Proof {
  Position as_of = kNoPosition;  // includes every change of its key up to here; may be understated
  Position seen = kNoPosition;   // snapshots from here on include this version; may be overstated
  Fresh fresh;                   // R7
};

}  // namespace coolkit::model
