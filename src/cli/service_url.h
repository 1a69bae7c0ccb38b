// Why: what a user types (a service's URL, COLLECTION/KEY) becomes what is sent, so that any key
// arrives as it was typed. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/tcp.h"

namespace coolkit::cli {

struct ServiceUrl {
  net::Endpoint endpoint;
  std::string authority;  // for Host
  std::string path;       // before /v1/…: empty, or /… without a slash at the end
};

// `http://HOST[:PORT][/PATH]`. Errors: kInvalidRequest (user names, queries and https too).
[[nodiscard]] Result<ServiceUrl> ParseServiceUrl(std::string_view text);

// Percent-encodes all but RFC 3986's unreserved characters and, if `keep_slashes`, '/'.
[[nodiscard]] std::string PercentEncode(std::string_view text, bool keep_slashes);

// The target of COLLECTION/KEY: split at the first '/'. Errors: kInvalidRequest if one is missing;
// whether they are valid is for the server to say.
[[nodiscard]] Result<std::string> ItemTarget(std::string_view collection_and_key);
[[nodiscard]] std::string CollectionTarget(std::string_view collection);

}  // namespace coolkit::cli
