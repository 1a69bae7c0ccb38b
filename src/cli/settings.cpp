#include "cli/settings.h"

#include "cli/database_choice.h"
#include "cli/setting_table.h"
#include "cli/setting_values.h"
#include "store/postgres/conninfo.h"
#include "store/url.h"

namespace coolkit::cli {
namespace {

// A value and where it came from, as messages name it.
struct Given {
  std::string source;  // "--listen", "COOLKIT_LISTEN"
  std::string value;
};

// A variable that is set to nothing counts as not set, as usual with shells and charts.
std::optional<std::string> SetVariable(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.environment.find(name);
  if (found == surroundings.environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<std::optional<Given>> FromSecretFile(const std::string& variable, const std::string& path,
                                            const Surroundings& surroundings) {
  auto content = surroundings.read_file(path);
  if (!content) {
    return Fail(ErrorCode::kInvalidRequest,
                variable + ": can't read '" + path + "': " + content.error().detail);
  }
  while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
  if (content->empty()) {
    return Fail(ErrorCode::kInvalidRequest, variable + ": '" + path + "' is empty");
  }
  return Given{variable, std::move(*content)};
}

// The value given by flag or environment; nothing if there is none.
Result<std::optional<Given>> FindGiven(const SettingRow& row, const FlagValues& flags,
                                       const Surroundings& surroundings) {
  const auto flag = flags.find(std::string(row.flag));
  if (flag != flags.end()) return Given{"--" + flag->first, flag->second};
  const std::string variable(row.environment);
  auto value = SetVariable(surroundings, variable);
  if (row.secret) {
    const std::string file_variable = variable + "_FILE";
    const auto path = SetVariable(surroundings, file_variable);
    if (path && value) {
      return Fail(ErrorCode::kInvalidRequest,
                  variable + " and " + file_variable + " are both set; set one of them");
    }
    if (path) return FromSecretFile(file_variable, *path, surroundings);
  }
  if (!value) return std::optional<Given>();
  return Given{variable, std::move(*value)};
}

std::string Refusal(const SettingRow& row, const Given& given) {
  const std::string value = row.secret ? "the value (not shown)" : "'" + given.value + "'";
  return given.source + ": " + value + " is not allowed; allowed is " + AllowedText(row);
}

Result<void> ApplyDefault(const SettingRow& row, const Surroundings& surroundings,
                          Settings& settings) {
  const bool none = row.default_text == "none";
  const std::string text = row.computed_default != nullptr ? row.computed_default(surroundings)
                           : none                          ? std::string()
                                                           : std::string(row.default_text);
  if (text.empty() || ApplySetting(row, text, surroundings, settings)) return {};
  // Only a default taken from the environment can be wrong: POD_NAME, POD_IP.
  return Fail(ErrorCode::kInvalidRequest,
              "the default of --" + std::string(row.flag) + " (" + std::string(row.default_text) +
                  ") is '" + text + "', which is not allowed; allowed is " + AllowedText(row));
}

Result<void> CheckSizes(const Settings& settings) {
  if (settings.max_value_bytes > settings.max_body_bytes_in_flight) {
    return Fail(ErrorCode::kInvalidRequest,
                "--max-value-bytes is above --max-body-bytes-in-flight: such a value could never "
                "be sent");
  }
  return {};
}

// What depends on other settings.
void Complete(Settings& settings, const Surroundings& surroundings) {
  settings.host_name = surroundings.host_name;
  if (settings.advertise.host.empty()) settings.advertise.host = settings.listen.host;
  if (settings.advertise.port == 0) settings.advertise.port = settings.listen.port;
  if (settings.pod_name.empty() && settings.listen.port != 0) {
    settings.pod_name = DefaultPodName(settings.host_name, settings.listen.port);
  }
}

// Does the URL lead to a PostgreSQL and want a password that it does not have?
bool TakesPassword(const std::string& url) {
  const auto kind = store::ParseDatabaseUrl(url);
  if (!kind) return false;
  if (kind->kind == store::DatabaseKind::kCloudSql) {
    return url.find("auth=password") != std::string::npos &&
           url.find("&password=") == std::string::npos &&
           url.find("?password=") == std::string::npos;
  }
  const auto parsed = store::ParsePostgresUrl(url);
  return kind->kind == store::DatabaseKind::kPostgres && parsed && !parsed->has_password &&
         !parsed->iam;
}

// libpq reads PGPASSWORD itself; as a file it is a secret like the others.
Result<void> AddPassword(Settings& settings, const Surroundings& surroundings) {
  const auto path = SetVariable(surroundings, "PGPASSWORD_FILE");
  if (!path) return {};
  if (!TakesPassword(settings.database_url) && !TakesPassword(settings.feed_database_url)) {
    return {};
  }
  if (SetVariable(surroundings, "PGPASSWORD")) {
    return Fail(ErrorCode::kInvalidRequest,
                "PGPASSWORD and PGPASSWORD_FILE are both set; set one of them");
  }
  const auto given = FromSecretFile("PGPASSWORD_FILE", *path, surroundings);
  if (!given) return Fail(given.error());
  for (std::string* url : {&settings.database_url, &settings.feed_database_url}) {
    if (TakesPassword(*url)) {
      *url = store::WithPassword(*url, (*given)->value);
    }
  }
  return {};
}

}  // namespace

Result<Settings> LoadSettings(const FlagValues& flags, const Surroundings& surroundings) {
  Settings settings;
  DatabaseSources sources;
  for (const SettingRow& row : SettingTable()) {
    const auto given = FindGiven(row, flags, surroundings);
    if (!given) return Fail(given.error());
    if (!*given) {
      if (const auto done = ApplyDefault(row, surroundings, settings); !done) {
        return Fail(done.error());
      }
      continue;
    }
    if (!ApplySetting(row, (*given)->value, surroundings, settings)) {
      return Fail(ErrorCode::kInvalidRequest, Refusal(row, **given));
    }
    if (row.flag == "database-url") sources.database_url = (*given)->source;
    if (row.flag == "feed-database-url") sources.feed_database_url = (*given)->source;
  }
  sources.in_kubernetes = SetVariable(surroundings, "KUBERNETES_SERVICE_HOST").has_value();
  if (const auto fine = CheckDatabaseChoice(settings, sources); !fine) return Fail(fine.error());
  if (const auto fine = AddPassword(settings, surroundings); !fine) return Fail(fine.error());
  if (const auto fine = CheckSizes(settings); !fine) return Fail(fine.error());
  Complete(settings, surroundings);
  return settings;
}

std::string DefaultPodName(const std::string& host_name, std::uint16_t port) {
  return ToPodName(host_name) + "-" + std::to_string(port);
}

}  // namespace coolkit::cli
