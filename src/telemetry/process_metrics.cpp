#include "telemetry/process_metrics.h"

#include <algorithm>
#include <memory>

#include "telemetry/cgroup.h"

namespace coolkit::telemetry {
namespace {

// What one scrape shows. Touched only under the registry's lock.
struct Figures {
  ProcessFigures process;
  CgroupFigures cgroup;
};

using Shared = std::shared_ptr<const Figures>;

double AsDouble(std::uint64_t value) { return static_cast<double>(value); }

void RegisterProcess(Registry& registry, const Shared& figures, double start_time) {
  const auto add = [&](MetricType type, const std::string& name, const std::string& help,
                       auto read) {
    registry.AddCallback(type, name, help, {}, [figures, read] { return read(figures->process); });
  };
  add(MetricType::kCounter, "process_cpu_seconds_total", "User and system CPU time spent.",
      [](const ProcessFigures& p) { return p.cpu_seconds; });
  add(MetricType::kGauge, "process_resident_memory_bytes", "Resident memory.",
      [](const ProcessFigures& p) { return AsDouble(p.resident_bytes); });
  add(MetricType::kGauge, "process_virtual_memory_bytes", "Virtual memory.",
      [](const ProcessFigures& p) { return AsDouble(p.virtual_bytes); });
  add(MetricType::kGauge, "process_open_fds", "Open file descriptors.",
      [](const ProcessFigures& p) { return AsDouble(p.open_fds); });
  add(MetricType::kGauge, "process_max_fds", "Limit of open file descriptors.",
      [](const ProcessFigures& p) { return AsDouble(p.max_fds); });
  // Read once: it would move with every correction of the wall clock.
  registry.AddGauge("process_start_time_seconds", "Start of the process since 1970.")
      .Set(start_time);
}

void RegisterCgroup(Registry& registry, const Shared& figures) {
  const auto add = [&](MetricType type, const std::string& name, const std::string& help,
                       auto read) {
    registry.AddCallback(type, name, help, {}, [figures, read] { return read(*figures); });
  };
  add(MetricType::kCounter, "coolkit_process_cpu_periods_total",
      "Enforcement periods of the container's CPU limit; 0 without a limit.",
      [](const Figures& f) { return AsDouble(f.cgroup.cpu_periods.value_or(0)); });
  add(MetricType::kCounter, "coolkit_process_cpu_throttled_periods_total",
      "Enforcement periods in which the container was throttled.",
      [](const Figures& f) { return AsDouble(f.cgroup.cpu_throttled_periods.value_or(0)); });
  add(MetricType::kCounter, "coolkit_process_cpu_throttled_seconds_total",
      "Time for which the container was throttled.",
      [](const Figures& f) { return f.cgroup.cpu_throttled_seconds.value_or(0); });
  add(MetricType::kGauge, "coolkit_memory_limit_bytes",
      "The container's memory limit; the machine's memory without one.", [](const Figures& f) {
        const std::uint64_t machine = f.process.machine_memory_bytes;
        return AsDouble(std::min(f.cgroup.memory_limit_bytes.value_or(machine), machine));
      });
  add(MetricType::kGauge, "coolkit_memory_usage_bytes",
      "The container's working set (use without inactive file pages); the process's resident "
      "memory without a control group.",
      [](const Figures& f) {
        return AsDouble(f.cgroup.memory_working_set_bytes.value_or(f.process.resident_bytes));
      });
}

}  // namespace

void RegisterProcessMetrics(Registry& registry, const BuildInfo& build, const std::string& root) {
  const auto figures = std::make_shared<Figures>();
  registry.BeforeScrape([figures, root] {
    figures->process = ReadProcess();
    figures->cgroup = ReadCgroup(root);
  });
  RegisterProcess(registry, figures, ReadProcess().start_time_unix_seconds);
  RegisterCgroup(registry, figures);
  registry
      .AddGauge("coolkit_build_info", "Always 1; the labels say which build this is.",
                {{"version", build.version}, {"revision", build.revision}})
      .Set(1);
}

}  // namespace coolkit::telemetry
