#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "telemetry/process_metrics.h"

namespace coolkit::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Registry, ExposesSortedFamiliesAndSeries) {
  Registry registry;
  registry.AddGauge("coolkit_z_bytes", "Last.").Set(1.5);
  registry.AddCounter("coolkit_a_total", "First.", {{"code", "404"}}).Add(3);
  registry.AddCounter("coolkit_a_total", "First.", {{"code", "200"}}).Add(4);
  EXPECT_EQ(registry.PrometheusText(),
            "# HELP coolkit_a_total First.\n"
            "# TYPE coolkit_a_total counter\n"
            "coolkit_a_total{code=\"200\"} 4\n"
            "coolkit_a_total{code=\"404\"} 3\n"
            "# HELP coolkit_z_bytes Last.\n"
            "# TYPE coolkit_z_bytes gauge\n"
            "coolkit_z_bytes 1.5\n");
  EXPECT_EQ(registry.OpenMetricsText(),
            "# HELP coolkit_a First.\n"
            "# TYPE coolkit_a counter\n"
            "coolkit_a_total{code=\"200\"} 4\n"
            "coolkit_a_total{code=\"404\"} 3\n"
            "# HELP coolkit_z_bytes Last.\n"
            "# TYPE coolkit_z_bytes gauge\n"
            "# UNIT coolkit_z_bytes bytes\n"
            "coolkit_z_bytes 1.5\n"
            "# EOF\n");
}

TEST(Registry, ExposesHistogramsTheSameInBothFormats) {
  Registry registry;
  Histogram& histogram =
      registry.AddHistogram("coolkit_wait_seconds", "Waits.", {0.5, 1}, {{"queue", "reads"}});
  histogram.Observe(0.5);
  histogram.Observe(0.75);
  histogram.Observe(2);
  const std::string samples =
      "coolkit_wait_seconds_bucket{queue=\"reads\",le=\"0.5\"} 1\n"
      "coolkit_wait_seconds_bucket{queue=\"reads\",le=\"1.0\"} 2\n"
      "coolkit_wait_seconds_bucket{queue=\"reads\",le=\"+Inf\"} 3\n"
      "coolkit_wait_seconds_sum{queue=\"reads\"} 3.25\n"
      "coolkit_wait_seconds_count{queue=\"reads\"} 3\n";
  EXPECT_EQ(registry.PrometheusText(),
            "# HELP coolkit_wait_seconds Waits.\n"
            "# TYPE coolkit_wait_seconds histogram\n" +
                samples);
  EXPECT_EQ(registry.OpenMetricsText(),
            "# HELP coolkit_wait_seconds Waits.\n"
            "# TYPE coolkit_wait_seconds histogram\n"
            "# UNIT coolkit_wait_seconds seconds\n" +
                samples + "# EOF\n");
}

TEST(Registry, IsCompleteWhenEmpty) {
  const Registry registry;
  EXPECT_EQ(registry.PrometheusText(), "");
  EXPECT_EQ(registry.OpenMetricsText(), "# EOF\n");
}

TEST(Registry, ReadsCallbacksAtEachScrapeAfterTheRefresh) {
  Registry registry;
  int refreshes = 0;
  double shown = 0;
  registry.BeforeScrape([&] { shown = ++refreshes; });
  registry.AddCallback(MetricType::kGauge, "coolkit_a", "A.", {}, [&] { return shown; });
  registry.AddCallback(MetricType::kCounter, "coolkit_b_total", "B.", {},
                       [&] { return 2 * shown; });
  EXPECT_THAT(registry.PrometheusText(), HasSubstr("\ncoolkit_a 1\n"));
  const std::string second = registry.OpenMetricsText();
  EXPECT_THAT(second, HasSubstr("\ncoolkit_a 2\n"));
  EXPECT_THAT(second, HasSubstr("\ncoolkit_b_total 4\n"));
}

TEST(Registry, ListsFamiliesWithLabelNames) {
  Registry registry;
  registry.AddCounter("coolkit_b_total", "B.", {{"route", "x"}, {"code", "200"}});
  registry.AddCounter("coolkit_b_total", "B.", {{"route", "y"}, {"code", "200"}});
  registry.AddHistogram("coolkit_a_seconds", "A.", {1});
  const std::vector<MetricInfo> families = registry.Families();
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].name, "coolkit_a_seconds");
  EXPECT_EQ(MetricTypeName(families[0].type), "histogram");
  EXPECT_THAT(families[0].label_names, ElementsAre());
  EXPECT_EQ(families[1].help, "B.");
  EXPECT_THAT(families[1].label_names, ElementsAre("route", "code"));
}

TEST(RegistryDeathTest, RefusesBadNames) {
  Registry registry;
  EXPECT_DEATH(registry.AddCounter("coolkit_a", "No _total."), "CHECK");
  EXPECT_DEATH(registry.AddCounter("_total", "Nothing before it."), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a_total", "A gauge."), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a_count", "Reserved."), "CHECK");
  EXPECT_DEATH(registry.AddGauge("0a", "Digit."), "CHECK");
  EXPECT_DEATH(registry.AddGauge("a-b", "Dash."), "CHECK");
  EXPECT_DEATH(registry.AddGauge("", "Empty."), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a", ""), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a", "Label.", {{"__a", "x"}}), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a", "Label.", {{"le", "x"}}), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a", "Twice.", {{"a", "x"}, {"a", "y"}}), "CHECK");
}

