#include "cli/machine.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "telemetry/cgroup.h"

namespace coolkit::cli {
namespace {

constexpr std::size_t kHostNameBytesMax = 256;
constexpr std::size_t kReadBytesMin = 64 * 1024;

std::string Reason() { return std::generic_category().message(errno); }

std::string HostName() {
  char name[kHostNameBytesMax] = {};
  const bool known = ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0';
  return known ? name : "localhost";
}

}  // namespace

Surroundings ReadMachine(std::map<std::string, std::string> environment) {
  const telemetry::CgroupFigures cgroup = telemetry::ReadCgroup();
  const telemetry::ProcessFigures process = telemetry::ReadProcess();
  Surroundings surroundings;
  surroundings.environment = std::move(environment);
  surroundings.host_name = HostName();
  surroundings.processors = process.processors;
  surroundings.cpu_limit_cores = cgroup.cpu_limit_cores;
  surroundings.memory_bytes = process.machine_memory_bytes;
  surroundings.memory_limit_bytes = cgroup.memory_limit_bytes;
  surroundings.errors_on_terminal = ::isatty(STDERR_FILENO) == 1;
  surroundings.read_file = ReadWholeFile;
  return surroundings;
}

Result<std::string> ReadWholeFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(ErrorCode::kInternal, Reason());
  std::string content;
  // At once, or doubling, and read in place: histories have hundreds of megabytes.
  std::error_code unknown;
  const std::uintmax_t whole = std::filesystem::file_size(path, unknown);
  std::size_t room = unknown ? 0 : static_cast<std::size_t>(whole) + 1;
  std::size_t size = 0;
  do {
    room = std::max({room, kReadBytesMin, size * 2});
    content.resize(room);
    file.read(content.data() + size, static_cast<std::streamsize>(content.size() - size));
    size += static_cast<std::size_t>(file.gcount());
  } while (file);
  content.resize(size);
  if (file.bad()) return Fail(ErrorCode::kInternal, Reason());
  return content;
}

Result<void> WriteWholeFile(const std::string& path, std::string_view content) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) return Fail(ErrorCode::kInternal, "can't write '" + path + "': " + Reason());
  return {};
}

}  // namespace coolkit::cli
