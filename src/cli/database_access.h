// Why: `serve`, `migrate` and `check-database` reach a database in the same ways: by its URL alone,
// with IAM tokens, or through the Cloud SQL connector. This composes what each needs. Used from the
// main thread; its parts run on the loop.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cli/settings.h"
#include "net/event_loop.h"
#include "store/postgres/dialer.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::cli {

class DatabaseAccess {
 public:
  struct Parts {
    const Settings& settings;
    const Clock& clock;
    net::EventLoop& loop;  // runs from before Start until Stop has returned
    telemetry::Registry& registry;
  };
  explicit DatabaseAccess(const Parts& parts);
  ~DatabaseAccess();  // stops

  // How to reach the databases of the settings; plain PostgreSQL needs nothing but its URL. `pods`
  // that start at the same time take turns. Errors: kInvalidRequest, which say what to do.
  [[nodiscard]] Result<void> Start(telemetry::Log& log, bool take_turns);
  void Stop();

  struct Way {
    std::string url;  // for libpq: a secret
    store::Dialer* dialer = nullptr;
  };
  [[nodiscard]] Way database() const;
  [[nodiscard]] Way feed() const;  // url empty: as the database's
  // How much later than usual the first connection may come.
  [[nodiscard]] milliseconds patience() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coolkit::cli
