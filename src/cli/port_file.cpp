#include "cli/port_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

namespace coolkit::cli {

Result<void> WritePortFile(const std::string& path, const std::string& listen,
                           const std::string& ops_listen) {
  const std::string half = path + ".tmp";
  {
    std::ofstream out(half, std::ios::trunc);
    out << "{\"listen\":\"" << listen << "\",\"ops_listen\":\"" << ops_listen << "\"}\n";
    out.close();
    if (!out) return Fail(ErrorCode::kInternal, "can't write --port-file " + half);
  }
  if (std::rename(half.c_str(), path.c_str()) != 0) {
    return Fail(ErrorCode::kInternal,
                "can't write --port-file " + path + ": " + std::system_category().message(errno));
  }
  return {};
}

}  // namespace coolkit::cli
