// Why: what the feed carries: which key changed, up to which version; or that a whole collection
// or everything did. Values.
#pragma once

#include <string>
#include <vector>

#include "model/key.h"
#include "model/version.h"

namespace coolkit::model {

struct Change {
  Key key;
  Version version;
};

// What changed between two positions of one incarnation.
struct ChangeSet {
  std::vector<Change> keys;
  std::vector<std::string> collections;  // too many keys of these changed to name each
  bool everything = false;               // TRUNCATE, or a gap nobody can name
};

}  // namespace coolkit::model
