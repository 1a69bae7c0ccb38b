// Any bytes as the answer that a client reads: the outcome is the same however they are split, and
// never larger than the limits.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"
#include "http/client.h"
#include "support/manual_loop.h"
#include "support/pipe_connection.h"

namespace {

using coolkit::Result;
using coolkit::http::ClientLimits;
using coolkit::http::ClientRequest;
using coolkit::http::ClientResponse;
using coolkit::support::PipeConnection;

constexpr ClientLimits kLimits{1000, 2000};

Result<ClientResponse> Read(std::string_view bytes,
                            const std::function<std::size_t(std::size_t)>& cut) {
  coolkit::support::ManualClock clock;
  coolkit::support::ManualLoop loop(clock);
  PipeConnection::Pair pair = PipeConnection::Make(loop);
  pair.first->behaviour().cut_read = cut;
  std::optional<Result<ClientResponse>> result;
  ClientRequest request;
  request.host = "x";
  coolkit::net::Task<Result<ClientResponse>> task = coolkit::http::Exchange(
      *pair.first, std::move(request), clock.Now() + coolkit::seconds(1), kLimits);
  coolkit::net::Detach(std::move(task),
                       [&](Result<ClientResponse> outcome) { result.emplace(std::move(outcome)); });
  pair.second->Send(bytes);
  pair.second->ShutdownWrite();
  loop.RunReady();
  CHECK(result.has_value());
  return std::move(*result);
}

bool Same(const Result<ClientResponse>& a, const Result<ClientResponse>& b) {
  if (!a || !b) return !a && !b && a.error() == b.error();
  // Whether bytes behind the answer were seen depends on how they came.
  return a->status == b->status && a->headers == b->headers && a->body == b->body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Result<ClientResponse> whole = Read(bytes, nullptr);
  CHECK(!whole || (whole->body.size() <= kLimits.body_bytes_max && whole->status >= 200));
  CHECK(Same(Read(bytes, [](std::size_t) { return std::size_t{1}; }), whole));
  coolkit::SeededRandom random(coolkit::Hash64(bytes));
  CHECK(Same(Read(bytes, [&](std::size_t) { return std::size_t{1} + random.Below(64); }), whole));
  return 0;
}
