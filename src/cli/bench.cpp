// coolkit bench.
#include "cli/commands.h"

namespace coolkit::cli {

ExitCode RunBench(const Invocation&, Console& console) {
  console.errors << "coolkit bench: not yet\n";
  return ExitCode::kUsage;
}

}  // namespace coolkit::cli
