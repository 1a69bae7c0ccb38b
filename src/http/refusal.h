// Why: what is wrong with a message on the wire, found deep in pure code that may not allocate and
// answered by the connection. A value; any thread.
#pragma once

#include "base/error.h"

namespace coolkit::http {

struct Refusal {
  int status = 400;
  ErrorCode code = ErrorCode::kMalformedRequest;
  const char* detail = "";      // a sentence with static storage
  const char* limit = nullptr;  // name of the limit that was hit, for the metric
};

[[nodiscard]] constexpr Refusal Malformed(const char* detail) {
  return Refusal{400, ErrorCode::kMalformedRequest, detail, nullptr};
}

}  // namespace coolkit::http
