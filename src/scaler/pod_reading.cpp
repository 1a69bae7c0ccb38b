#include "scaler/pod_reading.h"

#include <cmath>

#include "scaler/exposition_reader.h"

namespace coolkit::scaler {
namespace {

struct Collected {
  PodReading pod;
  bool is_coolkit = false;
  std::string wrong;  // the first metric with an impossible figure
};

// The figure that a metric adds to; null: it is of no interest.
double* Figure(std::string_view name, PodReading& pod) {
  if (name == "coolkit_http_requests_total") return &pod.requests;
  if (name == "process_cpu_seconds_total") return &pod.cpu_seconds;
  if (name == "coolkit_http_request_duration_seconds_sum") return &pod.latency_sum_s;
  if (name == "coolkit_http_request_duration_seconds_count") return &pod.latency_count;
  if (name == "coolkit_cache_bytes") return &pod.cache_bytes;
  if (name == "coolkit_cache_limit_bytes") return &pod.cache_limit_bytes;
  if (name == "process_start_time_seconds") return &pod.started_at;
  if (name == "coolkit_database_connection_errors_total") return &pod.database_errors;
  return nullptr;
}

void Take(const ExpositionSample& sample, Collected& collected) {
  PodReading& pod = collected.pod;
  if (sample.name == "coolkit_build_info") {
    collected.is_coolkit = true;
    pod.revision =
        sample.Label("version").value_or("") + " " + sample.Label("revision").value_or("");
    return;
  }
  if (sample.name == "coolkit_health_check_status") {
    const auto check = sample.Label("check");
    if (check == "serving") pod.serving = sample.value != 0;
    if (check == "database") pod.database = sample.value != 0;
    return;
  }
  double* const figure = Figure(sample.name, pod);
  if (figure == nullptr) return;
  if (!std::isfinite(sample.value) || sample.value < 0) {
    if (collected.wrong.empty()) collected.wrong = sample.name;
    return;
  }
  *figure += sample.value;
  if (figure != &pod.requests) return;
  const auto code = sample.Label("code");
  if (code == "503" || code == "429") pod.refused += sample.value;
}

}  // namespace

Result<PodReading> ReadPod(std::string_view text) {
  Collected collected;
  const Result<void> read =
      ReadExposition(text, [&](const ExpositionSample& sample) { Take(sample, collected); });
  if (!read) return Fail(read.error());
  if (!collected.is_coolkit) {
    return Fail(ErrorCode::kInvalidRequest, "these are not coolkit's metrics");
  }
  if (!collected.wrong.empty()) {
    return Fail(ErrorCode::kInvalidRequest, collected.wrong + " is no possible figure");
  }
  return std::move(collected.pod);
}

}  // namespace coolkit::scaler
