// Why: a pod knows how current it is by its own clock alone: a ping that it stamped comes back in a
// frame whose statement was sent after the ping was read (R2). No clocks are compared and arrival
// times are never used. Pure functions; any thread.
#pragma once

#include "feed/frame.h"
#include "model/proof.h"

namespace coolkit::feed {

// The horizon once `frame` (judged kApply or kEchoOnly) has been applied in every shard: the later
// ping, with the database's clock of the frame that echoed it (R15).
[[nodiscard]] constexpr model::Fresh Advance(const model::Fresh& horizon, const Frame& frame) {
  return frame.echo > horizon.at ? model::Fresh{frame.echo, frame.db_now} : horizon;
}

}  // namespace coolkit::feed
