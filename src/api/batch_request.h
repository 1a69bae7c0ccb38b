// Why: the bodies of batches. What breaks the documented shape (a member that is unknown, repeated,
// missing or of the wrong type) refuses the whole batch: its sender speaks of another API. A value
// that is not allowed (a bad key, ttl, base64, …) fails its item alone. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/preconditions.h"
#include "base/result.h"
#include "model/key.h"
#include "store/store.h"

namespace coolkit::api {

struct BatchGetItem {
  std::string key_text;        // as asked
  std::optional<Error> error;  // why it can't be read
};

// Errors: kInvalidJson, kInvalidRequest (the shape), kPayloadTooLarge (more than 1,000 keys).
[[nodiscard]] Result<std::vector<BatchGetItem>> ParseBatchGet(std::string_view body);

struct BatchWriteItem {
  std::string key_text;
  std::optional<Error> error;  // why it can't be written; then what follows means nothing
  store::WriteOp op;           // its condition is set unless `conditional`
  Preconditions preconditions;
  bool conditional = false;  // no condition of the store says what the preconditions say
};

struct BatchWriteRequest {
  bool atomic = false;
  std::vector<BatchWriteItem> items;
};

// Errors as ParseBatchGet.
[[nodiscard]] Result<BatchWriteRequest> ParseBatchWrite(std::string_view body,
                                                        const std::string& collection,
                                                        std::size_t value_bytes_max);

}  // namespace coolkit::api
