#include "cli/setting_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "cli/database_choice.h"
#include "cli/setting_values.h"

namespace coolkit::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Group = SettingGroup;
using Rows = std::vector<SettingRow>;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kTiB = 1024 * 1024 * kMiB;
constexpr int kThreadsDefaultMax = 64;
// Without any figure of the machine.
constexpr std::uint64_t kMemoryAssumed = 512 * kMiB;

std::string Variable(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? std::string() : found->second;
}

// The memory that this process may use.
std::uint64_t UsableMemory(const Surroundings& surroundings) {
  const std::uint64_t machine =
      surroundings.memory_bytes == 0 ? kMemoryAssumed : surroundings.memory_bytes;
  return std::min(machine, surroundings.memory_limit_bytes.value_or(machine));
}

std::string DefaultThreads(const Surroundings& surroundings) {
  double cores = std::max(1U, surroundings.processors);
  cores = std::min(cores, surroundings.cpu_limit_cores.value_or(cores));
  const int whole = static_cast<int>(std::floor(std::min(cores, double{kThreadsDefaultMax})));
  return std::to_string(std::max(1, whole));
}

std::string DefaultCacheBytes(const Surroundings& surroundings) {
  return std::to_string(std::max(kMiB, UsableMemory(surroundings) / 2));
}

std::string DefaultBodyBytes(const Surroundings& surroundings) {
  return std::to_string(std::clamp(UsableMemory(surroundings) / 8, 16 * kMiB, 256 * kMiB));
}

std::string DefaultPodNameText(const Surroundings& surroundings) {
  return Variable(surroundings, "POD_NAME");
}

std::string DefaultAdvertise(const Surroundings& surroundings) {
  const std::string address = Variable(surroundings, "POD_IP");
  return address.empty() ? address : net::FormatEndpoint({address, 0});
}

void SetLogFormat(std::size_t choice, const Surroundings& surroundings, Settings& settings) {
  const bool text = choice == 1 || (choice == 0 && surroundings.errors_on_terminal);
  settings.log_format = text ? telemetry::LogFormat::kText : telemetry::LogFormat::kJson;
}

void SetLogLevel(std::size_t choice, const Surroundings&, Settings& settings) {
  using enum telemetry::LogLevel;
  settings.log_level = std::array{kDebug, kInfo, kWarn, kError}.at(choice);
}

void SetEviction(std::size_t choice, const Surroundings&, Settings& settings) {
  using enum cache::Eviction;
  settings.eviction = std::array{kAdaptive, kS3Fifo}.at(choice);
}

void AddListening(Rows& rows) {
  rows.push_back({Group::kListening, "listen", "COOLKIT_LISTEN", "HOST:PORT", "0.0.0.0:8080",
                  "where the API and peers are served; port 0 picks a free one",
                  EndpointField{&Settings::listen}});
  rows.push_back({Group::kListening, "ops-listen", "COOLKIT_OPS_LISTEN", "HOST:PORT",
                  "0.0.0.0:2345", "where health, metrics and the ring view are served",
                  EndpointField{&Settings::ops_listen}});
  rows.push_back({Group::kListening, "port-file", "COOLKIT_PORT_FILE", "PATH", "none",
                  "file to write the bound addresses to, as JSON, once listening",
                  TextField{&Settings::port_file, IsAnyText, "a path"}});
}

std::string DefaultMetadataHost(const Surroundings& surroundings) {
  for (const char* name : {"GCE_METADATA_ROOT", "GCE_METADATA_IP"}) {
    if (std::string host = Variable(surroundings, name); !host.empty()) return host;
  }
  return "metadata.google.internal";
}

// Where `gcloud auth application-default login` writes.
std::string DefaultCredentials(const Surroundings& surroundings) {
  const std::string home = Variable(surroundings, "HOME");
  if (home.empty()) return {};
  std::string path = home + "/.config/gcloud/application_default_credentials.json";
  return surroundings.read_file && surroundings.read_file(path) ? path : std::string();
}

