// Why: what a test sends and what has to come back, as rows of tables. Values of tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coolkit::http {

struct WireCase {
  const char* name;
  std::string bytes;
  int status;  // of the only answer, after which the connection is closed
};

// A literal with its NULs.
template <std::size_t N>
std::string Bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

struct GoodCase {
  const char* name;
  std::string bytes;
  std::vector<std::string> bodies;  // of the answers `<method> <target> <body>`, in order
};

}  // namespace coolkit::http
