#include "cli/scaler_settings.h"

#include <algorithm>

#include "cli/setting_values.h"
#include "scaler/config_file.h"

namespace coolkit::cli {
namespace {

// Where a value comes from, and how messages name it.
struct Given {
  std::string source;
  std::string value;
};

class Loader {
 public:
  Loader(const Invocation& invocation, const Surroundings& surroundings)
      : invocation_(invocation), surroundings_(surroundings) {}

  Result<ScalerOptions> Load() {
    if (auto done = ReadFile(); !done) return Fail(done.error());
    ScalerOptions options;
    for (const ScalerSetting& setting : ScalerSettings()) {
      if (setting.name == "config" || setting.name == "workload") continue;
      const auto given = Find(setting.name);
      const std::string value = given ? given->value : std::string(setting.default_text);
      if (!Apply(setting, value, options)) {
        return Refusal(given.value_or(Given{"default", value}), Allowed(setting));
      }
    }
    scaler::WorkloadOptions base;
    for (const scaler::PolicySetting& setting : scaler::PolicySettings()) {
      const auto given = Find(setting.name);
      if (given && !setting.apply(given->value, base)) return Refusal(*given, setting.allowed);
    }
    if (auto done = AddWorkloads(base, options); !done) return Fail(done.error());
    return options;
  }

 private:
  static std::unexpected<Error> Refusal(const Given& given, std::string_view allowed) {
    return Fail(ErrorCode::kInvalidRequest, given.source + ": '" + given.value +
                                                "' is not allowed; allowed is " +
                                                std::string(allowed));
  }

  static std::string Allowed(const ScalerSetting& setting) {
    std::string text;
    for (const std::string_view choice : setting.choices) {
      text += (text.empty() ? "" : ", ") + std::string(choice);
    }
    if (setting.name == "dns-server") return "address:port, as numbers";
    return text.empty() ? "host:port or [IPv6]:port" : text;
  }

  [[nodiscard]] std::optional<Given> Variable(std::string_view name) const {
    const std::string variable = ScalerVariable(name);
    const auto found = surroundings_.environment.find(variable);
    if (found == surroundings_.environment.end() || found->second.empty()) return std::nullopt;
    return Given{variable, found->second};
  }

  [[nodiscard]] std::optional<Given> Find(std::string_view name) const {
    if (const auto flag = invocation_.Flag(std::string(name))) {
      return Given{"--" + std::string(name), *flag};
    }
    if (auto variable = Variable(name)) return variable;
    std::string key(name);
    std::replace(key.begin(), key.end(), '-', '_');
    const auto entry = file_.settings.find(key);
    if (entry == file_.settings.end()) return std::nullopt;
    return Given{"--config, key " + key, entry->second};
  }

  Result<void> ReadFile() {
    std::optional<Given> path = Variable("config");
    if (const auto flag = invocation_.Flag("config")) path = Given{"--config", *flag};
    if (!path) return {};
    const auto fail = [&](const std::string& why) {
      return Fail(ErrorCode::kInvalidRequest, path->source + ": '" + path->value + "': " + why);
    };
    const auto content = surroundings_.read_file(path->value);
    if (!content) return fail(content.error().detail);
    auto file = scaler::ParseConfigFile(*content);
    if (!file) return fail(file.error().detail);
    file_ = std::move(*file);
    const auto all = ScalerSettings();
    for (const auto& [key, value] : file_.settings) {
      std::string name = key;
      std::replace(name.begin(), name.end(), '_', '-');
      const bool own = std::any_of(all.begin(), all.end(), [&](const ScalerSetting& setting) {
        return setting.name == name && name != "config" && name != "workload";
      });
      if (!own && scaler::FindPolicySetting(key) == nullptr) return fail("no setting " + key);
    }
    return {};
  }

