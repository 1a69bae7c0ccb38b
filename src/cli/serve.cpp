#include "cli/serve.h"

#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "cli/pod.h"
#include "net/signals.h"
#include "ops/heap_keeper.h"

namespace coolkit::cli {
namespace {

constexpr milliseconds kDrainCheck{20};
constexpr int kKilledBySecondSignal = 130;

}  // namespace

int RunServe(const Settings& settings) {
  ops::KeepHeapThresholds();
  Pod pod(settings);
  bool told_to_stop = false;
  const auto given_up = [&told_to_stop] {
    told_to_stop = told_to_stop || net::WaitForSignal(milliseconds(0)) != 0;
    return told_to_stop;
  };
  if (const Result<void> started = pod.Start(given_up); !started) {
    if (told_to_stop) return 0;
    std::fprintf(stderr, "coolkit: %s\n", started.error().detail.c_str());
    return 1;
  }
  if (!told_to_stop) static_cast<void>(net::WaitForSignal(milliseconds(-1)));

  const SystemClock clock;
  const BootTime latest = clock.Now() + settings.drain_timeout;
  pod.Drain();
  while (!pod.Drained() && clock.Now() < latest) {
    if (net::WaitForSignal(kDrainCheck) != 0) ::_exit(kKilledBySecondSignal);
  }
  const bool in_time = pod.Drained();
  pod.Stop();
  return in_time ? 0 : 1;
}

}  // namespace coolkit::cli