TEST(RegistryDeathTest, RefusesContradictions) {
  Registry registry;
  registry.AddGauge("coolkit_a", "A.", {{"x", "1"}});
  EXPECT_DEATH(registry.AddGauge("coolkit_a", "A.", {{"x", "1"}}), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a", "Other.", {{"x", "2"}}), "CHECK");
  EXPECT_DEATH(registry.AddGauge("coolkit_a", "A.", {{"y", "2"}}), "CHECK");
  EXPECT_DEATH(registry.AddHistogram("coolkit_a", "A.", {1}, {{"x", "2"}}), "CHECK");
  // OpenMetrics calls the counter's family coolkit_a as well.
  EXPECT_DEATH(registry.AddCounter("coolkit_a_total", "A."), "CHECK");
  registry.AddHistogram("coolkit_h", "H.", {1}, {{"x", "1"}});
  EXPECT_DEATH(registry.AddHistogram("coolkit_h", "H.", {2}, {{"x", "2"}}), "CHECK");
}

// A name that a prefix of `line` carries.
double ValueOf(const std::string& text, const std::string& series) {
  const std::size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) return -1;
  return std::stod(text.substr(at + series.size() + 2));
}

TEST(ProcessMetrics, ShowFiguresOfThisProcess) {
  Registry registry;
  RegisterProcessMetrics(registry, {"0.1.0", "abc"});
  const std::string text = registry.PrometheusText();
  EXPECT_GT(ValueOf(text, "process_cpu_seconds_total"), 0);
  EXPECT_GT(ValueOf(text, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(ValueOf(text, "process_virtual_memory_bytes"),
            ValueOf(text, "process_resident_memory_bytes"));
  EXPECT_GE(ValueOf(text, "process_open_fds"), 3);
  EXPECT_GE(ValueOf(text, "process_max_fds"), ValueOf(text, "process_open_fds"));
  EXPECT_GT(ValueOf(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_GT(ValueOf(text, "coolkit_memory_limit_bytes"), 1 << 20);
  EXPECT_GT(ValueOf(text, "coolkit_memory_usage_bytes"), 1 << 20);
  EXPECT_EQ(ValueOf(text, "coolkit_build_info{version=\"0.1.0\",revision=\"abc\"}"), 1);
}

TEST(ProcessMetrics, TakeLimitsAndThrottlingFromTheCgroup) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(::testing::TempDir()) / "process_metrics_root";
  fs::remove_all(root);
  fs::create_directories(root / "proc/self");
  fs::create_directories(root / "sys/fs/cgroup");
  std::ofstream(root / "proc/self/cgroup") << "0::/\n";
  std::ofstream(root / "sys/fs/cgroup/memory.max") << "104857600\n";
  std::ofstream(root / "sys/fs/cgroup/memory.current") << "50000000\n";
  std::ofstream(root / "sys/fs/cgroup/memory.stat") << "anon 1\ninactive_file 10000000\n";
  std::ofstream(root / "sys/fs/cgroup/cpu.stat")
      << "usage_usec 5\nnr_periods 40\nnr_throttled 10\nthrottled_usec 2500000\n";
  Registry registry;
  RegisterProcessMetrics(registry, {"0.1.0", "abc"}, root.string());
  const std::string text = registry.PrometheusText();
  EXPECT_EQ(ValueOf(text, "coolkit_memory_limit_bytes"), 104857600);
  EXPECT_EQ(ValueOf(text, "coolkit_memory_usage_bytes"), 40000000);
  EXPECT_EQ(ValueOf(text, "coolkit_process_cpu_periods_total"), 40);
  EXPECT_EQ(ValueOf(text, "coolkit_process_cpu_throttled_periods_total"), 10);
  EXPECT_EQ(ValueOf(text, "coolkit_process_cpu_throttled_seconds_total"), 2.5);
  fs::remove_all(root);
}

// Prometheus' own linter over everything that this module registers.
TEST(ProcessMetrics, PassPromtool) {
  const std::string promtool = "/usr/bin/promtool";
  if (!std::filesystem::exists(promtool)) GTEST_SKIP() << "promtool is not installed";
  Registry registry;
  RegisterProcessMetrics(registry, {"0.1.0", "a\"b\\c\nd"});
  registry
      .AddHistogram("coolkit_wait_seconds", "Waits \\ of\nall.", LatencyBounds(), {{"queue", "a"}})
      .Observe(0.1);
  registry.AddHistogram("coolkit_wait_seconds", "Waits \\ of\nall.", LatencyBounds(),
                        {{"queue", "b"}});
  const std::string path = ::testing::TempDir() + "promtool_input.txt";
  std::ofstream(path) << registry.PrometheusText();
  FILE* pipe = ::popen((promtool + " check metrics < " + path + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(said, "");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace coolkit::telemetry
