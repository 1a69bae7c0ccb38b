#include "json/patch_input.h"

#include <limits>

#include "json/value.h"

namespace coolkit::json {
namespace {

Result<void> Check(std::string_view text, const PatchLimits& limits, ErrorCode code,
                   std::string_view what) {
  const ParseLimits parse{.depth_max = limits.depth_max,
                          .bytes_max = std::numeric_limits<std::uint32_t>::max()};
  if (const auto valid = Validate(text, parse); !valid) {
    return Fail(code, std::string(what) + valid.error().detail);
  }
  return {};
}

}  // namespace

Result<void> CheckPatchInput(std::string_view document, std::string_view patch,
                             const PatchLimits& limits) {
  if (auto valid = Check(patch, limits, ErrorCode::kInvalidPatch, "the patch is "); !valid) {
    return valid;
  }
  return Check(document, limits, ErrorCode::kNotJson, "the stored value is ");
}

Error ResultTooLarge(const PatchLimits& limits) {
  return {ErrorCode::kPayloadTooLarge,
          "the patched value is larger than " + std::to_string(limits.bytes_max) + " bytes",
          {}};
}

}  // namespace coolkit::json
