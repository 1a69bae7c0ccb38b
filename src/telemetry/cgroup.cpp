#include "telemetry/cgroup.h"

#include <algorithm>

#include "base/text.h"
#include "telemetry/cgroup_paths.h"

namespace coolkit::telemetry {
namespace {

// v1 says "no limit" with the largest page count; nothing real comes near.
constexpr std::uint64_t kNoMemoryLimit = std::uint64_t{1} << 60;

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::uint64_t> ReadNumber(const std::string& path) {
  return ParseDecimal(Trimmed(ReadSmallFile(path)));
}

// The number after `key ` at the start of a line.
std::optional<std::uint64_t> NumberOf(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ') {
      return ParseDecimal(Trimmed(line.substr(key.size())));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

template <class T>
void KeepSmaller(std::optional<T>& smallest, const std::optional<T>& candidate) {
  if (candidate && (!smallest || *candidate < *smallest)) smallest = candidate;
}

void ReadMemory(const CgroupLocation& where, CgroupFigures& figures) {
  if (where.version == 0) return;
  const bool v2 = where.version == 2;
  for (const std::string& level : where.levels) {
    const auto limit = ReadNumber(level + (v2 ? "/memory.max" : "/memory.limit_in_bytes"));
    if (limit && *limit < kNoMemoryLimit) KeepSmaller(figures.memory_limit_bytes, limit);
  }
  const std::string& own = where.levels.front();
  const std::string stat = ReadSmallFile(own + "/memory.stat");
  if (!v2) {
    // Knows of limits above what is mounted here.
    const auto inherited = NumberOf(stat, "hierarchical_memory_limit");
    if (inherited && *inherited < kNoMemoryLimit) {
      KeepSmaller(figures.memory_limit_bytes, inherited);
    }
  }
  figures.memory_usage_bytes =
      ReadNumber(own + (v2 ? "/memory.current" : "/memory.usage_in_bytes"));
  if (!figures.memory_usage_bytes) return;
  const std::uint64_t droppable =
      NumberOf(stat, v2 ? "inactive_file" : "total_inactive_file").value_or(0);
  figures.memory_working_set_bytes =
      *figures.memory_usage_bytes - std::min(droppable, *figures.memory_usage_bytes);
}

std::optional<double> CpuLimitAt(const std::string& level, int version) {
  std::optional<std::uint64_t> quota;
  std::optional<std::uint64_t> period;
  if (version == 2) {
    const std::string text = ReadSmallFile(level + "/cpu.max");  // "50000 100000", "max 100000"
    const std::string_view both = Trimmed(text);
    const std::size_t space = both.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    quota = ParseDecimal(both.substr(0, space));
    period = ParseDecimal(both.substr(space + 1));
  } else {
    quota = ReadNumber(level + "/cpu.cfs_quota_us");  // "-1": none
    period = ReadNumber(level + "/cpu.cfs_period_us");
  }
  if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

void ReadCpu(const CgroupLocation& where, CgroupFigures& figures) {
  if (where.version == 0) return;
  const std::string* limiting = &where.levels.front();
  for (const std::string& level : where.levels) {
    const auto limit = CpuLimitAt(level, where.version);
    if (!limit || (figures.cpu_limit_cores && *limit >= *figures.cpu_limit_cores)) continue;
    figures.cpu_limit_cores = limit;
    limiting = &level;
  }
  const std::string stat = ReadSmallFile(*limiting + "/cpu.stat");
  figures.cpu_periods = NumberOf(stat, "nr_periods");
  figures.cpu_throttled_periods = NumberOf(stat, "nr_throttled");
  const bool v2 = where.version == 2;
  if (const auto throttled = NumberOf(stat, v2 ? "throttled_usec" : "throttled_time")) {
    figures.cpu_throttled_seconds = static_cast<double>(*throttled) / (v2 ? 1e6 : 1e9);
  }
}

}  // namespace

CgroupFigures ReadCgroup(const std::string& root) {
  CgroupFigures figures;
  ReadMemory(LocateCgroup(root, "memory"), figures);
  ReadCpu(LocateCgroup(root, "cpu"), figures);
  return figures;
}

}  // namespace coolkit::telemetry
