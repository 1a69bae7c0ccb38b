#include "json/value.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "json/number.h"

namespace coolkit::json {
namespace {

// Members sorted by name, of equal names only the last one.
std::vector<const Member*> Distinct(const std::vector<Member>& members) {
  std::vector<const Member*> sorted;
  sorted.reserve(members.size());
  for (const Member& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) {
    const int order = a->name.compare(b->name);
    return order != 0 ? order < 0 : a < b;  // of equal names the later member behind
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool repeated = i + 1 < sorted.size() && sorted[i]->name == sorted[i + 1]->name;
    if (!repeated) sorted[kept++] = sorted[i];
  }
  sorted.resize(kept);
  return sorted;
}

bool EqualMembers(const std::vector<Member>& a, const std::vector<Member>& b) {
  const auto left = Distinct(a);
  const auto right = Distinct(b);
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [](const Member* x, const Member* y) { return x->name == y->name && x->value == y->value; });
}

void Append(const Value& value, std::string& out) {
  if (const std::string_view source = value.source(); !source.empty()) {
    out += source;
    return;
  }
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += value.bool_value() ? "true" : "false";
      return;
    case Kind::kNumber:
      out += value.number_token();
      return;
    case Kind::kString:
      AppendQuoted(out, value.string());
      return;
    case Kind::kArray: {
      char before = '[';
      for (const Value& item : value.items()) {
        out += std::exchange(before, ',');
        Append(item, out);
      }
      out += before == '[' ? "[]" : "]";
      return;
    }
    case Kind::kObject: {
      char before = '{';
      for (const Member& member : value.members()) {
        out += std::exchange(before, ',');
        AppendQuoted(out, member.name);
        out += ':';
        Append(member.value, out);
      }
      out += before == '{' ? "{}" : "}";
      return;
    }
  }
}

}  // namespace

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "boolean";
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return "value";
}

Value Value::Bool(bool value) {
  Value made;
  made.kind_ = Kind::kBool;
  made.bool_ = value;
  return made;
}

Value Value::Number(std::string token) {
  Value made;
  made.kind_ = Kind::kNumber;
  made.data_ = std::move(token);
  return made;
}

Value Value::Integer(std::int64_t number) { return Number(std::to_string(number)); }

Value Value::String(std::string text) {
  Value made;
  made.kind_ = Kind::kString;
  made.data_ = std::move(text);
  return made;
}

Value Value::Array() { return Array(std::vector<Value>()); }

Value Value::Array(std::vector<Value> items) {
  Value made;
  made.kind_ = Kind::kArray;
  made.data_ = std::move(items);
  return made;
}

Value Value::Object() { return Object(std::vector<Member>()); }

Value Value::Object(std::vector<Member> members) {
  Value made;
  made.kind_ = Kind::kObject;
  made.data_ = std::move(members);
  return made;
}

std::string_view Value::source() const {
  return buffer_ ? std::string_view(*buffer_).substr(offset_, length_) : std::string_view();
}

std::string_view Value::number_token() const {
  if (kind_ != Kind::kNumber) return {};
  const auto* made = std::get_if<std::string>(&data_);
  return made != nullptr ? std::string_view(*made) : source();
}

std::string_view Value::string() const {
  if (kind_ != Kind::kString) return {};
  const auto* made = std::get_if<std::string>(&data_);
  return made != nullptr ? std::string_view(*made) : source().substr(1, length_ - 2);
}

const std::vector<Value>& Value::items() const {
  static const std::vector<Value> kNone;
  const auto* items = std::get_if<std::vector<Value>>(&data_);
  return items != nullptr ? *items : kNone;
}

const std::vector<Member>& Value::members() const {
  static const std::vector<Member> kNone;
  const auto* members = std::get_if<std::vector<Member>>(&data_);
  return members != nullptr ? *members : kNone;
}

const Value* Value::Find(std::string_view name) const {
  const std::vector<Member>& all = members();
  const auto found = std::find_if(all.rbegin(), all.rend(),
                                  [&](const Member& member) { return member.name == name; });
  return found == all.rend() ? nullptr : &found->value;
}

std::vector<Value>& Value::MutableItems() {
  CHECK(kind_ == Kind::kArray);
  buffer_.reset();
  return std::get<std::vector<Value>>(data_);
}

std::vector<Member>& Value::MutableMembers() {
  CHECK(kind_ == Kind::kObject);
  buffer_.reset();
  return std::get<std::vector<Member>>(data_);
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.bool_ == b.bool_;
    case Kind::kNumber:
      return EqualNumbers(a.number_token(), b.number_token());
    case Kind::kString:
      return a.string() == b.string();
    case Kind::kArray:
      return a.items() == b.items();
    case Kind::kObject:
      return EqualMembers(a.members(), b.members());
  }
  return false;
}

std::string Serialize(const Value& value) {
  std::string out;
  Append(value, out);
  return out;
}

}  // namespace coolkit::json
