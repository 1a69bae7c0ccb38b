// Why: an answer made of several reads and writes carries one position that covers them all (R10).
// Pure; any thread.
#pragma once

#include <algorithm>
#include <optional>

#include "model/token.h"

namespace coolkit::api {

// Covers both; of two lives of the database, the newer one's position: the other says nothing
// about it.
[[nodiscard]] inline model::Token LaterPosition(const std::optional<model::Token>& a,
                                                const model::Token& b) {
  if (!a) return b;
  if (a->incarnation == b.incarnation) {
    return a->position < b.position ? b : *a;
  }
  return a->incarnation.base > b.incarnation.base ? *a : b;
}

}  // namespace coolkit::api
