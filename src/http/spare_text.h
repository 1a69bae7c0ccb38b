// Why: the head of every answer is put into a string of its own, which must not cost a malloc per
// request: strings that were written come back from here with their room. Per-thread and bounded;
// any thread, also another one than took it.
#pragma once

#include <string>
#include <string_view>

namespace coolkit::http {

class SpareText {
 public:
  // A string with that text.
  [[nodiscard]] static std::string Take(std::string_view text);
  // One that nobody needs any more.
  static void Give(std::string&& text);
};

}  // namespace coolkit::http
