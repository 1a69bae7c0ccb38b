// Why: the composition of a serving pod: which concrete parts there are, in which order they start
// and stop. Everything else knows only interfaces.
//
// Thread safety: from the main thread only.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "cli/settings.h"
#include "telemetry/metrics.h"

namespace coolkit::cli {

class Pod {
 public:
  explicit Pod(const Settings& settings);
  ~Pod();  // Stop was called, or Start never

  // Listens on both ports, opens the database, writes the port file. Health and metrics are served
  // from the beginning, the API when the database is open. `given_up` is asked now and then while
  // the database is waited for. Errors: what an operator can act on; nothing is left running then.
  [[nodiscard]] Result<void> Start(const std::function<bool()>& given_up = {});
  // Not ready from now on; each response closes its connection.
  void Drain();
  // Every client's connection has ended and none came for a moment.
  [[nodiscard]] bool Drained();
  // Cuts what is left and waits for all that was started.
  void Stop();

  // Complete once it has started. Lives as long as the pod.
  [[nodiscard]] const telemetry::Registry& registry() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace coolkit::cli
