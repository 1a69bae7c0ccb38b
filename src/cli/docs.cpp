#include "cli/commands.h"
#include "cli/reference.h"

namespace coolkit::cli {

ExitCode RunDocs(const Invocation&, Console& console) {
  console.output << SettingsMarkdown();
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
