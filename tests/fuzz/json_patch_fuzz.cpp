// A document and a JSON patch, separated by the first NUL: a result is JSON within the limits, and
// an empty patch changes no byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "json/patch.h"
#include "json/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using coolkit::ErrorCode;
  constexpr std::size_t kBytesMax = 4096;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), size);
  const std::string_view document = text.substr(0, cut);
  const std::string_view patch = text.substr(std::min(cut + 1, size));

  const auto result = coolkit::json::ApplyJsonPatch(document, patch, kBytesMax);
  if (result) {
    CHECK(coolkit::json::Validate(*result).has_value());
    CHECK(result->size() <= kBytesMax);
  } else {
    const ErrorCode code = result.error().code;
    CHECK(code == ErrorCode::kNotJson || code == ErrorCode::kInvalidPatch ||
          code == ErrorCode::kPatchTestFailed || code == ErrorCode::kPayloadTooLarge);
  }
  const auto same = coolkit::json::ApplyJsonPatch(document, "[]", size);
  CHECK(same.has_value() == coolkit::json::Validate(document).has_value());
  CHECK(!same || *same == document);
  return 0;
}
