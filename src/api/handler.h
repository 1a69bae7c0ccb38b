// Why: the API as the HTTP server sees it: refuses early what can be judged by the head alone,
// hands each call to its code, counts and logs what left. Thread-safe; calls run on their
// connection's loop.
#pragma once

#include "api/call.h"
#include "api/options.h"
#include "api/pages.h"
#include "api/request_metrics.h"
#include "base/random.h"
#include "http/handler.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::api {

class Handler final : public http::Handler {
 public:
  // All outlive the handler; `random` is only used here, for the seed of trace ids.
  struct Parts {
    kv::Service& service;
    telemetry::Registry& registry;
    telemetry::Log& log;
    Random& random;
    const Clock& clock;
  };
  Handler(Parts parts, Options options);

  [[nodiscard]] http::Admission Admit(const http::RequestHead& head) override;
  [[nodiscard]] net::Task<http::Response> Handle(const http::Request& request,
                                                 net::Loop& loop) override;
  [[nodiscard]] http::Response RenderError(int status, const Error& error) override;
  void Observe(const http::ExchangeRecord& record) override;

 private:
  // Errors of the head: 501, 404, 405, 417, and of large bodies all that their call checks.
  [[nodiscard]] Result<void> Judge(const http::RequestHead& head, const Location& location) const;
  [[nodiscard]] std::uint64_t BodyBytesMax(const http::RequestHead& head,
                                           const Location& location) const;
  [[nodiscard]] net::Task<http::Response> HandleItem(const http::Request& request,
                                                     const Location& location, net::Loop& loop);
  [[nodiscard]] net::Task<http::Response> HandlePage(const http::Request& request,
                                                     Location location, net::Loop& loop);

  Environment environment_;
  Pages pages_;
  RequestMetrics metrics_;
};

}  // namespace coolkit::api
