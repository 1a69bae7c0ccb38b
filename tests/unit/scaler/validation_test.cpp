#include "scaler/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scaler/quantity.h"
#include "scaler/value_location.h"

namespace coolkit::scaler {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kBody =
    "{\"workload\":\"coolkit\",\"desired_replicas\":37,\"load\":18500,\"per_pod_target\":500,"
    "\"text\":\"10Mi\",\"none\":null,\"list\":[1,{\"a.b\":2}],\"stale\":false}";

TEST(QuantityTest, SuffixesAndExponents) {
  EXPECT_EQ(ParseQuantity("10"), 10);
  EXPECT_EQ(ParseQuantity("-1.5"), -1.5);
  EXPECT_EQ(ParseQuantity("+.5"), 0.5);
  EXPECT_EQ(ParseQuantity("5."), 5);
  EXPECT_DOUBLE_EQ(ParseQuantity("100m").value(), 0.1);
  EXPECT_EQ(ParseQuantity("10Mi"), 10 * 1048576.0);
  EXPECT_EQ(ParseQuantity("2k"), 2000);
  EXPECT_EQ(ParseQuantity("1E"), 1e18);
  EXPECT_DOUBLE_EQ(ParseQuantity("1E2").value(), 100);
  EXPECT_DOUBLE_EQ(ParseQuantity("12e-1").value(), 1.2);
  EXPECT_DOUBLE_EQ(ParseQuantity("1e+3").value(), 1000);
  for (const char* bad : {"", "x", "1K", "1mi", "1 k", "--1", "1e", "1.2.3", "NaN", "Inf", ".",
                          "1e999", "0x1", "1ee2"}) {
    EXPECT_FALSE(ParseQuantity(bad)) << bad;
  }
}

TEST(ValueLocationTest, ReadsAsKedaDoes) {
  EXPECT_EQ(ReadLocation(kBody, "desired_replicas"), 37.0);
  EXPECT_EQ(ReadLocation(kBody, "text"), 10 * 1048576.0);
  EXPECT_EQ(ReadLocation(kBody, "list.0"), 1.0);
  EXPECT_EQ(ReadLocation(kBody, "list.1.a\\.b"), 2.0);
  for (const char* path : {"none", "missing", "stale", "workload", "list", "list.7", "load.x", "",
                           "li*t", "list.#.a", "@this"}) {
    EXPECT_FALSE(ReadLocation(kBody, path)) << path;
  }
  EXPECT_FALSE(ReadLocation("<html>", "a"));
}

ValidationInput Answered(const std::string& body) {
  ValidationInput input;
  input.readings = {{"", 200, body, 0.01}, {"", 200, body, 0.01}};
  input.current = 30;
  return input;
}

TEST(ValidationTest, BothSemanticsAreFine) {
  EXPECT_THAT(Validate(Answered(kBody)).faults, IsEmpty());
  ValidationInput load = Answered(kBody);
  load.value_location = "load";
  load.target = 500;
  const Validation same = Validate(load);
  EXPECT_THAT(same.faults, IsEmpty());
  EXPECT_THAT(same.facts, Contains(HasSubstr("asks for 37; the next sync sets 37")));
}

TEST(ValidationTest, AWrongTargetIsAFault) {
  ValidationInput input = Answered(kBody);
  input.value_location = "load";
  EXPECT_THAT(Validate(input).faults, Contains(HasSubstr("asks for 18500")));
  input.target = 400;  // tuned
  const Validation tuned = Validate(input);
  EXPECT_THAT(tuned.faults, IsEmpty());
  EXPECT_THAT(tuned.warnings, Contains(HasSubstr("tuned")));
  input.target = 0;
  EXPECT_THAT(Validate(input).faults, Contains(HasSubstr("targetValue is 0")));
}

TEST(ValidationTest, ValueMultipliesByPods) {
  ValidationInput input = Answered(kBody);
  input.metric_type = MetricType::kValue;
  EXPECT_THAT(Validate(input).faults, Contains(HasSubstr("asks for 1110")));
}

TEST(ValidationTest, OnlyANumberWithStatus200) {
  ValidationInput input = Answered(kBody);
  input.readings[0].status = 204;
  EXPECT_THAT(Validate(input).faults, Contains(HasSubstr("nothing but 200")));
  input.readings[0] = {"no route", 0, "", 0};
  EXPECT_THAT(Validate(input).faults, Contains(HasSubstr("no route")));
  EXPECT_THAT(Validate(Answered("{\"desired_replicas\":0}")).faults,
              Contains(HasSubstr("counts as 0")));
  EXPECT_THAT(Validate(Answered("{\"desired_replicas\":-5}")).faults,
              Contains(HasSubstr("counts as 0")));
  EXPECT_THAT(Validate(Answered("{}")).faults, Contains(HasSubstr("nothing at")));
}

TEST(ValidationTest, TwoReadersMustAgree) {
  ValidationInput input = Answered("{\"desired_replicas\":40}");
  input.readings[1].body = "{\"desired_replicas\":80}";
  EXPECT_THAT(Validate(input).faults, Contains(HasSubstr("flap")));
}

TEST(ValidationTest, WarnsOfTheDeadBandStalenessAndSlowness) {
  ValidationInput input = Answered("{\"desired_replicas\":32,\"stale\":true}");
  input.readings[0].seconds = 2;
  const Validation result = Validate(input);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("within the autoscaler's tolerance")));
  EXPECT_THAT(result.warnings, Contains(HasSubstr("stale")));
  EXPECT_THAT(result.warnings, Contains(HasSubstr("took 2 s")));
  EXPECT_THAT(result.faults, IsEmpty());
}

