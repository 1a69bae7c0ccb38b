#include "cli/scaler_settings.h"

#include <gtest/gtest.h>

namespace coolkit::cli {
namespace {

Result<ScalerOptions> Load(std::vector<std::string> words,
                           std::map<std::string, std::string> environment = {},
                           const std::string& file = "") {
  words.insert(words.begin(), {"scaler", "serve"});
  const auto invocation = ParseCommandLine(CommandTable(), words);
  EXPECT_TRUE(invocation);
  Surroundings surroundings;
  surroundings.environment = std::move(environment);
  surroundings.read_file = [file](const std::string& path) -> Result<std::string> {
    if (path != "scaler.yaml") return Fail(ErrorCode::kInternal, "no such file");
    return file;
  };
  return LoadScalerOptions(*invocation, surroundings);
}

std::string Why(const Result<ScalerOptions>& options) {
  return options ? std::string() : options.error().detail;
}

TEST(ScalerSettingsTest, FlagsNameAWorkload) {
  const auto options = Load({"--workload", "coolkit=dns:pods.example:2345", "--max", "60"});
  ASSERT_TRUE(options) << Why(options);
  EXPECT_EQ(options->listen.port, 8080);
  EXPECT_EQ(options->ops_listen.port, 2345);
  ASSERT_EQ(options->workloads.size(), 1U);
  EXPECT_EQ(options->workloads[0].pods.name, "pods.example");
  EXPECT_EQ(options->workloads[0].policy.max, 60);
  EXPECT_EQ(options->workloads[0].policy.min, 10);
}

TEST(ScalerSettingsTest, TheMostSpecificWins) {
  const std::string file =
      "max: 30\nhold: 1m\nmin: 3\nzones: 3\nlisten: 127.0.0.1:1\nworkloads:\n"
      "  - {name: a, pods: 'h:1', min: 4}\n  - {name: b, pods: 'h:2'}\n";
  const auto options = Load({"--config", "scaler.yaml", "--min", "7", "--workload", "c=h:3"},
                            {{"COOLKIT_SCALER_MIN", "6"}, {"COOLKIT_SCALER_HOLD", "2m"}}, file);
  ASSERT_TRUE(options) << Why(options);
  ASSERT_EQ(options->workloads.size(), 3U);
  EXPECT_EQ(options->workloads[0].policy.min, 4);       // its entry
  EXPECT_EQ(options->workloads[1].policy.min, 7);       // the flag
  EXPECT_EQ(options->workloads[1].policy.hold_s, 120);  // the variable
  EXPECT_EQ(options->workloads[2].policy.max, 30);      // the file
  EXPECT_EQ(options->workloads[2].policy.zones, 3);
  EXPECT_EQ(options->listen.port, 1);
}

TEST(ScalerSettingsTest, AVariableNamesSeveral) {
  const auto options = Load({}, {{"COOLKIT_SCALER_WORKLOAD", "a=h:1,h:2;b=dns:x:3"}});
  ASSERT_TRUE(options) << Why(options);
  ASSERT_EQ(options->workloads.size(), 2U);
  EXPECT_EQ(options->workloads[0].pods.addresses.size(), 2U);
}

TEST(ScalerSettingsTest, SaysWhatIsWrong) {
  EXPECT_NE(Why(Load({})).find("there is no workload"), std::string::npos);
  EXPECT_EQ(Why(Load({"--workload", "a"})),
            "--workload: 'a' is not allowed; allowed is NAME=dns:HOST:PORT or "
            "NAME=host:port,host:port,…");
  EXPECT_NE(Why(Load({"--workload", "a=h:1", "--workload", "a=h:2"})), "");
  EXPECT_EQ(Why(Load({"--workload", "a=h:1", "--max", "x"})),
            "--max: 'x' is not allowed; allowed is a whole number from 1 to 100000");
  EXPECT_EQ(Why(Load({"--workload", "a=h:1"}, {{"COOLKIT_SCALER_ZONES", "0"}})),
            "COOLKIT_SCALER_ZONES: '0' is not allowed; allowed is a whole number from 1 to 100");
  EXPECT_EQ(Why(Load({"--config", "x"})), "--config: 'x': no such file");
  EXPECT_EQ(Why(Load({"--config", "scaler.yaml"}, {}, "maxx: 3\n")),
            "--config: 'scaler.yaml': no setting maxx");
  EXPECT_NE(Why(Load({"--workload", "a=h:1", "--listen", "x"})), "");
  EXPECT_NE(Why(Load({"--workload", "a=h:1", "--min", "5", "--max", "4"})), "");
}

}  // namespace
}  // namespace coolkit::cli
