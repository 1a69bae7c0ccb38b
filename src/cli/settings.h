// Why: what `serve` was told, checked once and typed, so that the composition root fills every
// module's Options from fields and never from text. The table of flags, variables, defaults and
// allowed values is cli/setting_table.h. Values; the environment and the machine are passed in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cache/eviction.h"
#include "net/tcp.h"
#include "telemetry/log.h"

namespace coolkit::cli {

// What the settings are read from besides the arguments. Filled from the real process by main,
// by hand in tests.
struct Surroundings {
  std::map<std::string, std::string> environment;
  std::string host_name = "localhost";
  unsigned processors = 1;                          // this process may run on
  std::optional<double> cpu_limit_cores;            // of the cgroup
  std::uint64_t memory_bytes = 0;                   // of the machine
  std::optional<std::uint64_t> memory_limit_bytes;  // of the cgroup
  bool errors_on_terminal = false;                  // standard error is a terminal
  // The whole content of a file, or why not.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// The flags as given: name without the leading dashes → value.
using FlagValues = std::map<std::string, std::string>;

struct Settings {
  // Where it listens.
  net::Endpoint listen;
  net::Endpoint ops_listen;
  std::string port_file;    // empty: none
  net::Endpoint advertise;  // host empty: the listening host; port 0: the bound port
  std::string pod_name;     // empty only if the port is picked at start-up: see DefaultPodName
  std::string host_name;

  // The database. The URLs are secrets: never print them but through store::RedactDatabaseUrl.
  std::string database_url;
  std::string feed_database_url;  // empty: as database_url
  int database_connections = 0;
  int database_connections_per_pod = 0;
  milliseconds database_start_timeout{0};
  milliseconds database_connection_lifetime{0};  // 0: for ever
  std::string cloudsql_token_file;               // empty: none
  std::string google_credentials_file;           // likewise
  std::string metadata_host;
  std::string cloudsql_api_endpoint;
  std::string cloudsql_api_ca;  // empty: the system's authorities
  milliseconds tombstone_retention{0};
  milliseconds feed_retention{0};

  // The ring.
  std::string peers;       // empty: a ring of one
  std::string dns_server;  // empty: the machine's
  std::string ring;
  milliseconds peer_timeout{0};

  // The cache and what its answers promise.
  milliseconds max_staleness{0};
  milliseconds stale_while_database_down{0};  // 0: strict
  std::uint64_t cache_bytes = 0;
  cache::Eviction eviction = cache::Eviction::kAdaptive;
  std::uint64_t max_value_bytes = 0;
  std::uint64_t max_loads_in_flight = 0;

  // The limits of the HTTP server.
  std::uint64_t max_connections = 0;
  std::uint64_t max_requests_in_flight = 0;
  std::uint64_t max_body_bytes_in_flight = 0;
  std::uint64_t max_header_bytes = 0;
  milliseconds request_timeout{0};
  milliseconds idle_timeout{0};
  milliseconds header_timeout{0};
  milliseconds body_timeout{0};
  milliseconds write_timeout{0};

  // The process.
  int threads = 0;
  milliseconds drain_timeout{0};
  milliseconds drain_grace{0};
  telemetry::LogFormat log_format = telemetry::LogFormat::kText;
  telemetry::LogLevel log_level = telemetry::LogLevel::kInfo;
};

// Flag before environment before default; then the checks across settings. Errors: kInvalidRequest
// with a sentence that names the flag or variable, the value (unless it is a secret) and what is
// allowed.
[[nodiscard]] Result<Settings> LoadSettings(const FlagValues& flags,
                                            const Surroundings& surroundings);

// The name of a pod that was given none: its host name and port.
[[nodiscard]] std::string DefaultPodName(const std::string& host_name, std::uint16_t port);

}  // namespace coolkit::cli
