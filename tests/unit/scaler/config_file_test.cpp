#include "scaler/config_file.h"

#include <gtest/gtest.h>

#include "scaler/policy_settings.h"

namespace coolkit::scaler {
namespace {

constexpr std::string_view kGood =
    "listen: 127.0.0.1:0\nmax: 60\nworkloads:\n"
    "  - name: coolkit\n    pods: dns:coolkit-headless:2345\n    per_pod_target: 700\n"
    "    working_set: 20GiB\n    hold: 10m\n"
    "  - {name: other, pods: '10.0.0.1:2345,10.0.0.2:2345', min: 2}\n";

std::string Why(std::string_view yaml) {
  const auto file = ParseConfigFile(yaml);
  return file ? std::string() : file.error().detail;
}

TEST(ConfigFileTest, ReadsSeveralWorkloads) {
  const auto file = ParseConfigFile(kGood);
  ASSERT_TRUE(file) << file.error().detail;
  EXPECT_EQ(file->settings.at("listen"), "127.0.0.1:0");
  ASSERT_EQ(file->workloads.size(), 2U);
  WorkloadOptions base;
  base.policy.max = 60;
  const auto one = ApplyEntry(file->workloads[0], base);
  ASSERT_TRUE(one) << one.error().detail;
  EXPECT_EQ(one->pods.name, "coolkit-headless");
  EXPECT_EQ(one->pods.port, 2345);
  EXPECT_EQ(one->policy.per_pod_target, 700);
  EXPECT_EQ(one->policy.working_set_bytes, 20ULL << 30);
  EXPECT_EQ(one->policy.hold_s, 600);
  EXPECT_EQ(one->policy.max, 60);
  const auto other = ApplyEntry(file->workloads[1], base);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->pods.addresses.size(), 2U);
  EXPECT_EQ(other->policy.min, 2);
}

TEST(ConfigFileTest, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(Why("a: [1\n"), "");
  EXPECT_EQ(Why("- a\n"), "line 1: the file is not a map of settings");
  EXPECT_EQ(Why("max: [1, 2]\n"), "line 1: max is not a single value");
  EXPECT_EQ(Why("workloads: 3\n"), "line 1: workloads is not a list");
  EXPECT_EQ(Why("workloads:\n  - name: a\n"), "line 2: workload a has no pods");
  EXPECT_EQ(Why("workloads:\n  - {name: a, pods: 'h:1', mx: 3}\n"),
            "line 2: a workload has no setting mx");
  EXPECT_NE(Why("workloads:\n  - {name: A/b, pods: 'h:1'}\n"), "");
  EXPECT_EQ(Why("workloads:\n  - {name: a, pods: 'h:1'}\n  - {name: a, pods: 'h:2'}\n"),
            "line 3: workload a is given twice");
  EXPECT_EQ(Why(""), "");
}

TEST(ConfigFileTest, SettingsAreChecked) {
  const auto refused = [](const ConfigFile::Entry& entry) {
    const auto options = ApplyEntry(entry, {});
    return options ? std::string() : options.error().detail;
  };
  EXPECT_EQ(refused({"a", "h:1", {{"max", "0"}}}),
            "workload a: max '0' is not allowed; allowed is a whole number from 1 to 100000");
  EXPECT_EQ(refused({"a", "h:1", {{"min", "20"}, {"max", "10"}}}), "workload a: min is above max");
  EXPECT_NE(refused({"a", "h", {}}), "");
  EXPECT_NE(refused({"a", "dns:h", {}}), "");
  EXPECT_NE(refused({"a", "h:1", {{"per_pod_target", "auto"}}}), "");
  EXPECT_EQ(refused({"a", "h:1", {{"per_pod_target", "auto"}, {"cpu_per_pod", "2"}}}), "");
}

// The table's defaults are those of the structure, so that help and reference tell the truth.
TEST(PolicySettingsTest, DefaultsAreTheOnesShown) {
  const WorkloadOptions untouched;
  for (const PolicySetting& setting : PolicySettings()) {
    WorkloadOptions options;
    ASSERT_TRUE(setting.apply(setting.default_text, options)) << setting.name;
    const Policy& a = untouched.policy;
    const Policy& b = options.policy;
    EXPECT_EQ(
        std::tie(a.min, a.max, a.per_pod_target, a.capacity_factor, a.cpu_target, a.latency_max_s,
                 a.zones, a.working_set, a.database_connections, a.connections_per_pod, a.tolerance,
                 a.stable_s, a.panic_s, a.hold_s, a.lead_s, a.stale_s, untouched.cpu_cores_per_pod,
                 untouched.scrape_interval, untouched.scrape_timeout),
        std::tie(b.min, b.max, b.per_pod_target, b.capacity_factor, b.cpu_target, b.latency_max_s,
                 b.zones, b.working_set, b.database_connections, b.connections_per_pod, b.tolerance,
                 b.stable_s, b.panic_s, b.hold_s, b.lead_s, b.stale_s, options.cpu_cores_per_pod,
                 options.scrape_interval, options.scrape_timeout))
        << setting.name;
    for (const char* bad : {"", "x", "-1", "1e99", "nan"}) {
      EXPECT_FALSE(setting.apply(bad, options)) << setting.name << " " << bad;
    }
  }
}

}  // namespace
}  // namespace coolkit::scaler
