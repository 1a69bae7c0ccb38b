#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <ctime>

#include "telemetry/cgroup.h"
#include "telemetry/cgroup_paths.h"

namespace coolkit::telemetry {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double ClockSeconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The n-th field (from 0) of space-separated numbers; 0 when it is not there.
std::uint64_t FieldOf(std::string_view text, std::size_t n) {
  for (; n > 0; --n) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return 0;
    text.remove_prefix(space + 1);
  }
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::uint64_t OpenFds() {
  // Since Linux 6.2 the size of the directory is the count.
  struct stat status{};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(directory);
  return count > 0 ? count - 1 : 0;  // without the one that reads the directory
}

double StartTime() {
  const std::string stat = ReadSmallFile("/proc/self/stat");
  // The command's name, in parentheses, may hold anything; the third field comes after the last.
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return 0;
  constexpr std::size_t kStartTimeAfterName = 22 - 3;
  const std::uint64_t ticks =
      FieldOf(std::string_view(stat).substr(name_end + 2), kStartTimeAfterName);
  const double since_boot =
      static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return ClockSeconds(CLOCK_REALTIME) - ClockSeconds(CLOCK_BOOTTIME) + since_boot;
}

std::uint64_t PageBytes() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

unsigned Processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

std::uint64_t ReadResidentBytes() {
  return FieldOf(ReadSmallFile("/proc/self/statm"), 1) * PageBytes();
}

ProcessFigures ReadProcess() {
  ProcessFigures figures;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  const std::uint64_t page = PageBytes();
  const std::string statm = ReadSmallFile("/proc/self/statm");
  figures.virtual_bytes = FieldOf(statm, 0) * page;
  figures.resident_bytes = FieldOf(statm, 1) * page;
  figures.open_fds = OpenFds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_fds = limit.rlim_cur;
  figures.start_time_unix_seconds = StartTime();
  figures.machine_memory_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * page;
  figures.processors = Processors();
  return figures;
}

}  // namespace coolkit::telemetry
