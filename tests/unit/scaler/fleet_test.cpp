#include "scaler/fleet.h"

#include <gtest/gtest.h>

namespace coolkit::scaler {
namespace {

std::string Metrics(double requests, const std::string& more = "") {
  return "coolkit_build_info{version=\"1\",revision=\"a\"} 1\n"
         "coolkit_http_requests_total{code=\"200\"} " +
         std::to_string(requests) + "\n" + more;
}

PodAnswer Says(int pod, double at, double requests) {
  PodAnswer answer{"10.0.0." + std::to_string(pod) + ":2345", at, PodReading{}};
  answer.reading->requests = requests;
  answer.reading->revision = "a";
  answer.reading->cache_limit_bytes = 100;
  return answer;
}

PodAnswer Silent(int pod) { return {"10.0.0." + std::to_string(pod) + ":2345", 0, {}}; }

TEST(PodReadingTest, ReadsWhatItNeeds) {
  const auto pod =
      ReadPod(Metrics(100,
                      "coolkit_http_requests_total{code=\"503\"} 7\nprocess_cpu_seconds_total 2.5\n"
                      "coolkit_cache_bytes 10\ncoolkit_cache_limit_bytes 20\nunknown{x=\"y\"} NaN\n"
                      "coolkit_health_check_status{check=\"serving\"} 0\n"
                      "coolkit_health_check_status{check=\"cache\"} 1\n"
                      "coolkit_health_check_status{check=\"database\"} 0\n"
                      "coolkit_database_connection_errors_total{reason=\"closed\"} 3\n"));
  ASSERT_TRUE(pod) << pod.error().detail;
  EXPECT_EQ(pod->requests, 107);
  EXPECT_EQ(pod->refused, 7);
  EXPECT_EQ(pod->cpu_seconds, 2.5);
  EXPECT_EQ(pod->cache_bytes, 10);
  EXPECT_FALSE(pod->serving);
  EXPECT_FALSE(pod->database);
  EXPECT_EQ(pod->database_errors, 3);
  EXPECT_EQ(pod->revision, "1 a");
}

TEST(PodReadingTest, RefusesWhatCanNotBe) {
  EXPECT_FALSE(ReadPod("up 1\n"));
  EXPECT_FALSE(ReadPod(""));
  EXPECT_FALSE(ReadPod(Metrics(-1)));
  EXPECT_FALSE(ReadPod(Metrics(1, "process_cpu_seconds_total NaN\n")));
  EXPECT_FALSE(ReadPod(Metrics(1, "coolkit_cache_bytes +Inf\n")));
  EXPECT_FALSE(ReadPod("coolkit_build_info 1\n<html>"));
}

TEST(FleetTest, RatesNeedTwoReadings) {
  Fleet fleet({});
  EXPECT_FALSE(fleet.Next(0, {Says(1, 0, 1000), Says(2, 0, 5000)}));
  const auto sample = fleet.Next(5, {Says(1, 5, 2000), Says(2, 5, 7000)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 600);
  EXPECT_EQ(sample->serving, 2);
  EXPECT_EQ(sample->discovered, 2);
}

TEST(FleetTest, RefusalsForWantOfTheDatabaseDoNotCount) {
  const auto refused = [](bool database_before, bool database, double errors) {
    Fleet fleet({});
    PodAnswer first = Says(1, 0, 0);
    first.reading->database = database_before;
    static_cast<void>(fleet.Next(0, {first}));
    PodAnswer second = Says(1, 5, 1000);
    second.reading->refused = 500;
    second.reading->database = database;
    second.reading->database_errors = errors;
    const auto sample = fleet.Next(5, {second});
    EXPECT_EQ(sample ? sample->cut_off : -1, database ? 0 : 1);
    return sample ? sample->refused : -1;
  };
  EXPECT_EQ(refused(true, true, 0), 100);
  EXPECT_EQ(refused(true, false, 0), 0);
  EXPECT_EQ(refused(false, true, 0), 0);  // it came back in between
  EXPECT_EQ(refused(true, true, 1), 0);   // its connections broke, and nothing else shows it yet
}

TEST(FleetTest, ARestartCountsFromZero) {
  Fleet fleet({});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 1'000'000)}));
  const auto sample = fleet.Next(5, {Says(1, 5, 500)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 100);
  EXPECT_EQ(fleet.resets(), 1);
}

TEST(FleetTest, SilentPodsCountLikeTheOthers) {
  Fleet fleet({});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Says(2, 0, 0), Says(3, 0, 0)}));
  const auto sample = fleet.Next(5, {Says(1, 5, 500), Says(2, 5, 700), Silent(3)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 360);
  EXPECT_EQ(sample->reporting, 2);
  EXPECT_EQ(sample->serving, 3);
}

TEST(FleetTest, TooFewIsNoSample) {
  Fleet fleet({});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Says(2, 0, 0), Says(3, 0, 0)}));
  EXPECT_FALSE(fleet.Next(5, {Says(1, 5, 500), Silent(2), Silent(3)}));
  EXPECT_FALSE(fleet.Next(10, {}));
}

