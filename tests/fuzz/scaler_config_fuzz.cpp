// Any bytes as a configuration file, a ScaledObject, an answer or a Quantity: reading ends with a
// value or a reason.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "scaler/config_file.h"
#include "scaler/demand.h"
#include "scaler/quantity.h"
#include "scaler/scaled_object.h"
#include "scaler/value_location.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = coolkit::scaler::ParseConfigFile(text);
  if (file) {
    for (const auto& entry : file->workloads) {
      static_cast<void>(coolkit::scaler::ApplyEntry(entry, {}));
    }
  }
  static_cast<void>(coolkit::scaler::ParseScaledObject(text));
  const std::size_t half = size / 2;
  static_cast<void>(coolkit::scaler::ReadLocation(text.substr(half), text.substr(0, half)));
  const auto quantity = coolkit::scaler::ParseQuantity(text);
  CHECK(!quantity || !std::isnan(*quantity));
  static_cast<void>(coolkit::scaler::ParseTrace("t", text));
  return 0;
}
