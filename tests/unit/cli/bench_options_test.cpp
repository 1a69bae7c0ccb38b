#include "cli/bench_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

namespace coolkit::cli {
namespace {

using testing::HasSubstr;

class BenchOptionsTest : public testing::Test {
 protected:
  Result<BenchOptions> Parse(std::vector<std::string> words) {
    words.insert(words.begin(), "bench");
    auto invocation = ParseCommandLine(CommandTable(), words);
    if (!invocation) return Fail(invocation.error());
    return ParseBenchOptions(*invocation, console_);
  }
  static std::vector<std::string> Words(const std::string& text) {
    std::istringstream words(text);
    return {std::istream_iterator<std::string>(words), {}};
  }
  std::string Refused(std::vector<std::string> words) {
    const auto options = Parse(std::move(words));
    return options ? "(accepted)" : options.error().detail;
  }

  std::ostringstream output_;
  std::ostringstream errors_;
  std::istringstream input_;
  Console console_{output_, errors_, input_, {}, {}, {}};
};

TEST_F(BenchOptionsTest, DefaultsAreThoseOfTheHelp) {
  const auto options = Parse({});
  ASSERT_TRUE(options) << options.error().detail;
  ASSERT_EQ(options->load.targets.size(), 1U);
  EXPECT_EQ(options->load.targets[0].authority, "127.0.0.1:8080");
  // Each default that help shows is what an absent flag means.
  for (const FlagSpec& flag : BenchCommand().flags) {
    if (flag.value_name.empty() || flag.default_text.empty() || flag.name == "target") continue;
    const auto same = Parse({"--" + flag.name, flag.default_text});
    ASSERT_TRUE(same) << flag.name << ": " << same.error().detail;
    EXPECT_EQ(same->load.mix, options->load.mix);
    EXPECT_EQ(same->load.keys, options->load.keys);
    EXPECT_EQ(same->load.rate, options->load.rate);
    EXPECT_EQ(same->load.connections, options->load.connections);
    EXPECT_EQ(same->load.pipeline, options->load.pipeline);
    EXPECT_EQ(same->load.threads, options->load.threads);
    EXPECT_EQ(same->load.duration, options->load.duration);
    EXPECT_EQ(same->load.warm_up, options->load.warm_up);
    EXPECT_EQ(same->load.timeout, options->load.timeout);
    EXPECT_EQ(same->load.seed, options->load.seed);
    EXPECT_EQ(same->load.batch_size, options->load.batch_size);
    EXPECT_EQ(same->load.value_bytes_max, options->load.value_bytes_max);
    EXPECT_EQ(same->load.collection, options->load.collection);
    EXPECT_EQ(same->load.law.kind, options->load.law.kind);
    EXPECT_EQ(same->load.law.exponent, options->load.law.exponent);
    EXPECT_EQ(same->trace_format, options->trace_format);
  }
}

TEST_F(BenchOptionsTest, EveryFlagArrives) {
  const auto options = Parse(Words(
      "--target http://a:1/x --target=http://b:2 --random-target --rate 1500.5 --connections 9 "
      "--pipeline 3 --threads 2 --duration 1m --warm-up 2s --calls 77 --timeout 5s --seed 6 "
      "--mix put=1 --collection c --keys 12 --key-law hotspot:0.5:1 --trace t --trace-format lines "
      "--batch-size 4 --value-bytes 50-60 --ttl 3s --max-staleness 40ms --preload"));
  ASSERT_TRUE(options) << options.error().detail;
  const bench::LoadOptions& load = options->load;
  ASSERT_EQ(load.targets.size(), 2U);
  EXPECT_EQ(load.targets[0].path, "/x");
  EXPECT_EQ(options->targets[1].endpoint.port, 2);
  EXPECT_TRUE(load.random_target);
  EXPECT_EQ(load.rate, 1500.5);
  EXPECT_EQ(load.connections, 9U);
  EXPECT_EQ(load.pipeline, 3U);
  EXPECT_EQ(load.threads, 2U);
  EXPECT_EQ(load.duration, seconds(60));
  EXPECT_EQ(load.warm_up, seconds(2));
  EXPECT_EQ(load.calls_max, 77U);
  EXPECT_EQ(load.timeout, seconds(5));
  EXPECT_EQ(load.seed, 6U);
  EXPECT_EQ(load.mix[static_cast<std::size_t>(bench::Call::kPut)], 1);
  EXPECT_EQ(load.collection, "c");
  EXPECT_EQ(load.keys, 12U);
  EXPECT_EQ(options->keys_text, "hotspot:0.5:1");
  EXPECT_EQ(options->trace_path, "t");
  EXPECT_EQ(options->trace_format, bench::TraceFormat::kArcLines);
  EXPECT_EQ(load.batch_size, 4U);
  EXPECT_EQ(load.value_bytes_min, 50U);
  EXPECT_EQ(load.value_bytes_max, 60U);
  EXPECT_EQ(load.ttl_ms, 3000U);
  EXPECT_EQ(load.max_staleness_ms, 40U);
  EXPECT_TRUE(options->preload);
}

TEST_F(BenchOptionsTest, TheVariableNamesTheTarget) {
  console_.environment["COOLKIT_URL"] = "http://c:3";
  EXPECT_EQ(Parse({})->load.targets[0].authority, "c:3");
  EXPECT_EQ(Parse({"--target", "http://d:4"})->load.targets[0].authority, "d:4");
}

TEST_F(BenchOptionsTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Refused({"--rate=-1"}), HasSubstr("--rate '-1'"));
  EXPECT_THAT(Refused({"--threads", "0"}), HasSubstr("--threads '0'"));
  EXPECT_THAT(Refused({"--threads", "4", "--connections", "3"}), HasSubstr("from 4 to"));
  EXPECT_THAT(Refused({"--keys", "1e6"}), HasSubstr("--keys"));
  EXPECT_THAT(Refused({"--duration", "0"}), HasSubstr("--duration"));
  EXPECT_THAT(Refused({"--mix", "get"}), HasSubstr("batch-put"));
  EXPECT_THAT(Refused({"--mix", "patch=1", "--value-bytes", "30"}), HasSubstr("at least 40"));
  EXPECT_THAT(Refused({"--history", "f", "--value-bytes", "9"}), HasSubstr("at least 16"));
  EXPECT_EQ(Refused({"--value-bytes", "0"}), "(accepted)");
  EXPECT_THAT(Refused({"--trace-format", "csv"}), HasSubstr("be32, be64 or lines"));
  EXPECT_THAT(Refused({"--seed", "1", "--seed", "2"}), HasSubstr("given twice"));
}

}  // namespace
}  // namespace coolkit::cli