// After the scaler's own start one pod of three is not the whole.
TEST(FleetTest, PodsThatWereThereFirstAreExpected) {
  Fleet fleet({});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Silent(2), Silent(3)}));
  EXPECT_FALSE(fleet.Next(5, {Says(1, 5, 500), Silent(2), Silent(3)}));
}

// A burst starts twenty pods beside ten: that is no reason to stop answering.
TEST(FleetTest, PodsThatStartNeitherCountNorBlock) {
  Fleet fleet({});
  std::vector<PodAnswer> before;
  for (int pod = 0; pod < 10; ++pod) before.push_back(Says(pod, 0, 0));
  static_cast<void>(fleet.Next(0, before));
  std::vector<PodAnswer> after;
  for (int pod = 0; pod < 10; ++pod) after.push_back(Says(pod, 5, 500));
  for (int pod = 10; pod < 30; ++pod) after.push_back(Silent(pod));
  const auto sample = fleet.Next(5, after);
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 1000);
  EXPECT_EQ(sample->discovered, 30);
  EXPECT_EQ(sample->serving, 10);
}

TEST(FleetTest, ALiarHasBoundedInfluence) {
  Fleet fleet({.rate_unproven = 2000});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Says(2, 0, 0)}));
  const auto sample = fleet.Next(5, {Says(1, 5, 500), Says(2, 5, 1e15)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 2100);
}

// Clients that keep their connections can lead all they ask to one pod; its CPU shows that it did.
TEST(FleetTest, AllTheLoadOnOnePodCounts) {
  Fleet fleet({.rate_unproven = 114});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Says(2, 0, 0), Says(3, 0, 0)}));
  PodAnswer busy = Says(2, 10, 3900);
  busy.reading->cpu_seconds = 0.05;
  const auto sample = fleet.Next(10, {Says(1, 10, 10), busy, Says(3, 10, 10)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 392);
}

TEST(FleetTest, ABurstOnAllPodsCounts) {
  Fleet fleet({.rate_unproven = 114});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Says(2, 0, 0), Says(3, 0, 0)}));
  const auto sample = fleet.Next(1, {Says(1, 1, 1000), Says(2, 1, 1200), Says(3, 1, 4100)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 6300);
}

TEST(FleetTest, WhatNoPodCanDoIsNotBelievedOfAll) {
  Fleet fleet({.rate_max = 50'000, .rate_unproven = 114});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0)}));
  const auto sample = fleet.Next(1, {Says(1, 1, 1e15)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 50'000);
}

TEST(FleetTest, RolloutsAndLeaversShow) {
  Fleet fleet({});
  auto leaving = Says(2, 0, 0);
  leaving.reading->serving = false;
  auto next = Says(3, 0, 0);
  next.reading->revision = "b";
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), leaving, next}));
  leaving.at_s = next.at_s = 5;
  const auto sample = fleet.Next(5, {Says(1, 5, 10), leaving, next});
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->revisions, 2);
  EXPECT_EQ(sample->leaving, 1);
  EXPECT_EQ(sample->serving, 2);
  EXPECT_EQ(sample->discovered, 2);
  EXPECT_DOUBLE_EQ(sample->cache_bytes_per_pod, 100);
}

TEST(FleetTest, WhoVanishedIsForgotten) {
  Fleet fleet({});
  static_cast<void>(fleet.Next(0, {Says(1, 0, 0), Says(2, 0, 0)}));
  const auto sample = fleet.Next(5, {Says(1, 5, 500)});
  ASSERT_TRUE(sample);
  EXPECT_DOUBLE_EQ(sample->load, 100);
  EXPECT_EQ(sample->discovered, 1);
}

// A fixed list says where pods may be, not how many there are.
TEST(FleetTest, OfAListOnlyThoseCountThatAnswer) {
  Fleet fleet({.listed = true, .gone_s = 15});
  static_cast<void>(fleet.Next(100, {Says(1, 100, 0), Silent(2), Silent(3)}));
  const auto one = fleet.Next(105, {Says(1, 105, 500), Silent(2), Silent(3)});
  ASSERT_TRUE(one);
  EXPECT_DOUBLE_EQ(one->load, 100);
  EXPECT_EQ(one->discovered, 1);
  static_cast<void>(fleet.Next(110, {Says(1, 110, 1000), Says(2, 110, 0), Silent(3)}));
  const auto two = fleet.Next(115, {Says(1, 115, 1500), Says(2, 115, 500), Silent(3)});
  EXPECT_DOUBLE_EQ(two->load, 200);
  EXPECT_DOUBLE_EQ(fleet.Next(120, {Says(1, 120, 2000), Silent(2), Silent(3)})->load, 200);
  EXPECT_DOUBLE_EQ(fleet.Next(135, {Says(1, 135, 3500), Silent(2), Silent(3)})->load, 100);
}

}  // namespace
}  // namespace coolkit::scaler
