// Why: the API describes itself in the form that tools read, made from the tables that the router
// uses. Pure; any thread.
#pragma once

#include <string>

namespace coolkit::api {

// The OpenAPI 3.1 document.
[[nodiscard]] std::string OpenApiJson();

}  // namespace coolkit::api
