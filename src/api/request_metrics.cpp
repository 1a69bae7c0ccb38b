#include "api/request_metrics.h"

#include <string>

namespace coolkit::api {
namespace {

std::size_t Index(RouteId route) { return static_cast<std::size_t>(route); }
std::size_t Index(http::Method method) { return static_cast<std::size_t>(method); }

telemetry::Labels RouteLabels(RouteId route, http::Method method) {
  return {{"route", std::string(RouteOf(route).path)},
          {"method", std::string(http::MethodName(method))}};
}

}  // namespace

RequestMetrics::RequestMetrics(telemetry::Registry& registry)
    : registry_(registry),
      request_bytes_(registry.AddCounter("coolkit_http_request_bytes_total",
                                         "Bytes of requests, heads included.")),
      response_bytes_(registry.AddCounter("coolkit_http_response_bytes_total",
                                          "Bytes of responses, heads included.")) {
  for (const Route& route : Routes()) {
    for (const Operation& operation : route.operations) {
      if (operation.method == http::Method::kOptions) continue;
      static_cast<void>(DurationOf(route.id, operation.method));
      // Successes and refusals by load, so that a rate over them has a beginning.
      for (const Answer& answer : operation.answers) {
        if (answer.status < 400 || answer.status == 503) {
          static_cast<void>(RequestsOf(route.id, operation.method, answer.status));
        }
      }
    }
  }
}

telemetry::Counter& RequestMetrics::RequestsOf(RouteId route, http::Method method, int status) {
  const bool known = status >= 100 && status / 100 <= kClasses && status % 100 < kStatusesOfClass;
  const int code = known ? status : 500;
  const auto index = static_cast<std::size_t>(code / 100 - 1) * kStatusesOfClass +
                     static_cast<std::size_t>(code % 100);
  auto& cell = requests_[Index(route)][Index(method)][index];
  if (telemetry::Counter* counter = cell.load(std::memory_order_acquire)) return *counter;
  const MutexLock lock(registering_);
  if (telemetry::Counter* counter = cell.load(std::memory_order_relaxed)) return *counter;
  telemetry::Labels labels = RouteLabels(route, method);
  labels.emplace_back("code", std::to_string(code));
  telemetry::Counter& counter = registry_.AddCounter(
      "coolkit_http_requests_total", "Responses, by route, method and status.", labels);
  cell.store(&counter, std::memory_order_release);
  return counter;
}

telemetry::Histogram& RequestMetrics::DurationOf(RouteId route, http::Method method) {
  auto& cell = durations_[Index(route)][Index(method)];
  if (telemetry::Histogram* histogram = cell.load(std::memory_order_acquire)) return *histogram;
  const MutexLock lock(registering_);
  if (telemetry::Histogram* histogram = cell.load(std::memory_order_relaxed)) return *histogram;
  telemetry::Histogram& histogram =
      registry_.AddHistogram("coolkit_http_request_duration_seconds",
                             "Time from the end of a request's head to the end of its response.",
                             telemetry::LatencyBounds(), RouteLabels(route, method));
  cell.store(&histogram, std::memory_order_release);
  return histogram;
}

void RequestMetrics::Count(RouteId route, http::Method method, int status, nanoseconds duration,
                           std::uint64_t request_bytes, std::uint64_t response_bytes) {
  RequestsOf(route, method, status).Add();
  DurationOf(route, method).ObserveSeconds(duration);
  request_bytes_.Add(request_bytes);
  response_bytes_.Add(response_bytes);
}

}  // namespace coolkit::api
