// Why: the reference pages of the documentation are generated from the tables that the service
// runs by, so they can't lag behind. Pure; any thread.
#pragma once

#include <string>

namespace coolkit::api {

// Every call with its parameters and answers.
[[nodiscard]] std::string RoutesMarkdown();
// Every error code with its status and what to do.
[[nodiscard]] std::string ErrorsMarkdown();

}  // namespace coolkit::api
