// Why: the endpoint that KEDA polls: cheap, without side effects, the same for both of its readers,
// and with a status that it understands. Thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "http/handler.h"
#include "scaler/workload.h"

namespace coolkit::scaler {

// GET and HEAD of
//   /estimate             the names of the workloads, as JSON
//   /estimate/{workload}  200 with the estimate, `?explain=1` with every candidate; 404 for another
//                         name; 503 while there is nothing that can be said
//   /healthz              200: this process answers
// Registers coolkit_scaler_requests_total{code}.
class Handler final : public http::Handler {
 public:
  // `workloads` and `registry` outlive the handler. An answer that was published longer ago than
  // its workload's stale time plus a minute is not given: the loop hangs.
  Handler(std::vector<const Workload*> workloads, telemetry::Registry& registry,
          const Clock& clock);
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

}  // namespace coolkit::scaler
