// Why: JSON whose numbers keep their text and whose members keep their order, because PATCH must
// leave every byte of untouched members as it was; a usual document model rewrites both. Parsed by
// Boost.JSON's basic_parser. Values; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/quote.h"

namespace coolkit::json {

enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

struct Member;

class Value {
 public:
  Value() = default;  // null
  static Value Bool(bool value);
  static Value Number(std::string token);  // a valid JSON number token
  static Value Integer(std::int64_t number);
  static Value String(std::string text);  // valid UTF-8
  static Value Array(std::vector<Value> items = {});
  static Value Object(std::vector<Member> members = {});

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool bool_value() const { return bool_; }
  [[nodiscard]] const std::string& number_token() const { return text_; }
  [[nodiscard]] const std::string& string() const { return text_; }
  [[nodiscard]] const std::vector<Value>& items() const { return items_; }
  [[nodiscard]] std::vector<Value>& items() { return items_; }
  [[nodiscard]] const std::vector<Member>& members() const;
  [[nodiscard]] std::vector<Member>& members();
  // The last member of that name (as RFC 8259 parsers usually do), or null.
  [[nodiscard]] const Value* Find(std::string_view name) const;
  [[nodiscard]] Value* Find(std::string_view name);

  // Equality of RFC 6902 section 4.6: numbers numerically, objects without order.
  friend bool operator==(const Value& a, const Value& b);

 private:
  friend class Builder;
  Kind kind_ = Kind::kNull;
  bool bool_ = false;
  std::string text_;  // string, or number token
  std::vector<Value> items_;
  std::vector<Member> members_;
  // The exact source text of an untouched value, so that it is written back byte for byte; empty
  // once it was changed. The implementation may add what it needs for that.
  std::string source_;
};

struct Member {
  std::string name;
  Value value;
};

struct ParseLimits {
  std::size_t depth_max = 64;
  std::size_t bytes_max = 16u << 20;
};

// Strict RFC 8259, UTF-8 only, no duplicate-member check. Errors: kInvalidJson with the offset.
[[nodiscard]] Result<Value> Parse(std::string_view text, ParseLimits limits = {});
// Compact; untouched values as they were.
[[nodiscard]] std::string Serialize(const Value& value);

}  // namespace coolkit::json
