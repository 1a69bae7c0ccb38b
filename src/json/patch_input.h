// Why: both patch formats judge their two texts in the same way before they touch them, and name
// the same errors. Pure; any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "json/patch.h"

namespace coolkit::json {

// The document is JSON (kNotJson) and so is the patch (kInvalidPatch), neither too deep.
[[nodiscard]] Result<void> CheckPatchInput(std::string_view document, std::string_view patch,
                                           const PatchLimits& limits);

[[nodiscard]] Error ResultTooLarge(const PatchLimits& limits);

}  // namespace coolkit::json
