// Why: JSON whose numbers keep their text and whose members keep their order and repetitions; a
// usual document model rewrites both. A parsed value refers to one shared copy of its text, so that
// strings and numbers are not copied again and an untouched value is written back byte for byte.
// Values; any thread. (Patches of stored documents do not build these: see json/patch.h.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/quote.h"

namespace coolkit::json {

enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

// "null", "boolean", "number", "string", "array", "object": for messages.
[[nodiscard]] std::string_view KindName(Kind kind);

struct Member;

class Value {
 public:
  Value();  // null
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

  static Value Bool(bool value);
  static Value Number(std::string token);  // a valid JSON number
  static Value Integer(std::int64_t number);
  static Value String(std::string text);  // valid UTF-8
  static Value Array();
  static Value Array(std::vector<Value> items);
  static Value Object();
  static Value Object(std::vector<Member> members);

  [[nodiscard]] Kind kind() const { return kind_; }
  // Each accessor is empty (or false) for a value of another kind. A view lives as long as this
  // value stays where it is; strings may contain NUL.
  [[nodiscard]] bool bool_value() const { return bool_; }
  [[nodiscard]] std::string_view number_token() const;
  [[nodiscard]] std::string_view string() const;
  [[nodiscard]] const std::vector<Value>& items() const;
  [[nodiscard]] const std::vector<Member>& members() const;
  // The last member of that name, as most parsers choose among repeated ones, or null; null too for
  // a value that is not an object. Linear in the number of members.
  [[nodiscard]] const Value* Find(std::string_view name) const;
  // For changes; the value (of that kind) is written anew from here on, untouched ones inside it as
  // they were.
  [[nodiscard]] std::vector<Value>& MutableItems();
  [[nodiscard]] std::vector<Member>& MutableMembers();

  // The bytes that this value was parsed from, without white space around it; empty when it was
  // made or changed.
  [[nodiscard]] std::string_view source() const;

  // Equality of RFC 6902 section 4.6: numbers numerically (exactly), objects without order; of
  // members with the same name the last one counts.
  friend bool operator==(const Value& a, const Value& b);

 private:
  friend class ValueBuilder;
  Kind kind_ = Kind::kNull;
  bool bool_ = false;
  std::uint32_t offset_ = 0;  // of the source in the buffer
  std::uint32_t length_ = 0;
  std::shared_ptr<const std::string> buffer_;  // null: made or changed
  // A string or number token only when it can't be seen in the buffer: made, or with escapes.
  std::variant<std::monostate, std::string, std::vector<Value>, std::vector<Member>> data_;
};

struct Member {
  std::string name;
  Value value;
};

// Here, where Member is known.
inline Value::Value() = default;
inline Value::Value(const Value& other) = default;
inline Value::Value(Value&& other) noexcept = default;
inline Value& Value::operator=(const Value& other) = default;
inline Value& Value::operator=(Value&& other) noexcept = default;
inline Value::~Value() = default;

struct ParseLimits {
  std::size_t depth_max = 64;  // arrays and objects inside each other
  std::size_t bytes_max = 16u << 20;
  std::size_t values_max = 1u << 18;  // a value takes about 72 bytes beside its text
};

// Strict RFC 8259: UTF-8 only, no byte order mark, no escaped half of a surrogate pair. Repeated
// names are accepted. An exponent beyond 2^31 is refused. Errors: kInvalidJson, with the offset of
// the byte that is wrong; kPayloadTooLarge above bytes_max or values_max.
[[nodiscard]] Result<Value> Parse(std::string_view text, ParseLimits limits = {});
// The same judgement without building anything, so without values_max.
[[nodiscard]] Result<void> Validate(std::string_view text, ParseLimits limits = {});
// Compact; untouched values as they were.
[[nodiscard]] std::string Serialize(const Value& value);

}  // namespace coolkit::json
