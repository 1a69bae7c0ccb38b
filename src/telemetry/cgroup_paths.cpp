#include "telemetry/cgroup_paths.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <optional>

namespace coolkit::telemetry {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::string_view kMountPoint = "/sys/fs/cgroup";

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool ListHas(std::string_view list, std::string_view word) {
  const std::vector<std::string_view> words = Split(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsDirectory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Where a hierarchy is mounted and which part of it is visible there.
struct Mount {
  std::string point;
  std::string visible_from = "/";
};

// The process's group within a hierarchy: lines `id:controllers:path`; v2 has no controllers.
std::optional<std::string> GroupPath(const std::string& lines, int version,
                                     std::string_view controller) {
  for (const std::string_view line : Split(lines, '\n')) {
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool match = version == 2 ? controllers.empty() && line.substr(0, first) == "0"
                                    : ListHas(controllers, controller);
    if (match) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// From mountinfo: `id parent dev root point options [fields…] - type source super-options`.
std::optional<Mount> FindMount(const std::string& lines, int version, std::string_view controller) {
  for (const std::string_view line : Split(lines, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto left = Split(line.substr(0, dash), ' ');
    const auto right = Split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    const bool match = version == 2 ? right[0] == "cgroup2"
                                    : right[0] == "cgroup" && ListHas(right[2], controller);
    if (match) return Mount{std::string(left[4]), std::string(left[3])};
  }
  return std::nullopt;
}

// Without a readable mountinfo: the usual places.
std::optional<Mount> GuessMount(const std::string& root, int version, std::string_view controller) {
  std::vector<std::string> places;
  if (version == 2) {
    places = {std::string(kMountPoint), std::string(kMountPoint) + "/unified"};
  } else {
    places = {std::string(kMountPoint).append("/").append(controller),
              std::string(kMountPoint) + "/cpu,cpuacct", std::string(kMountPoint) + "/cpuacct,cpu"};
    if (controller != "cpu") places.resize(1);
  }
  for (const std::string& place : places) {
    if (IsDirectory(root + place)) return Mount{place, "/"};
  }
  return std::nullopt;
}

// The group's path below the mount point; "" when it is not visible there.
std::string BelowMount(std::string path, const Mount& mount) {
  if (path.find("/..") != std::string::npos) return "";  // outside the cgroup namespace
  while (path.ends_with('/')) path.pop_back();
  if (mount.visible_from == "/") return path;
  if (!path.starts_with(mount.visible_from)) return "";
  path.erase(0, mount.visible_from.size());
  return path.empty() || path.front() == '/' ? path : "";
}

CgroupLocation LocateVersion(const std::string& root, int version, std::string_view controller) {
  const std::string self = root + "/proc/self/";
  const auto group = GroupPath(ReadSmallFile(self + "cgroup"), version, controller);
  if (!group) return {};
  std::optional<Mount> mount = FindMount(ReadSmallFile(self + "mountinfo"), version, controller);
  if (!mount) mount = GuessMount(root, version, controller);
  if (!mount) return {};
  const std::string top = root + mount->point;
  std::string below = BelowMount(*group, *mount);
  if (!IsDirectory(top + below)) below.clear();
  if (!IsDirectory(top)) return {};
  CgroupLocation location{version, {}};
  while (true) {
    location.levels.push_back(top + below);
    if (below.empty()) return location;
    below.resize(below.rfind('/'));
  }
}

}  // namespace

std::string ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  std::string text(kFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

CgroupLocation LocateCgroup(const std::string& root, std::string_view controller) {
  std::string base = root;
  while (base.ends_with('/')) base.pop_back();
  CgroupLocation location = LocateVersion(base, 1, controller);
  return location.version != 0 ? location : LocateVersion(base, 2, controller);
}

}  // namespace coolkit::telemetry
