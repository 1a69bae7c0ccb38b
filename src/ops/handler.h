// Why: port 2345: what Kubernetes, Prometheus and people on call ask a pod. It reads memory only,
// so that it answers under overload and while the database is gone. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "http/handler.h"
#include "ops/check.h"
#include "ops/ring_view.h"
#include "telemetry/metrics.h"

namespace coolkit::ops {

struct Options {
  telemetry::Registry* registry = nullptr;  // outlives the handler; required
  // In the order in which they are shown; names are different and one is `process`.
  std::vector<Check> checks;
  // Has the start come to its end? /startupz answers 503 until then. None: at once.
  std::function<bool()> started;
  // For /ring. None: there is no ring, and the path is not found.
  std::function<RingView()> ring;
};

// GET and HEAD of
//   /metrics            Prometheus text, or OpenMetrics when Accept prefers it
//   /healthz            all checks        /healthz/{check}  one check
//   /livez              `process`         /readyz           all but `database`
//   /startupz           `started`         /ring             RingJson
// Probes answer 200 `ok`, or 503 with what failed; `?verbose` lists all checks, `?exclude=NAME`
// leaves one out (repeatable; an unknown name is warned of in the body and ignored: a typo in a
// probe must not become an outage), and `Accept: application/json` asks for JSON.
// Registers coolkit_ops_requests_total{path,code} and coolkit_health_check_status{check}.
class Handler final : public http::Handler {
 public:
  explicit Handler(Options options);
  ~Handler() override;

  [[nodiscard]] http::Admission Admit(const http::RequestHead& head) override;
  [[nodiscard]] net::Task<http::Response> Handle(const http::Request& request,
                                                 net::Loop& loop) override;
  [[nodiscard]] http::Response RenderError(int status, const Error& error) override;
  void Observe(const http::ExchangeRecord& record) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::ops
