// Why: what a tailer tells a pod about one poll of the database. Values.
#pragma once

#include <string>

#include "base/time.h"
#include "model/change.h"
#include "model/incarnation.h"
#include "model/version.h"

namespace coolkit::feed {

struct Frame {
  model::Incarnation incarnation;
  // Every key changed in (prev, cur] is named in `changes`, or its collection is, or `everything`.
  model::Position prev = model::kNoPosition;
  model::Position cur = model::kNoPosition;
  // Of `cur`, as the database wrote it: enough to poll on from (a position only compares). Empty
  // where a position is enough.
  std::string snapshot;
  DbTime db_now{};  // the database's clock, read by the same statement
  model::ChangeSet changes;
  // The latest ping of the receiving pod, by that pod's clock, that the tailer had read before it
  // sent the statement (R2); minus infinity: none.
  BootTime echo = kMinusInfinity;
};

}  // namespace coolkit::feed
