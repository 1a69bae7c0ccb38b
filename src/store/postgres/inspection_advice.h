// Why: what a fault of the database means and what helps is knowledge, not logic: one table. Pure;
// any thread.
#pragma once

#include <string_view>

#include "store/inspection.h"

namespace coolkit::store {

// The finding of that id, with what was seen. CHECKs that the id is known.
[[nodiscard]] Finding AdviceOn(std::string_view id, std::string_view seen);

}  // namespace coolkit::store
