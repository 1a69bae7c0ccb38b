#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "cli/setting_table.h"

namespace coolkit::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kGiB = 1ULL << 30;

Surroundings Machine() {
  Surroundings machine;
  machine.host_name = "box.example";
  machine.processors = 8;
  machine.memory_bytes = 16 * kGiB;
  machine.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "/secrets/url") return std::string("sqlite:from-file.db\r\n");
    if (path == "/secrets/empty") return std::string("\n");
    return Fail(ErrorCode::kInternal, "No such file or directory");
  };
  return machine;
}

// The error text of settings that must be refused.
std::string Refused(const FlagValues& flags, const Surroundings& surroundings) {
  const auto settings = LoadSettings(flags, surroundings);
  if (settings) return "(accepted)";
  EXPECT_EQ(settings.error().code, ErrorCode::kInvalidRequest);
  return settings.error().detail;
}

const SettingRow& RowOf(const std::vector<SettingRow>& table, std::string_view flag) {
  for (const SettingRow& row : table) {
    if (row.flag == flag) return row;
  }
  ADD_FAILURE() << "no row " << flag;
  return table.front();
}

TEST(SettingsTest, DefaultsNeedNothing) {
  const auto settings = LoadSettings({}, Machine());
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(net::FormatEndpoint(settings->listen), "0.0.0.0:8080");
  EXPECT_EQ(net::FormatEndpoint(settings->ops_listen), "0.0.0.0:2345");
  EXPECT_EQ(settings->port_file, "");
  EXPECT_EQ(net::FormatEndpoint(settings->advertise), "0.0.0.0:8080");
  EXPECT_EQ(settings->pod_name, "box.example-8080");
  EXPECT_EQ(settings->database_url, "sqlite:coolkit.db");
  EXPECT_EQ(settings->feed_database_url, "");
  EXPECT_EQ(settings->database_connections, 400);
  EXPECT_EQ(settings->database_connections_per_pod, 8);
  EXPECT_EQ(settings->tombstone_retention, hours(24));
  EXPECT_EQ(settings->feed_retention, minutes(10));
  EXPECT_EQ(settings->peers, "");
  EXPECT_EQ(settings->ring, "default");
  EXPECT_EQ(settings->peer_timeout, milliseconds(200));
  EXPECT_EQ(settings->max_staleness, milliseconds(250));
  EXPECT_EQ(settings->stale_while_database_down, minutes(5));
  EXPECT_EQ(settings->cache_bytes, 8 * kGiB);
  EXPECT_EQ(settings->max_value_bytes, 1U << 20);
  EXPECT_EQ(settings->max_loads_in_flight, 4096U);
  EXPECT_EQ(settings->max_connections, 4096U);
  EXPECT_EQ(settings->max_requests_in_flight, 4096U);
  EXPECT_EQ(settings->max_body_bytes_in_flight, 256U << 20);
  EXPECT_EQ(settings->max_header_bytes, 32U << 10);
  EXPECT_EQ(settings->request_timeout, seconds(10));
  EXPECT_EQ(settings->idle_timeout, seconds(75));
  EXPECT_EQ(settings->header_timeout, seconds(10));
  EXPECT_EQ(settings->body_timeout, seconds(30));
  EXPECT_EQ(settings->write_timeout, seconds(30));
  EXPECT_EQ(settings->threads, 8);
  EXPECT_EQ(settings->drain_timeout, seconds(30));
  EXPECT_EQ(settings->drain_grace, seconds(5));
  EXPECT_EQ(settings->log_format, telemetry::LogFormat::kJson);
  EXPECT_EQ(settings->log_level, telemetry::LogLevel::kInfo);
}

TEST(SettingsTest, DefaultsFollowTheMachineAndItsLimits) {
  Surroundings machine = Machine();
  machine.memory_limit_bytes = kGiB;
  machine.cpu_limit_cores = 2.9;
  machine.errors_on_terminal = true;
  machine.environment = {{"POD_NAME", "coolkit-7"}, {"POD_IP", "10.1.2.3"}};
  auto settings = LoadSettings({}, machine);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->cache_bytes, kGiB / 2);
  EXPECT_EQ(settings->max_body_bytes_in_flight, 128U << 20);
  EXPECT_EQ(settings->threads, 2);
  EXPECT_EQ(settings->log_format, telemetry::LogFormat::kText);
  EXPECT_EQ(settings->pod_name, "coolkit-7");
  EXPECT_EQ(net::FormatEndpoint(settings->advertise), "10.1.2.3:8080");

  machine.cpu_limit_cores = 0.25;
  machine.environment["POD_IP"] = "fd00::7";
  machine.memory_limit_bytes = 64 * kGiB;  // above the machine's
  settings = LoadSettings({{"listen", "127.0.0.1:0"}}, machine);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->threads, 1);
  EXPECT_EQ(settings->cache_bytes, 8 * kGiB);
  EXPECT_EQ(net::FormatEndpoint(settings->advertise), "[fd00::7]:0");

  machine.cpu_limit_cores.reset();
  machine.processors = 200;
  settings = LoadSettings({}, machine);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->threads, 64);
}

