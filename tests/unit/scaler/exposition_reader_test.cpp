#include "scaler/exposition_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace coolkit::scaler {
namespace {

std::vector<double> Values(std::string_view text) {
  std::vector<double> values;
  const auto read =
      ReadExposition(text, [&](const ExpositionSample& s) { values.push_back(s.value); });
  EXPECT_TRUE(read) << text;
  return values;
}

bool Refused(std::string_view text) {
  return !ReadExposition(text, [](const ExpositionSample&) {});
}

TEST(ExpositionReaderTest, NamesLabelsAndValues) {
  int count = 0;
  const auto read = ReadExposition(
      "# HELP a b\n# TYPE a counter\n\na_total{x=\"1\",y=\"q\\\"u\\\\o\\nte\",} 12.5\r\n",
      [&](const ExpositionSample& sample) {
        ++count;
        EXPECT_EQ(sample.name, "a_total");
        EXPECT_EQ(sample.Label("x"), "1");
        EXPECT_EQ(sample.Label("y"), "q\"u\\o\nte");
        EXPECT_EQ(sample.Label("z"), std::nullopt);
        EXPECT_EQ(sample.value, 12.5);
      });
  EXPECT_TRUE(read);
  EXPECT_EQ(count, 1);
}

TEST(ExpositionReaderTest, NumbersAsPrometheusWritesThem) {
  EXPECT_EQ(Values("a 1e3\na -2\na +Inf\na{} 3 1700000000\na 4 # {t=\"x\"} 1 2\n"),
            (std::vector<double>{1000, -2, INFINITY, 3, 4}));
  EXPECT_TRUE(std::isnan(Values("a NaN").at(0)));
}

TEST(ExpositionReaderTest, WhatMakesNoSenseIsRefused) {
  for (const char* text : {"a", "a x", "1a 1", "a{x} 1", "a{x=1} 1", "a{x=\"1} 1",
                           "a{x=\"1\"y=\"2\"} 1", "a{x=\"1\" 1", "a{x=\"\\t\"} 1", "a 1 2 3",
                           "a 1 x", "a 0x10", "a 1,5", "<html>", "a{x=\"1\"}", "{} 1"}) {
    EXPECT_TRUE(Refused(text)) << text;
  }
}

TEST(ExpositionReaderTest, LimitsAreKept) {
  EXPECT_FALSE(ReadExposition("a 1\n", [](const ExpositionSample&) {}, {.bytes_max = 3}));
  EXPECT_FALSE(ReadExposition("a 1\na 1\n", [](const ExpositionSample&) {}, {.samples_max = 1}));
}

}  // namespace
}  // namespace coolkit::scaler
