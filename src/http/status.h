// Why: the statuses of RFC 9110 and RFC 6585 in one list, so that a status line is one append of a
// constant. Pure; any thread.
#pragma once

#include <string_view>

namespace coolkit::http {

// "HTTP/1.1 200 OK\r\n"; empty for a status that is not in the list.
[[nodiscard]] std::string_view StatusLine(int status);

// True for 1xx, 204 and 304: no body and, except for 304, no Content-Length (RFC 9110 section 8.6).
[[nodiscard]] constexpr bool IsBodyless(int status) {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

}  // namespace coolkit::http