TEST(SettingsTest, APickedPortLeavesTheNameOpen) {
  const auto settings = LoadSettings({{"listen", "127.0.0.1:0"}}, Machine());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->pod_name, "");
  EXPECT_EQ(DefaultPodName("bad name!", 81), "bad-name--81");
}

TEST(SettingsTest, AWrongDefaultFromTheEnvironmentIsRefused) {
  Surroundings machine = Machine();
  machine.environment["POD_NAME"] = "two words";
  EXPECT_THAT(Refused({}, machine), HasSubstr("--pod-name"));
}

bool SameField(const SettingRow& row, const Settings& a, const Settings& b) {
  return std::visit(
      [&]<class Field>(const Field& field) {
        if constexpr (std::is_same_v<Field, ChoiceField>) {
          return a.log_format == b.log_format && a.log_level == b.log_level &&
                 a.eviction == b.eviction;
        } else if constexpr (std::is_same_v<Field, CountField>) {
          return std::visit([&](auto target) { return a.*target == b.*target; }, field.field);
        } else if constexpr (std::is_same_v<Field, EndpointField>) {
          return net::FormatEndpoint(a.*field.field) == net::FormatEndpoint(b.*field.field);
        } else {
          return a.*field.field == b.*field.field;
        }
      },
      row.field);
}

// One value per row that is allowed and not the default, and some that are not.
struct Sample {
  std::string flag;
  std::string good;
  std::vector<std::string> bad;
};

std::vector<Sample> Samples() {
  const std::vector<std::string> bad_durations = {"0", "1", "-1s", "1.5s", "soon", "100000d", ""};
  std::vector<std::string> zero_allowed(bad_durations.begin() + 1, bad_durations.end());
  const std::vector<std::string> bad_counts = {"0", "-1", "many", "1e3", "99999999999999999999"};
  const std::vector<std::string> bad_sizes = {"0", "-1", "1GB", "lots", "99999TiB"};
  return {
      {"listen", "127.0.0.1:81", {"8080", "localhost", "a b:1", "h:65536", "h:-1"}},
      {"ops-listen", "[::1]:82", {"::1:82", ":2345"}},
      {"port-file", "/run/ports.json", {}},
      {"database-url", "sqlite:other.db", {"mysql://secret@h/db", "sqlite:", "other.db"}},
      {"feed-database-url", "", {"mysql://secret@h/db", "sqlite:secret.db"}},
      {"database-connections", "100", bad_counts},
      {"database-connections-per-pod", "2", bad_counts},
      {"database-start-timeout", "1h", bad_durations},
      {"database-connection-lifetime", "0", zero_allowed},
      {"cloudsql-token-file", "/run/token", {}},
      {"google-credentials-file", "/run/adc.json", {}},
      {"metadata-host", "127.0.0.1:8080", {}},
      {"cloudsql-api-endpoint", "https://127.0.0.1:8443", {"http://a", "https://", "https://a/b"}},
      {"cloudsql-api-ca", "/run/ca.pem", {}},
      {"tombstone-retention", "2h", bad_durations},
      {"feed-retention", "1m", bad_durations},
      {"peers", "", {"dns:", "dns:h:0", "a:1,", "a", "a:0", ",", "a:1 b:2"}},
      {"dns-server", "127.0.0.1:5353", {"dns:53", "127.0.0.1", "127.0.0.1:0"}},
      {"ring", "production/coolkit", {"", "a b", std::string(129, 'a')}},
      {"advertise", "10.0.0.7:8080", {"10.0.0.7", ""}},
      {"pod-name", "coolkit-0", {"a/b", "a\"b", std::string(254, 'a')}},
      {"peer-timeout", "50ms", bad_durations},
      {"max-staleness", "1s", bad_durations},
      {"stale-while-database-down", "0", zero_allowed},
      {"cache-bytes", "64MiB", bad_sizes},
      {"eviction", "s3fifo", {"lru", "S3FIFO", ""}},
      {"max-value-bytes", "64KiB", bad_sizes},
      {"max-loads-in-flight", "10", bad_counts},
      {"max-connections", "100", bad_counts},
      {"max-requests-in-flight", "100", bad_counts},
      {"max-body-bytes-in-flight", "32MiB", bad_sizes},
      {"max-header-bytes", "16KiB", bad_sizes},
      {"request-timeout", "5s", bad_durations},
      {"idle-timeout", "5s", bad_durations},
      {"header-timeout", "5s", bad_durations},
      {"body-timeout", "5s", bad_durations},
      {"write-timeout", "5s", bad_durations},
      {"threads", "3", bad_counts},
      {"drain-timeout", "1m", zero_allowed},
      {"drain-grace", "2s", zero_allowed},
      {"log-format", "text", {"xml", "JSON", ""}},
      {"log-level", "debug", {"verbose", "trace", ""}},
  };
}

