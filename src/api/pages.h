// Why: the service explains itself: what it is, its calls, and each error code. Texts are made
// once. Immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "http/message.h"

namespace coolkit::api {

// The page of a public error code, or nothing.
[[nodiscard]] std::optional<std::string_view> ErrorPage(std::string_view code);

class Pages {
 public:
  Pages();

  // GET of /, /openapi.json and /errors/{code}; OPTIONS of every route. The answers may outlive
  // this.
  [[nodiscard]] http::Response Answer(const Call& call) const;

 private:
  std::shared_ptr<const std::string> index_;
  std::shared_ptr<const std::string> open_api_;
};

}  // namespace coolkit::api
