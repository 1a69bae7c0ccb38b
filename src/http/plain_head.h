// Why: most requests look the same to a parser: no body, no odd byte, one field a line. Such a head
// is read here in one pass; everything that takes a second thought is left to Beast, which then
// reads all of it. What is read here Beast would have read the same. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace coolkit::http {

struct PlainHead {
  std::string_view method;
  std::string_view target;
  int version_minor = 1;
  std::uint32_t present = 0;  // bit i: field i is there

  // `head` is what HeadScanner found, from the first line to the empty one. False: not plain;
  // `headers` holds anything then. Appends to `headers`.
  [[nodiscard]] bool Read(std::string_view head, std::vector<Header>& headers);

 private:
  [[nodiscard]] bool TakeFirstLine(std::string_view line);
  [[nodiscard]] bool TakeField(std::string_view line, std::vector<Header>& headers);
};

}  // namespace coolkit::http
