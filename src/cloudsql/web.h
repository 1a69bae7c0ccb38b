// Why: the metadata server, the token endpoints and the Admin API are asked over HTTP; what asks
// them is tested with answers of its own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/task.h"

namespace coolkit::cloudsql {

struct WebRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct WebAnswer {
  int status = 0;
  std::string body;
  milliseconds retry_after{0};              // 0: not said
  std::optional<std::int64_t> server_time;  // of Date, in seconds since 1970
  std::string flavor;                       // of Metadata-Flavor
};

class Web {
 public:
  virtual ~Web() = default;
  // Errors: kInvalidRequest (the URL, or the server's certificate is not accepted), kNotFound (no
  // such host), kTimeout, kConnectionClosed, kMalformedRequest.
  virtual net::Task<Result<WebAnswer>> Send(WebRequest request, BootTime deadline) = 0;
};

struct WebUrl {
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  std::string target;     // from the slash on
  std::string authority;  // for Host
};
// http:// and https://. Errors: kInvalidRequest.
[[nodiscard]] Result<WebUrl> ParseWebUrl(std::string_view url);

// May a secret go there? https, or http to this machine or its metadata server.
[[nodiscard]] bool IsSafe(const WebUrl& url);

// application/x-www-form-urlencoded.
[[nodiscard]] std::string FormEncode(
    const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace coolkit::cloudsql