constexpr const char* kObject = R"yaml(
apiVersion: v1
kind: Service
metadata: {name: other}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: coolkit}
spec:
  pollingInterval: 15
  cooldownPeriod: 60
  minReplicaCount: 10
  maxReplicaCount: 100
  fallback: {failureThreshold: 3, replicas: 20}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 60
          policies: [{type: Percent, value: 10, periodSeconds: 60}]
  triggers:
  - type: cpu
  - type: metrics-api
    metricType: AverageValue
    metadata:
      url: http://scaler/estimate/coolkit
      valueLocation: load
      targetValue: "500"
      timeout: 2s
)yaml";

TEST(ScaledObjectTest, ReadsTheRenderedTrigger) {
  const auto object = ParseScaledObject(kObject);
  ASSERT_TRUE(object) << object.error().detail;
  EXPECT_EQ(object->name, "coolkit");
  EXPECT_EQ(object->min, 10);
  EXPECT_EQ(object->value_location, "load");
  EXPECT_EQ(object->target_value, "500");
  EXPECT_EQ(object->timeout, "2s");
  EXPECT_EQ(object->fallback->behavior, FallbackBehavior::kStatic);
  EXPECT_EQ(object->behavior->down.window_s, 60);
  EXPECT_EQ(object->behavior_gaps, (std::vector<std::string>{"scaleUp", "scaleDown.selectPolicy"}));
  EXPECT_FALSE(object->cached);
}

TEST(ScaledObjectTest, WhatIsNoneIsSaid) {
  EXPECT_FALSE(ParseScaledObject("kind: Service\n"));
  for (const char* malformed :
       {"a: [\n", "]\n", "a: b\n]\n", "---\n}\n---\n]", "--- ]", "\n---\n\n---"}) {
    EXPECT_FALSE(ParseScaledObject(malformed)) << malformed;  // and it ends
  }
  EXPECT_FALSE(ParseScaledObject("kind: ScaledObject\nspec: {triggers: [{type: cpu}]}\n"));
  EXPECT_FALSE(ParseScaledObject(
      "kind: ScaledObject\nspec: {minReplicaCount: x, triggers: [{type: metrics-api}]}\n"));
}

TEST(ValidationTest, KnowsTheTrapsOfAScaledObject) {
  ValidationInput input = Answered(kBody);
  input.object = ParseScaledObject(kObject).value();
  const Validation result = Validate(input);
  for (const char* trap :
       {"cooldownPeriod", "pollingInterval", "static fallback", "behavior.scaleUp is left out"}) {
    EXPECT_THAT(result.warnings, Contains(HasSubstr(trap)));
  }
  EXPECT_THAT(result.faults, IsEmpty());
}

}  // namespace
}  // namespace coolkit::scaler
