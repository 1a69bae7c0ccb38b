// Why: the clouds' endpoints as a function, for tests on a manual loop.
#pragma once

#include <functional>
#include <vector>

#include "cloudsql/web.h"

namespace coolkit::cloudsql {

class ScriptedWeb final : public Web {
 public:
  std::function<Result<WebAnswer>(const WebRequest&)> answer;
  std::vector<WebRequest> asked;

  net::Task<Result<WebAnswer>> Send(WebRequest request, BootTime /*deadline*/) override {
    asked.push_back(request);
    Result<WebAnswer> given = answer(asked.back());
    co_return std::move(given);
  }
};

inline WebAnswer Answered(int status, std::string body = {}) {
  WebAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.flavor = "Google";
  return answer;
}

}  // namespace coolkit::cloudsql
