// Why: what is needed to connect to an instance lives for an hour; one refresher per instance keeps
// it fresh ahead of time, so that no connection waits for it, and keeps to the API's quota. On one
// loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "cloudsql/admin_api.h"
#include "cloudsql/metrics.h"
#include "cloudsql/refresh_schedule.h"
#include "net/task_group.h"
#include "net/tls.h"
#include "telemetry/log.h"

namespace coolkit::cloudsql {

// What one refresh brought. Immutable.
struct ConnectInfo {
  std::shared_ptr<const net::TlsClient> tls;
  std::string host;
  BootTime expires{};
};

class Instance {
 public:
  struct Options {
    InstanceName name;
    IpType ip = IpType::kPublic;
    bool iam = true;
    BootTime first_at{};  // the first refresh not before
    RefreshLimits limits;
    milliseconds refresh_time{60'000};    // of one refresh, at most
    milliseconds settings_life{300'000};  // of connect settings while there is no certificate
    std::uint64_t seed = 1;
  };
  struct Parts {
    net::Loop& loop;
    AdminApi& api;
    TokenSource& tokens;
    const crypto::RsaKey& key;
    Metrics& metrics;
    telemetry::Log& log;
  };
  Instance(const Parts& parts, Options options)
      : parts_(parts),
        options_(std::move(options)),
        random_(options_.seed),
        limiter_(options_.limits) {}

  // Begins to refresh.
  void Start();
  // Nobody waits any more, nothing is refreshed; a refresh under way ends by itself.
  void Stop();
  [[nodiscard]] net::TaskGroup& tasks() { return tasks_; }

  // Waits for what can be connected with, or for the failure of the refresh that would bring it. A
  // failure that time does not cure comes at once.
  [[nodiscard]] net::Task<Outcome<std::shared_ptr<const ConnectInfo>>> Get(BootTime deadline);
  // A server did not accept `used`, or we did not accept the server: what Get gives next was
  // fetched after this call, unless that fails.
  void ForceRefresh(const std::shared_ptr<const ConnectInfo>& used);

 private:
  using Info = Outcome<std::shared_ptr<const ConnectInfo>>;
  struct Waiter {
    std::uint64_t id = 0;
    net::TimerId timer;
    Completion<Info> done;
  };

  void ScheduleRefresh(BootTime when);
  net::Task<void> Refresh();
  struct Fetched {
    Info info;
    milliseconds retry_after{0};
  };
  net::Task<Fetched> Fetch(BootTime deadline);
  [[nodiscard]] Fetched Assemble(const AdminApi::Answer& settings,
                                 const AdminApi::Answer& certificate, BootTime token_expires) const;
  void Wait(BootTime deadline, Completion<Info> done);
  void Answer(const Info& info);
  [[nodiscard]] bool IsGood() const;

  const Parts parts_;
  const Options options_;
  SeededRandom random_;
  RefreshLimiter limiter_;
  net::TaskGroup tasks_;
  std::shared_ptr<const ConnectInfo> current_;
  std::shared_ptr<const ConnectInfo> suspect_;  // a forced refresh is to replace it
  std::optional<store::DialFailure> last_failure_;
  std::vector<Waiter> waiters_;
  std::uint64_t last_waiter_ = 0;
  net::TimerId timer_;
  BootTime scheduled_for_ = kNever;
  // Of a refresh whose second request failed: not asked for again at once.
  std::optional<AdminApi::Answer> settings_;
  BootTime settings_until_{};
  int failures_ = 0;
  bool refreshing_ = false;
  bool stopped_ = false;
};

}  // namespace coolkit::cloudsql
