#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "api/reference.h"
#include "cli/commands.h"
#include "cli/pod.h"
#include "cli/reference.h"
#include "cli/scaler_serve.h"

namespace coolkit::cli {
namespace {

// An empty folder that goes with its contents.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code ignored;
    std::string name = (std::filesystem::temp_directory_path(ignored) / "coolkit-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A pod that has started is the only complete list of its metrics.
Result<std::vector<telemetry::MetricInfo>> MetricFamilies() {
  const TemporaryFolder folder;
  if (folder.path().empty()) {
    return Fail(ErrorCode::kInternal, "can't make a temporary folder");
  }
  Surroundings nothing;
  const auto settings = LoadSettings({{"listen", "127.0.0.1:0"},
                                      {"ops-listen", "127.0.0.1:0"},
                                      {"log-level", "error"},
                                      {"threads", "1"},
                                      {"database-url", "sqlite:" + folder.path() + "/docs.db"}},
                                     nothing);
  if (!settings) return Fail(settings.error());
  Pod pod(*settings);
  if (const auto started = pod.Start(); !started) return Fail(started.error());
  auto families = pod.registry().Families();
  pod.Stop();
  return families;
}

}  // namespace

ExitCode RunDocs(const Invocation& invocation, Console& console) {
  const std::string page = invocation.Argument("PAGE");
  if (page == "settings") console.output << SettingsMarkdown();
  if (page == "errors") console.output << api::ErrorsMarkdown();
  if (page == "routes") console.output << api::RoutesMarkdown();
  if (page == "scaler") console.output << ScalerMarkdown(ScalerMetricFamilies());
  if (page == "metrics") {
    const auto families = MetricFamilies();
    if (!families) {
      console.errors << "coolkit docs: " << families.error().detail << '\n';
      return ExitCode::kFailure;
    }
    console.output << MetricsMarkdown(*families);
  }
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
