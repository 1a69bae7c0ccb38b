#include "cli/scaler_serve.h"

#include <cstdio>
#include <deque>
#include <memory>

#include "base/clock.h"
#include "cli/build_info.h"
#include "cli/pod_metrics.h"
#include "cli/port_file.h"
#include "http/server.h"
#include "net/dns_resolver.h"
#include "net/event_loop.h"
#include "net/signals.h"
#include "net/tcp.h"
#include "ops/handler.h"
#include "ops/watchdog.h"
#include "scaler/handler.h"
#include "scaler/workload.h"
#include "telemetry/log.h"
#include "telemetry/process_metrics.h"

namespace coolkit::cli {
namespace {

// Names and TCP for the loop that looks at the pods.
class RealNetwork final : public scaler::Network {
 public:
  RealNetwork(net::EventLoop& loop, const std::string& dns_server)
      : loop_(loop), resolver_(loop.clock(), {.server = dns_server}) {
    resolver_.Start();
  }

  void Resolve(net::Loop& /*loop*/, const std::string& name, BootTime deadline,
               Completion<Result<std::vector<std::string>>> done) override {
    resolver_.Resolve(
        name, deadline,
        [this, done = std::move(done)](Result<std::vector<std::string>> found) mutable {
          loop_.Post([done = std::move(done), found = std::move(found)]() mutable {
            done(std::move(found));
          });
        });
  }
  void Connect(net::Loop& /*loop*/, const std::string& address, BootTime deadline,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override {
    auto endpoint = net::ParseEndpoint(address);
    if (!endpoint) {
      done(Fail(endpoint.error()));
      return;
    }
    net::TcpConnect(loop_, std::move(*endpoint), deadline, std::move(done));
  }

 private:
  net::EventLoop& loop_;
  net::DnsResolver resolver_;
};

http::ServerLimits Limits() {
  http::ServerLimits limits;
  limits.connections_max = 256;
  limits.requests_in_flight_max = 128;
  limits.header_bytes_max = 16 * 1024;
  limits.body_bytes_in_flight_max = 1 << 20;
  return limits;
}

class Scaler {
 public:
  explicit Scaler(const ScalerOptions& options)
      : options_(options), log_(options.log_format, options.log_level, "scaler") {
    for (const scaler::WorkloadOptions& workload : options_.workloads) {
      metrics_.emplace_back(registry_, workload.name);
      workloads_.push_back(std::make_unique<scaler::Workload>(
          scaler::Workload::Parts{pods_loop_, network_, metrics_.back(), log_}, workload));
    }
    MakeServers();
  }

  [[nodiscard]] const telemetry::Registry& registry() const { return registry_; }

  Result<void> Start() {
    listener_ = MakeListener(options_.listen, api_loop_, *api_server_);
    ops_listener_ = MakeListener(options_.ops_listen, ops_loop_, *ops_server_);
    if (auto bound = listener_->Bind(); !bound) return bound;
    if (auto bound = ops_listener_->Bind(); !bound) return bound;
    const std::string listen = net::FormatEndpoint(listener_->BoundEndpoint());
    const std::string ops = net::FormatEndpoint(ops_listener_->BoundEndpoint());
    if (!options_.port_file.empty()) {
      if (auto written = WritePortFile(options_.port_file, listen, ops); !written) return written;
    }
    api_loop_.Start();
    ops_loop_.Start();
    pods_loop_.Start();
    listener_->Start();
    ops_listener_->Start();
    watchdog_->Start(ops_loop_);
    for (const auto& workload : workloads_) workload->Start();
    log_.Info("listening", {{"listen", listen}, {"ops_listen", ops}});
    return {};
  }

  void Stop() {
    listener_->Stop();
    ops_listener_->Stop();
    api_server_->Stop();
    ops_server_->Stop();
    for (const auto& workload : workloads_) workload->Stop();
    watchdog_->Stop();
    pods_loop_.Stop();
    api_loop_.Stop();
    ops_loop_.Stop();
  }

 private:
  static std::unique_ptr<net::TcpListener> MakeListener(const net::Endpoint& where,
                                                        net::EventLoop& loop,
                                                        http::Server& server) {
    net::TcpListener::Options options;
    options.listen = where;
    return std::make_unique<net::TcpListener>(
        std::move(options), std::vector<net::EventLoop*>{&loop},
        [&server](std::unique_ptr<net::Connection> connection) {
          server.Serve(std::move(connection));
        });
  }

  void MakeServers() {
    std::vector<const scaler::Workload*> shown;
    for (const auto& workload : workloads_) shown.push_back(workload.get());
    handler_ = std::make_unique<scaler::Handler>(std::move(shown), registry_, clock_);
    watchdog_ = std::make_unique<ops::Watchdog>(std::vector<net::Loop*>{&api_loop_, &pods_loop_},
                                                registry_);
    ops::Options ops_options;
    ops_options.registry = &registry_;
    ops_options.checks.push_back(
        {std::string(ops::kProcessCheck), [this] { return watchdog_->Check(); }});
    ops_options.checks.push_back({"estimates", [this] { return CheckEstimates(); }});
    ops_handler_ = std::make_unique<ops::Handler>(std::move(ops_options));
    const auto date = [this] { return clock_.WallSeconds(); };
    api_server_ = std::make_unique<http::Server>(*handler_, Limits(),
                                                 MakeServerMetrics(registry_, "api"), date);
    ops_server_ = std::make_unique<http::Server>(*ops_handler_, Limits(),
                                                 MakeServerMetrics(registry_, "ops"), date);
    telemetry::RegisterProcessMetrics(registry_,
                                      {std::string(BuildVersion()), std::string(BuildRevision())});
  }

  [[nodiscard]] ops::CheckResult CheckEstimates() const {
    for (const auto& workload : workloads_) {
      const auto answer = workload->Current();
      if (!answer->usable) return {false, workload->name() + ": " + answer->why_not};
    }
    return {};
  }

  const ScalerOptions options_;
  SystemClock clock_;
  telemetry::Registry registry_;
  telemetry::Log log_;
  net::EventLoop api_loop_{clock_, "scaler-api"};
  net::EventLoop ops_loop_{clock_, "scaler-ops"};
  net::EventLoop pods_loop_{clock_, "scaler-pods"};
  RealNetwork network_{pods_loop_, options_.dns_server};
  std::deque<scaler::WorkloadMetrics> metrics_;  // references stay
  std::vector<std::unique_ptr<scaler::Workload>> workloads_;
  std::unique_ptr<scaler::Handler> handler_;
  std::unique_ptr<ops::Watchdog> watchdog_;
  std::unique_ptr<ops::Handler> ops_handler_;
  std::unique_ptr<http::Server> api_server_;
  std::unique_ptr<http::Server> ops_server_;
  std::unique_ptr<net::TcpListener> listener_;
  std::unique_ptr<net::TcpListener> ops_listener_;
};

}  // namespace

std::vector<telemetry::MetricInfo> ScalerMetricFamilies() {
  ScalerOptions options;
  scaler::WorkloadOptions workload;
  workload.name = "coolkit";
  options.workloads.push_back(workload);
  return Scaler(options).registry().Families();
}

int RunScalerServe(const ScalerOptions& options) {
  Scaler running(options);
  if (const Result<void> started = running.Start(); !started) {
    std::fprintf(stderr, "coolkit: %s\n", started.error().detail.c_str());
    return 1;
  }
  static_cast<void>(net::WaitForSignal(milliseconds(-1)));
  running.Stop();
  return 0;
}

}  // namespace coolkit::cli
