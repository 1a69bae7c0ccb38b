// Properties of JSON patches over seeded random documents.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json/patch.h"
#include "json/pointer.h"
#include "json/value.h"
#include "unit/json/random_json.h"

namespace coolkit::json {
namespace {

struct Place {
  std::string pointer;
  const Value* value;
};

std::string Escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Every place of a document, the root first.
std::vector<Place> Places(const Value& root) {
  std::vector<Place> places{{"", &root}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place place = places[i];
    const auto& items = place.value->items();
    for (std::size_t k = 0; k < items.size(); ++k) {
      places.push_back({place.pointer + "/" + std::to_string(k), &items[k]});
    }
    for (const Member& member : place.value->members()) {
      places.push_back({place.pointer + "/" + Escaped(member.name), &member.value});
    }
  }
  return places;
}

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(out, text);
  return out;
}

std::string Operation(std::string_view op, std::string_view path, std::string_view rest) {
  return "{\"op\":" + Quoted(op) + ",\"path\":" + Quoted(path) + std::string(rest) + "}";
}

std::string WithValue(std::string_view value) { return ",\"value\": " + std::string(value); }

bool IsFiller(std::string_view text) {
  return text.find_first_not_of(" \t\r\n,") == std::string_view::npos;
}

// Where `value` stands in the text that `root` was parsed from (white space in front included).
std::size_t OffsetIn(const Value& root, const Value& value, const std::string& text) {
  return text.find_first_not_of(" \t\r\n") +
         static_cast<std::size_t>(value.source().data() - root.source().data());
}

TEST(JsonPatchRandom, ReplaceExchangesExactlyTheValue) {
  RandomJson random(1);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.Document();
    const auto root = Parse(text);
    const auto places = Places(*root);
    const Place& place = places[random.Below(places.size())];
    const std::string value = random.Value(2);
    const auto result =
        ApplyJsonPatch(text, "[" + Operation("replace", place.pointer, WithValue(value)) + "]");
    std::string expected = text;
    expected.replace(OffsetIn(*root, *place.value, text), place.value->source().size(), value);
    ASSERT_TRUE(result) << text;
    ASSERT_EQ(*result, expected) << text << "\n" << place.pointer;
  }
}

TEST(JsonPatchRandom, RemoveCutsOneStretchWithItsComma) {
  RandomJson random(2);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.Document();
    const auto root = Parse(text);
    const auto places = Places(*root);
    const Place& place = places[random.Below(places.size())];
    if (place.pointer.empty()) continue;
    const auto result = ApplyJsonPatch(text, "[" + Operation("remove", place.pointer, "") + "]");
    ASSERT_TRUE(result) << text;
    const std::size_t begin = OffsetIn(*root, *place.value, text);
    const std::size_t end = begin + place.value->source().size();
    // The text is front + cut + back, the result front + back; the value lies in the cut, and but
    // for its name only white space and one comma.
    const std::size_t cut = text.size() - result->size();
    const auto mismatch = static_cast<std::size_t>(
        std::mismatch(result->begin(), result->end(), text.begin()).first - result->begin());
    bool found = false;
    for (std::size_t front = end >= cut ? end - cut : 0; front <= std::min(begin, mismatch);
         ++front) {
      if (text.substr(front + cut) != result->substr(front)) continue;
      if (!IsFiller(text.substr(end, front + cut - end))) continue;
      const std::string lead = text.substr(front, begin - front);
      const std::size_t colon = lead.rfind(':');
      const std::string named = lead.substr(0, colon == std::string::npos ? 0 : colon);
      if (std::count(lead.begin(), lead.end(), ',') +
                  std::count(text.begin() + static_cast<std::ptrdiff_t>(end),
                             text.begin() + static_cast<std::ptrdiff_t>(front + cut), ',') <=
              1 &&
          std::count(named.begin(), named.end(), '}') == 0) {
        found = true;
      }
    }
    ASSERT_TRUE(found) << text << "\n" << place.pointer << "\n" << *result;
  }
}

TEST(JsonPatchRandom, AddPutsInOneStretch) {
  RandomJson random(3);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.Document();
    const auto root = Parse(text);
    const auto places = Places(*root);
    const Place& place = places[random.Below(places.size())];
    std::string token = "new";
    if (place.value->kind() == Kind::kArray) {
      token = std::to_string(random.Below(place.value->items().size() + 1));
    } else if (place.value->kind() != Kind::kObject) {
      continue;
    }
    const std::string value = random.Value(2);
    const auto result = ApplyJsonPatch(
        text, "[" + Operation("add", place.pointer + "/" + token, WithValue(value)) + "]");
    ASSERT_TRUE(result) << text;
    ASSERT_GT(result->size(), text.size());
    const auto front = std::mismatch(text.begin(), text.end(), result->begin(), result->end());
    const auto back = std::mismatch(text.rbegin(), text.rend(), result->rbegin(), result->rend());
    ASSERT_GE((front.first - text.begin()) + (back.first - text.rbegin()),
              static_cast<std::ptrdiff_t>(text.size()))
        << text << "\n"
        << *result;
    const std::size_t room = result->size() - text.size();
    EXPECT_NE(result->find(value), std::string::npos);
    EXPECT_LE(value.size() + 1,
              room + (place.value->items().empty() && place.value->members().empty() ? 1 : 0));
  }
}

