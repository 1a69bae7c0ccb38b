// Why: what a request names is checked to the byte before anybody routes on it (RFC 9112 section
// 3.2, RFC 3986). Pure; any thread.
#pragma once

#include <string_view>

#include "http/message.h"

namespace coolkit::http {

// Checks the form of a target for its method and cuts an absolute-form one down to its path.
// Returns null when it is good, else what is wrong (static).
[[nodiscard]] const char* CheckTarget(Method method, std::string_view& target);

// `host` or `host:port` as in Host and in the authority of a target: a name or IPv4 address of
// RFC 3986's reg-name characters, or an IPv6 address in brackets; not empty.
[[nodiscard]] bool IsValidAuthority(std::string_view authority);

}  // namespace coolkit::http
