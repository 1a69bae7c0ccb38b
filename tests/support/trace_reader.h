// Why: eviction is tested on public key traces, which are stored compressed and in three formats.
// Pure functions over files; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

namespace coolkit::support {

enum class TraceFormat {
  kBigEndian32,  // a 4-byte key per request
  kBigEndian64,  // an 8-byte key per request
  kArcLines,     // text lines `start count . .`: keys start to start + count - 1
};

// The unpacked bytes of a file; its suffix names the program (xz, gzip, zstd).
inline std::optional<std::string> Unpack(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::string suffix = path.extension().string();
  const std::string program = suffix == ".xz" ? "xz" : suffix == ".gz" ? "gzip" : "zstd";
  const std::string command = program + " -dc '" + path.string() + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string bytes;
  std::array<char, 1 << 16> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    bytes.append(buffer.data(), n);
  }
  if (::pclose(pipe) != 0) return std::nullopt;
  return bytes;
}

// The vendored trace, else one of the folder that COOLKIT_TRACES names, or of ../shared/traces
// beside the repository.
inline std::filesystem::path TracePath(const std::string& file) {
  std::filesystem::path root = std::filesystem::current_path();
  while (root.has_relative_path() && !std::filesystem::exists(root / "tests/data")) {
    root = root.parent_path();
  }
  if (std::filesystem::exists(root / "tests/data" / file)) return root / "tests/data" / file;
  const char* folder = std::getenv("COOLKIT_TRACES");
  return (folder != nullptr ? std::filesystem::path(folder) : root / "../shared/traces") / file;
}

// The keys asked for, in order, renumbered 1, 2, 3, … by first appearance; nothing if the file is
// not there or can't be unpacked.
inline std::optional<std::vector<std::uint32_t>> ReadTrace(const std::filesystem::path& path,
                                                           TraceFormat format) {
  const std::optional<std::string> bytes = Unpack(path);
  if (!bytes) return std::nullopt;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  std::vector<std::uint32_t> keys;
  const auto add = [&](std::uint64_t key) {
    keys.push_back(
        numbers.emplace(key, static_cast<std::uint32_t>(numbers.size() + 1)).first->second);
  };
  if (format == TraceFormat::kArcLines) {
    std::istringstream lines(*bytes);
    for (std::string line; std::getline(lines, line);) {
      std::uint64_t start = 0;
      std::uint64_t count = 0;
      std::istringstream(line) >> start >> count;
      for (std::uint64_t i = 0; i < count; ++i) add(start + i);
    }
    return keys;
  }
  const std::size_t width = format == TraceFormat::kBigEndian32 ? 4 : 8;
  for (std::size_t at = 0; at + width <= bytes->size(); at += width) {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < width; ++i) {
      key = key << 8 | static_cast<unsigned char>((*bytes)[at + i]);
    }
    add(key);
  }
  return keys;
}

}  // namespace coolkit::support
