#include "json/value.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace coolkit::json {
namespace {

bool Equal(std::string_view a, std::string_view b) {
  const auto left = Parse(a);
  const auto right = Parse(b);
  EXPECT_TRUE(left && right) << a << " " << b;
  const bool equal = *left == *right;
  EXPECT_EQ(equal, *right == *left);
  return equal;
}

TEST(Value, MadeOnesAreWrittenCompact) {
  const Value value = Value::Object({{"s", Value::String("a\"b")},
                                     {"i", Value::Integer(-5)},
                                     {"n", Value::Number("1.0")},
                                     {"t", Value::Bool(true)},
                                     {"z", Value()},
                                     {"l", Value::Array({Value::Array(), Value::Object()})}});
  EXPECT_EQ(Serialize(value), R"({"s":"a\"b","i":-5,"n":1.0,"t":true,"z":null,"l":[[],{}]})");
  EXPECT_EQ(value.source(), "");
}

TEST(Value, UntouchedPartsAreWrittenAsTheyWere) {
  const std::string text = R"({ "a" : [ 1.00 , 2 ], "b": {"c" :1e5 }, "b":"\u0041"})";
  auto value = Parse("  " + text + "\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(Serialize(*value), text);
  value->MutableMembers()[0].value.MutableItems().push_back(Value::Integer(3));
  EXPECT_EQ(Serialize(*value), R"({"a":[1.00,2,3],"b":{"c" :1e5 },"b":"\u0041"})");
}

TEST(Value, PartsOutliveTheirDocument) {
  Value part;
  {
    const auto value = Parse(R"({"a":{"b":"text of some length, more than a small string"}})");
    part = *value->Find("a");
  }
  const Value moved = std::move(part);
  EXPECT_EQ(moved.Find("b")->string(), "text of some length, more than a small string");
}

TEST(Value, AccessorsOfAnotherKindAreEmpty) {
  const Value number = Value::Integer(1);
  EXPECT_EQ(number.string(), "");
  EXPECT_TRUE(number.items().empty());
  EXPECT_TRUE(number.members().empty());
  EXPECT_EQ(number.Find("a"), nullptr);
  EXPECT_EQ(Value::String("1").number_token(), "");
  EXPECT_FALSE(Parse("\"true\"")->bool_value());
  EXPECT_EQ(KindName(number.kind()), "number");
}

TEST(ValueDeathTest, ChangesNeedTheKind) {
  Value number = Value::Integer(1);
  EXPECT_DEATH(static_cast<void>(number.MutableItems()), "kArray");
}

TEST(Value, EqualityIsThatOfRfc6902) {
  EXPECT_TRUE(Equal("1", "1.0"));
  EXPECT_TRUE(Equal(R"({"a":1,"b":[2e0]})", R"({ "b" : [2], "a" : 10e-1 })"));
  EXPECT_TRUE(Equal(R"("\u0061\/")", R"("a/")"));
  EXPECT_TRUE(Equal(R"({"a":1,"a":2})", R"({"a":2})"));
  EXPECT_TRUE(Equal("[]", "[ ]"));
  EXPECT_FALSE(Equal("[1,2]", "[2,1]"));
  EXPECT_FALSE(Equal("[1]", "[1,1]"));
  EXPECT_FALSE(Equal("{}", "[]"));
  EXPECT_FALSE(Equal("null", "false"));
  EXPECT_FALSE(Equal("true", "false"));
  EXPECT_FALSE(Equal("0", "\"0\""));
  EXPECT_FALSE(Equal(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(Equal(R"({"a":1})", R"({"a":1,"b":1})"));
  EXPECT_FALSE(Equal(R"({"a":{"b":1}})", R"({"a":{"b":2}})"));
}

}  // namespace
}  // namespace coolkit::json
