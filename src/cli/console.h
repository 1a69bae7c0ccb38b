// Why: what a command may touch of its process besides the network, passed in, so that tests see
// every byte. One command uses it from one thread.
#pragma once

#include <functional>
#include <istream>
#include <map>
#include <ostream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::cli {

// How every command ends.
enum class ExitCode : int {
  kDone = 0,
  kNegative = 1,  // not found, precondition failed, migrations missing
  kUsage = 2,     // the command line, a setting or the request is wrong
  kFailure = 3,   // server, network, database or file
};

struct Console {
  std::ostream& output;
  std::ostream& errors;
  std::istream& input;
  std::map<std::string, std::string> environment;
  std::function<Result<std::string>(const std::string& path)> read_file;
  // Replaces the file's content.
  std::function<Result<void>(const std::string& path, std::string_view content)> write_file;
};

}  // namespace coolkit::cli