// RFC 6902 on values, as plainly as it can be written; false is an error.
class Reference {
 public:
  explicit Reference(Value root) : root_(std::move(root)) {}

  const Value& root() const { return root_; }

  bool Apply(const Value& operation) {
    const std::string_view op = operation.Find("op")->string();
    const Pointer path = *ParsePointer(operation.Find("path")->string());
    const Value* value = operation.Find("value");
    if (op == "add") return Add(path, *value);
    if (op == "remove") return Remove(path);
    if (op == "test") return Get(path) != nullptr && *Get(path) == *value;
    if (op == "replace") {
      if (Get(path) == nullptr) return false;
      *Get(path) = *value;
      return true;
    }
    const Pointer from = *ParsePointer(operation.Find("from")->string());
    if (Get(from) == nullptr) return false;
    const Value moved = *Get(from);
    if (op == "copy") return Add(path, moved);
    if (from == path) return true;
    if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin()))
      return false;
    return Remove(from) && Add(path, moved);
  }

 private:
  static Value* Child(Value& value, const std::string& token) {
    if (value.kind() == Kind::kObject) {
      for (Member& member : value.MutableMembers()) {
        if (member.name == token) return &member.value;
      }
    } else if (value.kind() == Kind::kArray) {
      const auto index = ArrayIndex(token);
      if (index && *index < value.items().size()) return &value.MutableItems()[*index];
    }
    return nullptr;
  }

  Value* Get(const Pointer& path) {
    Value* value = &root_;
    for (const std::string& token : path) {
      if (value != nullptr) value = Child(*value, token);
    }
    return value;
  }

  Value* Parent(const Pointer& path) { return Get(Pointer(path.begin(), path.end() - 1)); }

  bool Add(const Pointer& path, Value value) {
    if (path.empty()) {
      root_ = std::move(value);
      return true;
    }
    Value* parent = Parent(path);
    if (parent == nullptr) return false;
    const std::string& token = path.back();
    if (parent->kind() == Kind::kObject) {
      if (Value* old = Child(*parent, token); old != nullptr) {
        *old = std::move(value);
      } else {
        parent->MutableMembers().push_back({token, std::move(value)});
      }
      return true;
    }
    if (parent->kind() != Kind::kArray) return false;
    auto& items = parent->MutableItems();
    const auto index = token == "-" ? items.size() : ArrayIndex(token);
    if (!index || *index > items.size()) return false;
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
    return true;
  }

  bool Remove(const Pointer& path) {
    if (path.empty() || Get(path) == nullptr) return false;
    Value* parent = Parent(path);
    if (parent->kind() == Kind::kObject) {
      std::erase_if(parent->MutableMembers(),
                    [&](const Member& member) { return member.name == path.back(); });
    } else {
      auto& items = parent->MutableItems();
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(*ArrayIndex(path.back())));
    }
    return true;
  }

  Value root_;
};

std::string RandomPath(RandomJson& random, const std::vector<Place>& places) {
  std::string path = places[random.Below(places.size())].pointer;
  if (random.OneIn(2)) {
    static const std::vector<std::string> kMore{"/0", "/1", "/-", "/a", "/new", "/b/c", "/00"};
    path += random.Pick(kMore);
  }
  return path;
}

TEST(JsonPatchRandom, SequencesAgreeWithTheReference) {
  RandomJson random(4);
  static const std::vector<std::string> kOps{"add", "remove", "replace", "move", "copy", "test"};
  int applied = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.Document();
    Reference reference(*Parse(text));
    std::string patch = "[";
    bool good = true;
    for (std::size_t count = 1 + random.Below(6); count > 0 && good; --count) {
      const auto places = Places(reference.root());
      const std::string& op = random.Pick(kOps);
      std::string path = RandomPath(random, places);
      std::string rest =
          ",\"from\":" + Quoted(RandomPath(random, places)) + WithValue(random.Value(2));
      if (op == "test") {  // mostly one that holds
        const Place& place = random.Pick(places);
        path = place.pointer;
        if (!random.OneIn(4)) rest = WithValue(Serialize(*place.value));
      }
      const std::string operation = Operation(op, path, rest);
      Reference next = reference;
      const bool applies = next.Apply(*Parse(operation));
      if (!applies && !random.OneIn(8)) continue;  // mostly patches that apply
      patch += (patch.size() > 1 ? ", " : "") + operation;
      good = applies;
      reference = std::move(next);
    }
    patch += "]";
    const auto result = ApplyJsonPatch(text, patch);
    ASSERT_EQ(result.has_value(), good) << text << "\n" << patch;
    if (!good) continue;
    ++applied;
    const auto after = Parse(*result);
    ASSERT_TRUE(after) << *result;
    ASSERT_TRUE(*after == reference.root()) << text << "\n" << patch << "\n" << *result;
  }
  EXPECT_GT(applied, 1000);
}

}  // namespace
}  // namespace coolkit::json
