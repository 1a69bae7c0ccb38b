#include "cli/build_info.h"
#include "cli/commands.h"

namespace coolkit::cli {

ExitCode RunVersion(const Invocation& invocation, Console& console) {
  const std::string version(BuildVersion());
  const std::string revision(BuildRevision());
  if (invocation.Switch("json")) {
    console.output << json::Serialize(
                          json::Value::Object({{"version", json::Value::String(version)},
                                               {"revision", json::Value::String(revision)}}))
                   << '\n';
  } else {
    console.output << "coolkit " << version << " (" << revision << ")\n";
  }
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
