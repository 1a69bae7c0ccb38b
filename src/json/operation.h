// Why: a JSON Patch is judged as a whole before its first operation is applied, so that a malformed
// one is an error whatever the document is. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/patch.h"
#include "json/pointer.h"

namespace coolkit::json {

enum class OperationKind { kAdd, kRemove, kReplace, kMove, kCopy, kTest };

[[nodiscard]] std::string_view OperationName(OperationKind kind);

struct Operation {
  OperationKind kind = OperationKind::kTest;
  Pointer path;
  Pointer from;            // move and copy
  std::string_view value;  // add, replace and test: JSON, as it stands in the patch
};

// The operations of `patch`, which is JSON; the values are views of it. Members that RFC 6902 does
// not define are ignored. Errors: kInvalidPatch, kPayloadTooLarge above operations_max.
[[nodiscard]] Result<std::vector<Operation>> ReadOperations(std::string_view patch,
                                                            const PatchLimits& limits);

}  // namespace coolkit::json