void AddCloudSql(Rows& rows) {
  const auto none = [](const Surroundings&) { return std::string(); };
  rows.push_back(
      {Group::kDatabase, "database-connection-lifetime", "COOLKIT_DATABASE_CONNECTION_LIFETIME",
       "DURATION", "50m",
       "how long a connection to PostgreSQL lives, less up to a tenth; a revoked right "
       "counts from then on; 0: for ever",
       DurationField{&Settings::database_connection_lifetime, milliseconds(0), hours(24 * 7)}});
  rows.push_back({Group::kDatabase, "cloudsql-token-file", "COOLKIT_CLOUDSQL_TOKEN_FILE", "PATH",
                  "none", "file with an access token, instead of the other sources of tokens",
                  TextField{&Settings::cloudsql_token_file, IsAnyText, "a path"}, false, none});
  rows.push_back({Group::kDatabase, "google-credentials-file", "GOOGLE_APPLICATION_CREDENTIALS",
                  "PATH", "that of gcloud, or none: the metadata server",
                  "application default credentials, for tokens",
                  TextField{&Settings::google_credentials_file, IsAnyText, "a path"}, false,
                  DefaultCredentials});
  rows.push_back({Group::kDatabase, "metadata-host", "GCE_METADATA_HOST", "HOST[:PORT]",
                  "GCE_METADATA_ROOT, GCE_METADATA_IP, or metadata.google.internal",
                  "the metadata server that gives tokens",
                  TextField{&Settings::metadata_host, IsAnyText, "host or host:port"}, false,
                  DefaultMetadataHost});
  rows.push_back({Group::kDatabase, "cloudsql-api-endpoint", "COOLKIT_CLOUDSQL_API_ENDPOINT", "URL",
                  "https://sqladmin.googleapis.com", "the Cloud SQL Admin API",
                  TextField{&Settings::cloudsql_api_endpoint, IsHttpsUrl,
                            "https://host[:port], without a slash at its end"}});
  rows.push_back({Group::kDatabase, "cloudsql-api-ca", "COOLKIT_CLOUDSQL_API_CA", "PATH",
                  "none: the system's authorities",
                  "authorities that the Admin API and token endpoints are verified by, as PEM",
                  TextField{&Settings::cloudsql_api_ca, IsAnyText, "a path"}, false, none});
}