  bool Apply(const ScalerSetting& setting, const std::string& value, ScalerOptions& options) const {
    if (setting.name == "listen" || setting.name == "ops-listen") {
      auto endpoint = net::ParseEndpoint(value);
      if (!endpoint) return false;
      (setting.name == "listen" ? options.listen : options.ops_listen) = std::move(*endpoint);
      return true;
    }
    if (setting.name == "port-file") {
      options.port_file = value == "none" ? std::string() : value;
      return true;
    }
    if (setting.name == "dns-server") {
      options.dns_server = value == "none" ? std::string() : value;
      return IsDnsServer(options.dns_server);
    }
    const auto& choices = setting.choices;
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) return false;
    if (setting.name == "log-level") {
      options.log_level = *telemetry::ParseLogLevel(value);
      return true;
    }
    const bool text = value == "text" || (value == "auto" && surroundings_.errors_on_terminal);
    options.log_format = text ? telemetry::LogFormat::kText : telemetry::LogFormat::kJson;
    return true;
  }

  // Those of flags, else of the variable (`;` between them), and those of the file.
  Result<void> AddWorkloads(const scaler::WorkloadOptions& base, ScalerOptions& options) const {
    std::vector<scaler::ConfigFile::Entry> entries = file_.workloads;
    std::vector<Given> given;
    for (const std::string& text : invocation_.All("workload"))
      given.push_back({"--workload", text});
    if (given.empty()) {
      if (const auto variable = Variable("workload")) {
        std::string_view rest = variable->value;
        while (!rest.empty()) {
          const std::size_t end = std::min(rest.find(';'), rest.size());
          given.push_back({variable->source, std::string(rest.substr(0, end))});
          rest.remove_prefix(std::min(end + 1, rest.size()));
        }
      }
    }
    for (const Given& one : given) {
      const std::size_t equals = one.value.find('=');
      const std::string name = one.value.substr(0, equals);
      if (equals == std::string::npos || !scaler::IsWorkloadName(name)) {
        return Refusal(one, "NAME=dns:HOST:PORT or NAME=host:port,host:port,…");
      }
      const bool twice = std::any_of(entries.begin(), entries.end(),
                                     [&](const auto& entry) { return entry.name == name; });
      if (twice) return Refusal(one, "each name once");
      entries.push_back({name, one.value.substr(equals + 1), {}});
    }
    if (entries.empty()) {
      return Fail(ErrorCode::kInvalidRequest,
                  "there is no workload; give --workload NAME=dns:HOST:PORT or --config FILE");
    }
    for (const scaler::ConfigFile::Entry& entry : entries) {
      auto workload = scaler::ApplyEntry(entry, base);
      if (!workload) return Fail(workload.error());
      options.workloads.push_back(std::move(*workload));
    }
    return {};
  }

  const Invocation& invocation_;
  const Surroundings& surroundings_;
  scaler::ConfigFile file_;
};

}  // namespace

std::vector<ScalerSetting> ScalerSettings() {
  return {
      {"workload",
       "NAME=PODS",
       "none",
       "what is scaled and where its pods serve metrics, dns:HOST:PORT or host:port,…; may be "
       "repeated",
       {}},
      {"config", "FILE", "none", "YAML file with settings and workloads", {}},
      {"listen",
       "HOST:PORT",
       "0.0.0.0:8080",
       "where the estimates are served; port 0 picks one",
       {}},
      {"ops-listen", "HOST:PORT", "0.0.0.0:2345", "where health and metrics are served", {}},
      {"port-file",
       "PATH",
       "none",
       "file to write the bound addresses to, as JSON, once listening",
       {}},
      {"dns-server",
       "ADDRESS:PORT",
       "none",
       "DNS server to ask for the names of pods, which are complete then; none: the machine's",
       {}},
      {"log-format", "FORMAT", "auto", "of the log", {"auto", "text", "json"}},
      {"log-level", "LEVEL", "info", "least of what is logged", {"debug", "info", "warn", "error"}},
  };
}

std::string ScalerVariable(std::string_view name) {
  std::string variable = "COOLKIT_SCALER_";
  for (const char c : name) {
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return variable;
}

Result<ScalerOptions> LoadScalerOptions(const Invocation& invocation,
                                        const Surroundings& surroundings) {
  return Loader(invocation, surroundings).Load();
}

}  // namespace coolkit::cli
