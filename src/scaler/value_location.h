// Why: KEDA finds the value in the answer by a GJSON path, and turns what it finds into a number by
// rules of its own (metrics_api_scaler.go of KEDA 2.20). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace coolkit::scaler {

// The value at a path of names and indices (`a.b.0`, `list.#` for a length, `\.` for a point in a
// name). Null: there is none. Errors: kInvalidRequest for GJSON's queries, wildcards and modifiers,
// which are not judged here.
[[nodiscard]] Result<const json::Value*> FindLocation(const json::Value& root,
                                                      std::string_view path);

// What KEDA reads there: a number, or a string that is a Quantity. Errors: kInvalidRequest with the
// reason in KEDA's sense; also when the body is not JSON.
[[nodiscard]] Result<double> ReadLocation(std::string_view body, std::string_view path);

}  // namespace coolkit::scaler
