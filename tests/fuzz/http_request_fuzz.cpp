// Any bytes sent to a server: the answers are the same however reads split them, each request is
// answered once, and nothing is served behind a refusal.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"
#include "support/http_server_harness.h"

namespace {

using coolkit::Hash64;
using coolkit::OwnedBytes;
using coolkit::SeededRandom;
using coolkit::support::PipeConnection;
using coolkit::support::ServerHarness;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

coolkit::http::ServerLimits SmallLimits() {
  coolkit::http::ServerLimits limits;
  limits.header_bytes_max = 1000;
  limits.target_bytes_max = 200;
  limits.header_count_max = 10;
  return limits;
}

// The answer shows what was understood without repeating any of it.
coolkit::http::Response Answer(const coolkit::http::Request& request) {
  std::uint64_t digest = Hash64(request.head->method_text);
  digest = Hash64(request.head->target, digest);
  digest = Hash64(request.body, digest);
  for (const coolkit::http::Header& header : request.head->headers) {
    digest = Hash64(header.value, Hash64(header.name, digest));
  }
  coolkit::http::Response response;
  response.body = OwnedBytes(std::to_string(digest));
  return response;
}

std::string Serve(std::string_view bytes, const std::function<std::size_t(std::size_t)>& cut) {
  ServerHarness harness(SmallLimits());
  harness.handler.body_bytes_max = 3000;
  harness.handler.handle = &Answer;
  const auto peer = harness.Connect([&](PipeConnection& end) { end.behaviour().cut_read = cut; });
  std::string received = harness.Talk(*peer, bytes);
  // Whether an interim answer is needed depends on what has arrived.
  for (std::size_t at = received.find(kContinue); at != std::string::npos;
       at = received.find(kContinue, at)) {
    received.erase(at, kContinue.size());
  }
  const auto answers = coolkit::support::SplitResponses(received);
  const auto good = std::count_if(answers.begin(), answers.end(),
                                  [](const auto& answer) { return answer.status == 200; });
  // HEAD is understood as such, so its answers can't be told from the next head here.
  if (bytes.find("HEAD") == std::string_view::npos) {
    CHECK(good == harness.handler.handled);
    for (std::size_t i = 0; i + 1 < answers.size(); ++i) CHECK(answers[i].status == 200);
  }
  received += peer->AtEnd() ? "ended" : "open";
  return received;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = Serve(bytes, nullptr);
  CHECK(Serve(bytes, [](std::size_t) { return std::size_t{1}; }) == whole);
  SeededRandom random(Hash64(bytes));
  CHECK(Serve(bytes, [&](std::size_t) { return std::size_t{1} + random.Below(64); }) == whole);
  return 0;
}
