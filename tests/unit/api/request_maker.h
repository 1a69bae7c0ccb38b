// Why: requests as the HTTP server hands them over, made of plain texts for tests.
// Single-threaded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "http/names.h"

namespace coolkit::api {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Owns what its head refers to; stays where it was made.
class MadeRequest {
 public:
  MadeRequest(std::string method, std::string target, Headers headers = {}, std::string body = "")
      : method_(std::move(method)),
        target_(std::move(target)),
        texts_(std::move(headers)),
        body_(std::move(body)) {
    for (const auto& [name, value] : texts_) {
      fields_.push_back({http::FieldFromName(name), name, value});
    }
    head.method = http::MethodFromText(method_);
    head.method_text = method_;
    head.target = target_;
    head.headers = fields_;
    if (!body_.empty()) head.content_length = body_.size();
    const http::Header* expect = head.Find(http::Field::kExpect);
    head.expects_continue =
        expect != nullptr && http::EqualsIgnoreCase(expect->value, "100-continue");
    request = {&head, body_};
  }
  MadeRequest(const MadeRequest&) = delete;
  MadeRequest& operator=(const MadeRequest&) = delete;

  http::RequestHead head;
  http::Request request;

 private:
  std::string method_;
  std::string target_;
  Headers texts_;
  std::string body_;
  std::vector<http::Header> fields_;
};

}  // namespace coolkit::api
