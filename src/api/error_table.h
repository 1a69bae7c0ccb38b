// Why: one table decides, for every error code, what a client sees of it: status, title, whether
// trying again can help, and when. The problem documents, the batch items, the OpenAPI document and
// the generated reference all read it. Immutable; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"

namespace coolkit::api {

struct ErrorRow {
  ErrorCode code = ErrorCode::kInternal;
  int status = 500;
  // Sending the same request again is safe and may succeed without a change of it.
  bool retryable = false;
  int retry_after_seconds = 0;  // default of Retry-After; 0: none is sent
  std::string_view title;       // a short phrase, the same for every occurrence (RFC 9457)
  std::string_view help;        // one sentence: what to do about it
  // Itself, or for codes that never leave the process: the code a client sees instead.
  ErrorCode shown_as = ErrorCode::kInternal;

  [[nodiscard]] bool is_public() const { return shown_as == code; }
};

// In the order of COOLKIT_ERROR_CODES, one row for each.
[[nodiscard]] std::span<const ErrorRow> ErrorRows();

// The row that a client sees for that code: always a public one.
[[nodiscard]] const ErrorRow& ErrorRowOf(ErrorCode code);

// The public code of that name, or nothing.
[[nodiscard]] std::optional<ErrorCode> FindErrorCode(std::string_view name);

}  // namespace coolkit::api
