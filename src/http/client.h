// Why: a small HTTP/1.1 client for the command line, the tests and the scaler: one connection,
// one request at a time, kept alive. On one loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/connection.h"
#include "net/task.h"

namespace coolkit::http {

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";
  std::string host;                                          // value of Host
  std::vector<std::pair<std::string, std::string>> headers;  // besides Host and Content-Length
  std::string body;
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  bool keep_alive = false;
  // First header of that lower-case name, or empty.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

struct ClientLimits {
  std::size_t header_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 64u << 20;
};

// Sends and reads the answer (1xx answers are skipped); Content-Length, chunked and until-close
// bodies. Errors: kTimeout, kConnectionClosed, kMalformedRequest (the answer makes no sense),
// kPayloadTooLarge.
[[nodiscard]] net::Task<Result<ClientResponse>> Exchange(net::Connection& connection,
                                                         ClientRequest request, BootTime deadline,
                                                         ClientLimits limits = {});

}  // namespace coolkit::http
