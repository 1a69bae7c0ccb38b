// Why: what the composition root decides about the API, in one place. Values.
#pragma once

#include <cstddef>
#include <string>

#include "base/time.h"
#include "model/limits.h"

namespace coolkit::api {

struct Options {
  std::string pod_name = "local";                              // in Cache-Status
  std::size_t max_value_bytes = model::kDefaultMaxValueBytes;  // beyond: 413
  milliseconds request_timeout{10'000};  // from the request's last byte to the answer; else 504
  // Bodies that no method asked for (of GET, DELETE, …) are read and ignored up to this; beyond:
  // 413.
  std::size_t ignored_body_bytes_max = 16 * 1024;
  // From this announced size on, path, query and fields are checked before the body is read.
  std::size_t early_check_bytes = 64 * 1024;
};

}  // namespace coolkit::api