TEST(SettingsTest, EveryRowHasASample) {
  std::set<std::string> sampled;
  for (const Sample& sample : Samples()) sampled.insert(sample.flag);
  std::set<std::string> declared;
  for (const SettingRow& row : SettingTable()) {
    EXPECT_TRUE(declared.insert(std::string(row.flag)).second) << row.flag << " is there twice";
    EXPECT_FALSE(row.meaning.empty() || row.value_name.empty() || row.default_text.empty());
    EXPECT_THAT(std::string(row.meaning), Not(testing::EndsWith(".")));
  }
  EXPECT_EQ(sampled, declared);
}

TEST(SettingsTest, FlagsAndVariablesSetTheSameAndFlagsWin) {
  const auto table = SettingTable();
  for (const Sample& sample : Samples()) {
    if (sample.good.empty()) continue;
    SCOPED_TRACE(sample.flag);
    const std::string variable(RowOf(table, sample.flag).environment);
    Settings defaults = *LoadSettings({}, Machine());
    Settings expected = defaults;
    ASSERT_TRUE(ApplySetting(RowOf(table, sample.flag), sample.good, Machine(), expected));

    const auto by_flag = LoadSettings({{sample.flag, sample.good}}, Machine());
    ASSERT_TRUE(by_flag) << by_flag.error().detail;
    Surroundings machine = Machine();
    machine.environment[variable] = sample.good;
    const auto by_variable = LoadSettings({}, machine);
    ASSERT_TRUE(by_variable) << by_variable.error().detail;
    // The flag wins even over a variable that is wrong.
    machine.environment[variable] = "\x01";
    const auto by_both = LoadSettings({{sample.flag, sample.good}}, machine);
    ASSERT_TRUE(by_both) << by_both.error().detail;
    // An empty variable counts as not set.
    machine.environment[variable] = "";
    const auto by_default = LoadSettings({}, machine);
    ASSERT_TRUE(by_default) << by_default.error().detail;
    for (const auto& loaded : {*by_flag, *by_variable, *by_both}) {
      EXPECT_TRUE(SameField(RowOf(table, sample.flag), loaded, expected));
      EXPECT_FALSE(SameField(RowOf(table, sample.flag), loaded, defaults)) << "sample is default";
    }
    EXPECT_TRUE(SameField(RowOf(table, sample.flag), *by_default, defaults));
  }
}

TEST(SettingsTest, AWrongValueNamesFlagOrVariableValueAndWhatIsAllowed) {
  const auto table = SettingTable();
  for (const Sample& sample : Samples()) {
    const SettingRow& row = RowOf(table, sample.flag);
    for (const std::string& bad : sample.bad) {
      SCOPED_TRACE(sample.flag + " " + bad);
      const std::string by_flag = Refused({{sample.flag, bad}}, Machine());
      EXPECT_THAT(by_flag, HasSubstr("--" + sample.flag));
      Surroundings machine = Machine();
      machine.environment[std::string(row.environment)] = bad;
      const std::string by_variable =
          bad.empty() ? std::string(row.environment) : Refused({}, machine);
      EXPECT_THAT(by_variable, HasSubstr(std::string(row.environment)));
      if (row.secret) {
        EXPECT_THAT(by_flag + by_variable, Not(HasSubstr("secret")));
      } else {
        EXPECT_THAT(by_flag, HasSubstr("'" + bad + "'"));
        EXPECT_THAT(by_flag, HasSubstr(AllowedText(row)));
      }
    }
  }
}

// libpq reads PGPASSWORD itself; a mounted secret is a file.
TEST(SettingsTest, ThePasswordMayComeAsAFile) {
  Surroundings machine = Machine();
  machine.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "/run/password") return std::string("p@ss/word\n");
    return Fail(ErrorCode::kInvalidRequest, "no such file");
  };
  machine.environment["PGPASSWORD_FILE"] = "/run/password";
  const auto url_of = [&](const std::string& url) {
    machine.environment["DATABASE_URL"] = url;
    const auto settings = LoadSettings({}, machine);
    return settings ? settings->database_url : settings.error().detail;
  };
  const std::string encoded = "password=%70%40%73%73%2f%77%6f%72%64";
  EXPECT_EQ(url_of("postgres://"), "postgres://?" + encoded);
  EXPECT_EQ(url_of("postgres://u@h/d?sslmode=require"),
            "postgres://u@h/d?sslmode=require&" + encoded);
  EXPECT_EQ(url_of("postgres://u:own@h/d"), "postgres://u:own@h/d");
  EXPECT_EQ(url_of("sqlite:a.db"), "sqlite:a.db");
  machine.environment["FEED_DATABASE_URL"] = "postgres://direct";
  machine.environment["DATABASE_URL"] = "postgres://pooled?pooler=transaction";
  EXPECT_EQ(LoadSettings({}, machine)->feed_database_url, "postgres://direct?" + encoded);
  machine.environment["PGPASSWORD"] = "other";
  EXPECT_THAT(url_of("postgres://"), HasSubstr("PGPASSWORD and PGPASSWORD_FILE are both set"));
  machine.environment.erase("PGPASSWORD");
  machine.environment["PGPASSWORD_FILE"] = "/run/none";
  EXPECT_THAT(url_of("postgres://"), HasSubstr("PGPASSWORD_FILE: can't read '/run/none'"));
}

}  // namespace
}  // namespace coolkit::cli
