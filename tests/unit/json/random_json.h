// Why: seeded random documents with odd white space, escapes and numbers, for the property tests.
// Not thread-safe.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace coolkit::json {

class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}

  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_.Below(bound)); }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

  // White space before and after too.
  std::string Document() { return Space() + Value(4) + Space(); }

  std::string Value(std::size_t depth) {
    const std::size_t choice = Below(depth == 0 ? 4 : 9);
    if (choice == 0) return std::string(Pick(kLiterals));
    if (choice < 3) return std::string(Pick(kNumbers));
    if (choice == 3) return std::string(Pick(kStrings));
    return choice < 6 ? Array(depth) : Object(depth);
  }

  std::string Object(std::size_t depth) {
    std::string out = "{" + Space();
    std::vector<bool> used(kNames.size());
    const std::size_t count = OneIn(8) ? kNames.size() : Below(5);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t name = Below(kNames.size());
      if (used[name]) continue;
      used[name] = true;
      if (out.back() == 'x') out.back() = ',';
      out += Space() + std::string(kNames[name]) + Space() + ":" + Space();
      out += Value(depth - 1) + Space() + "x";
    }
    if (out.back() == 'x') out.pop_back();
    return out + "}";
  }

  std::string Array(std::size_t depth) {
    std::string out = "[" + Space();
    const std::size_t count = Below(5);
    for (std::size_t i = 0; i < count; ++i) {
      out += (i == 0 ? "" : ",") + Space() + Value(depth - 1) + Space();
    }
    return out + "]";
  }

  std::string Space() {
    static constexpr std::array<std::string_view, 8> kSpaces{"",  "",     "",   "",
                                                             " ", "\n  ", "\t", "\r\n"};
    return std::string(Pick(kSpaces));
  }

  template <class List>
  typename List::const_reference Pick(const List& list) {
    return list[Below(list.size())];
  }

  // More than an object may have without an index; some with the same meaning as text of another.
  static constexpr std::array<std::string_view, 24> kNames{
      R"("a")",  R"("b")",  R"("c")",  R"("\u0064")", R"("")",   R"("~")",  R"("/")",   R"("e\\")",
      R"("\"")", R"("0")",  R"("1")",  R"("-")",      R"("ü")",  R"("😀")", R"("a b")", R"("\n")",
      R"("n1")", R"("n2")", R"("n3")", R"("n4")",     R"("n5")", R"("n6")", R"("n7")",  R"("\\n")"};

 private:
  static constexpr std::array<std::string_view, 3> kLiterals{"null", "true", "false"};
  static constexpr std::array<std::string_view, 9> kNumbers{
      "0",     "-0",    "1.0", "10e-1", "9007199254740993", "123456789012345678901234567890.5",
      "1E400", "-1.50", "3"};
  static constexpr std::array<std::string_view, 7> kStrings{
      R"("")",    R"("text")",    R"("a\/b")",    R"("\u00e9\uD83D\uDE00")",
      R"("é😀")", R"("]},{[\"")", R"("\u0000\\")"};

  SeededRandom random_;
};

}  // namespace coolkit::json
