// Any bytes: judged the same by Parse and Validate; what is JSON is written back byte for byte and,
// written anew, reads as an equal value.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "json/scan.h"
#include "json/value.h"

namespace {

using coolkit::json::Kind;
using coolkit::json::Member;
using coolkit::json::Value;

// The same value without any source, so that Serialize writes all of it anew.
Value Rebuilt(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return {};
    case Kind::kBool:
      return Value::Bool(value.bool_value());
    case Kind::kNumber:
      return Value::Number(std::string(value.number_token()));
    case Kind::kString:
      return Value::String(std::string(value.string()));
    case Kind::kArray: {
      std::vector<Value> items;
      for (const Value& item : value.items()) items.push_back(Rebuilt(item));
      return Value::Array(std::move(items));
    }
    case Kind::kObject: {
      std::vector<Member> members;
      for (const Member& member : value.members()) {
        members.push_back({member.name, Rebuilt(member.value)});
      }
      return Value::Object(std::move(members));
    }
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = coolkit::json::Parse(text);
  CHECK(value.has_value() == coolkit::json::Validate(text).has_value());
  if (!value) return 0;

  const std::size_t begin = coolkit::json::SkipSpace(text, 0);
  const std::size_t end = coolkit::json::SkipValue(text, begin);
  CHECK(coolkit::json::SkipSpace(text, end) == size);
  CHECK(Serialize(*value) == text.substr(begin, end - begin));
  CHECK(coolkit::json::DepthOf(text) <= 64);

  const std::string anew = Serialize(Rebuilt(*value));
  const auto again = coolkit::json::Parse(anew);
  CHECK(again.has_value() && *again == *value);
  CHECK(Serialize(Rebuilt(*again)) == anew);
  if (value->kind() == Kind::kString)
    CHECK(coolkit::json::Unquote(value->source()) == value->string());
  return 0;
}
