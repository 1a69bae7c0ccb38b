// Why: a command that runs once reaches the database like a pod does, with a loop for that time.
// Main thread.
#pragma once

#include "base/clock.h"
#include "cli/database_access.h"
#include "net/event_loop.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::cli {

class CommandDatabase {
 public:
  explicit CommandDatabase(const Settings& settings)
      : access_({settings, clock_, loop_, registry_}) {
    loop_.Start();
  }
  ~CommandDatabase() {
    access_.Stop();
    loop_.Stop();
  }
  CommandDatabase(const CommandDatabase&) = delete;
  CommandDatabase& operator=(const CommandDatabase&) = delete;

  // Errors: as DatabaseAccess.
  [[nodiscard]] Result<void> Start() { return access_.Start(log_, false); }
  [[nodiscard]] DatabaseAccess::Way way() const { return access_.database(); }

 private:
  const SystemClock clock_;
  net::EventLoop loop_{clock_, "cloudsql"};
  telemetry::Registry registry_;
  telemetry::Log log_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "coolkit"};
  DatabaseAccess access_;
};

}  // namespace coolkit::cli
