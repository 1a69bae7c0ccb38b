// Why: every response is counted under its route, method and status; on the hot path that is an
// array index and an add. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "api/routes.h"
#include "base/mutex.h"
#include "base/time.h"
#include "http/message.h"
#include "telemetry/metrics.h"

namespace coolkit::api {

class RequestMetrics {
 public:
  // Registers the series that each operation of the route table has; a combination that is not
  // foreseen there registers itself when it first occurs. `registry` outlives this.
  explicit RequestMetrics(telemetry::Registry& registry);

  // `route` is kNone where the request has none or its head could not be read.
  void Count(RouteId route, http::Method method, int status, nanoseconds duration,
             std::uint64_t request_bytes, std::uint64_t response_bytes);

 private:
  static constexpr std::size_t kMethods = static_cast<std::size_t>(http::Method::kOther) + 1;
  static constexpr int kClasses = 5;           // 1xx to 5xx
  static constexpr int kStatusesOfClass = 36;  // 100 to 135, …; other statuses count as 500
  using Requests = std::array<std::atomic<telemetry::Counter*>, kClasses * kStatusesOfClass>;

  telemetry::Counter& RequestsOf(RouteId route, http::Method method, int status);
  telemetry::Histogram& DurationOf(RouteId route, http::Method method);

  telemetry::Registry& registry_;
  Mutex registering_;
  std::array<std::array<Requests, kMethods>, kRouteCount> requests_{};
  std::array<std::array<std::atomic<telemetry::Histogram*>, kMethods>, kRouteCount> durations_{};
  telemetry::Counter& request_bytes_;
  telemetry::Counter& response_bytes_;
};

}  // namespace coolkit::api
