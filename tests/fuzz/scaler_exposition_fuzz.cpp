// Any bytes as a pod's metrics: reading ends, is the same twice, and what is believed is possible.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "scaler/exposition_reader.h"
#include "scaler/pod_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t samples = 0;
  const auto read =
      coolkit::scaler::ReadExposition(text, [&](const coolkit::scaler::ExpositionSample& sample) {
        ++samples;
        CHECK(!sample.name.empty());
        static_cast<void>(sample.Label("code"));
      });
  CHECK(samples <= size);
  const auto pod = coolkit::scaler::ReadPod(text);
  CHECK(!pod || read.has_value());
  if (!pod) return 0;
  for (const double figure : {pod->requests, pod->refused, pod->cpu_seconds, pod->cache_bytes}) {
    CHECK(figure >= 0 && !std::isnan(figure));
  }
  CHECK(pod->refused <= pod->requests);
  return 0;
}