void AddDatabase(Rows& rows) {
  rows.push_back({Group::kDatabase, "database-url", "DATABASE_URL", "URL", "sqlite:coolkit.db",
                  "the database; SQLite serves one machine only and is refused in Kubernetes or "
                  "with peers",
                  TextField{&Settings::database_url, IsAnyText, kDatabaseUrlAllowed}, true});
  rows.push_back({Group::kDatabase, "feed-database-url", "FEED_DATABASE_URL", "URL",
                  "the database URL",
                  "a direct URL of the same database for the change feed, when the other goes "
                  "through a pooler",
                  TextField{&Settings::feed_database_url, IsAnyText,
                            "postgres://… or cloudsql://…, the same database"},
                  true, [](const Surroundings&) { return std::string(); }});
  rows.push_back({Group::kDatabase, "database-connections", "COOLKIT_DATABASE_CONNECTIONS", "N",
                  "400",
                  "budget of connections of all pods together; at most 80 % of the server's "
                  "max_connections is used",
                  CountField{&Settings::database_connections, 1, 100'000}});
  rows.push_back({Group::kDatabase, "database-connections-per-pod",
                  "COOLKIT_DATABASE_CONNECTIONS_PER_POD", "N", "8",
                  "connections of this pod, at most",
                  CountField{&Settings::database_connections_per_pod, 1, 1'000}});
  rows.push_back({Group::kDatabase, "database-start-timeout", "COOLKIT_DATABASE_START_TIMEOUT",
                  "DURATION", "15s",
                  "how long the start waits for a PostgreSQL that can't be reached; until then the "
                  "pod is alive and not ready",
                  DurationField{&Settings::database_start_timeout, seconds(1), hours(24)}});
  AddCloudSql(rows);
  rows.push_back({Group::kDatabase, "tombstone-retention", "COOLKIT_TOMBSTONE_RETENTION",
                  "DURATION", "24h", "how long the version of a deleted key is kept",
                  DurationField{&Settings::tombstone_retention, seconds(1), hours(24 * 365)}});
  rows.push_back({Group::kDatabase, "feed-retention", "COOLKIT_FEED_RETENTION", "DURATION", "10m",
                  "how long rows of the change feed are kept",
                  DurationField{&Settings::feed_retention, seconds(1), hours(24 * 7)}});
}

void AddRing(Rows& rows) {
  rows.push_back({Group::kRing, "peers", "COOLKIT_PEERS", "PEERS", "none: a ring of one",
                  "how the other pods are found: the headless Service, or a fixed list",
                  TextField{&Settings::peers, IsPeers, "dns:NAME[:PORT] or host:port,host:port,…"},
                  false, [](const Surroundings&) { return std::string(); }});
  rows.push_back({Group::kRing, "dns-server", "COOLKIT_DNS_SERVER", "ADDRESS:PORT",
                  "none: the servers of the machine",
                  "DNS server to ask for the name of --peers, which is complete then",
                  TextField{&Settings::dns_server, IsDnsServer, "address:port, as numbers"}, false,
                  [](const Surroundings&) { return std::string(); }});
  rows.push_back(
      {Group::kRing, "ring", "COOLKIT_RING", "NAME", "default",
       "name of this ring, different per cluster; rings on one database are independent",
       TextField{&Settings::ring, IsRingName, "1 to 128 letters, digits, '.', '_', '-' and '/'"}});
  rows.push_back({Group::kRing, "advertise", "COOLKIT_ADVERTISE", "HOST:PORT",
                  "POD_IP, or the listening address", "where peers reach this pod",
                  EndpointField{&Settings::advertise}, false, DefaultAdvertise});
  rows.push_back(
      {Group::kRing, "pod-name", "COOLKIT_POD_NAME", "NAME", "POD_NAME, or host name and port",
       "this pod's name in Cache-Status and logs",
       TextField{&Settings::pod_name, IsPodName, "1 to 253 letters, digits, '.', '_' and '-'"},
       false, DefaultPodNameText});
  rows.push_back({Group::kRing, "peer-timeout", "COOLKIT_PEER_TIMEOUT", "DURATION", "200ms",
                  "how long a request waits for another pod",
                  DurationField{&Settings::peer_timeout, milliseconds(1), minutes(1)}});
}

void AddCache(Rows& rows) {
  rows.push_back({Group::kCache, "max-staleness", "COOLKIT_MAX_STALENESS", "DURATION", "250ms",
                  "how old a cached answer may be: what was acknowledged before that is in it",
                  DurationField{&Settings::max_staleness, milliseconds(1), hours(1)}});
  rows.push_back({Group::kCache, "stale-while-database-down", "COOLKIT_STALE_WHILE_DATABASE_DOWN",
                  "DURATION", "5m",
                  "how long reads are answered stale, and marked so, without the database; 0 never",
                  DurationField{&Settings::stale_while_database_down, milliseconds(0), hours(24)}});
  rows.push_back({Group::kCache, "cache-bytes", "COOLKIT_CACHE_BYTES", "BYTES",
                  "half of the memory limit, or of the memory",
                  "memory for cached entries, all overhead counted",
                  BytesField{&Settings::cache_bytes, kMiB, 16 * kTiB}, false, DefaultCacheBytes});
  rows.push_back({Group::kCache, "eviction", "COOLKIT_EVICTION", "POLICY", "adaptive",
                  "what leaves a full cache: adaptive is S3-FIFO whose small queue grows and "
                  "shrinks by what comes back, s3fifo the published policy with a tenth",
                  ChoiceField{{"adaptive", "s3fifo"}, SetEviction}});
  rows.push_back({Group::kCache, "max-value-bytes", "COOLKIT_MAX_VALUE_BYTES", "BYTES", "1MiB",
                  "the longest value", BytesField{&Settings::max_value_bytes, 1, 8 * kMiB}});
  rows.push_back({Group::kCache, "max-loads-in-flight", "COOLKIT_MAX_LOADS_IN_FLIGHT", "N", "4096",
                  "keys being loaded from the database at once; beyond that, 503",
                  CountField{&Settings::max_loads_in_flight, 1, 1'000'000}});
}

void AddSizeLimits(Rows& rows) {
  rows.push_back({Group::kLimits, "max-connections", "COOLKIT_MAX_CONNECTIONS", "N", "4096",
                  "open connections; further ones get 503 and are closed",
                  CountField{&Settings::max_connections, 1, 1'000'000}});
  rows.push_back({Group::kLimits, "max-requests-in-flight", "COOLKIT_MAX_REQUESTS_IN_FLIGHT", "N",
                  "4096", "requests being answered at once; beyond that, 503",
                  CountField{&Settings::max_requests_in_flight, 1, 1'000'000}});
  rows.push_back({Group::kLimits, "max-body-bytes-in-flight", "COOLKIT_MAX_BODY_BYTES_IN_FLIGHT",
                  "BYTES", "an eighth of the memory, 16MiB to 256MiB",
                  "request bodies held in memory at once; beyond that, 503",
                  BytesField{&Settings::max_body_bytes_in_flight, kMiB, kTiB}, false,
                  DefaultBodyBytes});
  rows.push_back({Group::kLimits, "max-header-bytes", "COOLKIT_MAX_HEADER_BYTES", "BYTES", "32KiB",
                  "the longest head of a request; beyond that, 431",
                  BytesField{&Settings::max_header_bytes, 2 * kKiB, kMiB}});
}

void AddTimeLimits(Rows& rows) {
  rows.push_back({Group::kLimits, "request-timeout", "COOLKIT_REQUEST_TIMEOUT", "DURATION", "10s",
                  "how long a request may take inside coolkit",
                  DurationField{&Settings::request_timeout, milliseconds(10), minutes(10)}});
  rows.push_back({Group::kLimits, "idle-timeout", "COOLKIT_IDLE_TIMEOUT", "DURATION", "75s",
                  "a connection without a request is closed after this",
                  DurationField{&Settings::idle_timeout, milliseconds(100), hours(1)}});
  rows.push_back({Group::kLimits, "header-timeout", "COOLKIT_HEADER_TIMEOUT", "DURATION", "10s",
                  "how long the head of a request may take to arrive",
                  DurationField{&Settings::header_timeout, milliseconds(100), minutes(10)}});
  rows.push_back({Group::kLimits, "body-timeout", "COOLKIT_BODY_TIMEOUT", "DURATION", "30s",
                  "how long the body of a request may take to arrive",
                  DurationField{&Settings::body_timeout, milliseconds(100), hours(1)}});
  rows.push_back({Group::kLimits, "write-timeout", "COOLKIT_WRITE_TIMEOUT", "DURATION", "30s",
                  "how long a client may take to read a response",
                  DurationField{&Settings::write_timeout, milliseconds(100), hours(1)}});
}

void AddProcess(Rows& rows) {
  rows.push_back({Group::kProcess, "threads", "COOLKIT_THREADS", "N", "the CPU limit, 1 to 64",
                  "event loops", CountField{&Settings::threads, 1, 256}, false, DefaultThreads});
  rows.push_back({Group::kProcess, "drain-timeout", "COOLKIT_DRAIN_TIMEOUT", "DURATION", "30s",
                  "from SIGTERM to the exit, at the latest",
                  DurationField{&Settings::drain_timeout, milliseconds(0), hours(1)}});
  rows.push_back({Group::kProcess, "drain-grace", "COOLKIT_DRAIN_GRACE", "DURATION", "5s",
                  "while draining, a connection idle for so long is closed; until then a request "
                  "that comes is answered",
                  DurationField{&Settings::drain_grace, milliseconds(0), hours(1)}});
  rows.push_back({Group::kProcess, "log-format", "COOLKIT_LOG_FORMAT", "FORMAT", "auto",
                  "how lines are logged; auto is text on a terminal, else JSON",
                  ChoiceField{{"auto", "text", "json"}, SetLogFormat}});
  rows.push_back({Group::kProcess, "log-level", "COOLKIT_LOG_LEVEL", "LEVEL", "info",
                  "the least severe lines that are logged",
                  ChoiceField{{"debug", "info", "warn", "error"}, SetLogLevel}});
}

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

std::string Range(const std::string& kind, const std::string& min, const std::string& max) {
  return kind + " from " + min + " to " + max;
}

std::string Alternatives(const std::vector<std::string_view>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

}  // namespace

std::vector<SettingRow> SettingTable() {
  Rows rows;
  AddListening(rows);
  AddDatabase(rows);
  AddRing(rows);
  AddCache(rows);
  AddSizeLimits(rows);
  AddTimeLimits(rows);
  AddProcess(rows);
  return rows;
}

std::string_view GroupTitle(SettingGroup group) {
  switch (group) {
    case SettingGroup::kListening:
      return "Listening";
    case SettingGroup::kDatabase:
      return "Database";
    case SettingGroup::kRing:
      return "Ring";
    case SettingGroup::kCache:
      return "Cache";
    case SettingGroup::kLimits:
      return "Limits";
    case SettingGroup::kProcess:
      return "Process";
  }
  return "";
}

std::string AllowedText(const SettingRow& row) {
  return std::visit(
      Overloaded{
          [](const EndpointField&) { return std::string("host:port or [IPv6]:port"); },
          [](const DurationField& field) {
            return Range("a duration such as 250ms, 90s or 5m,", FormatDuration(field.min),
                         FormatDuration(field.max));
          },
          [](const BytesField& field) {
            return Range("a size such as 512KiB or 2GiB,", FormatByteSize(field.min),
                         FormatByteSize(field.max));
          },
          [](const CountField& field) {
            return Range("a whole number", std::to_string(field.min), std::to_string(field.max));
          },
          [](const TextField& field) { return std::string(field.allowed); },
          [](const ChoiceField& field) { return Alternatives(field.choices); },
      },
      row.field);
}

bool ApplySetting(const SettingRow& row, std::string_view value, const Surroundings& surroundings,
                  Settings& settings) {
  return std::visit(
      Overloaded{
          [&](const EndpointField& field) {
            const auto endpoint = net::ParseEndpoint(value);
            if (endpoint) settings.*field.field = *endpoint;
            return endpoint.has_value();
          },
          [&](const DurationField& field) {
            const auto duration = ParseDuration(value, field.min.count() == 0);
            if (!duration || *duration < field.min || *duration > field.max) return false;
            settings.*field.field = *duration;
            return true;
          },
          [&](const BytesField& field) {
            const auto bytes = ParseByteSize(value);
            if (!bytes || *bytes < field.min || *bytes > field.max) return false;
            settings.*field.field = *bytes;
            return true;
          },
          [&](const CountField& field) {
            const auto count = ParseDecimal(value);
            if (!count || *count < field.min || *count > field.max) return false;
            std::visit(
                [&]<class T>(T Settings::* target) { settings.*target = static_cast<T>(*count); },
                field.field);
            return true;
          },
          [&](const TextField& field) {
            if (!field.valid(value)) return false;
            settings.*field.field = std::string(value);
            return true;
          },
          [&](const ChoiceField& field) {
            const auto found = std::find(field.choices.begin(), field.choices.end(), value);
            if (found == field.choices.end()) return false;
            field.set(static_cast<std::size_t>(found - field.choices.begin()), surroundings,
                      settings);
            return true;
          },
      },
      row.field);
}

}  // namespace coolkit::cli
