// Why: the seam between HTTP and whoever answers. The server calls Admit when a head is complete
// (before it reads a body or answers `100-continue`) and Handle with the whole request; both on
// the connection's loop. One Handler serves all loops: it is thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "http/message.h"
#include "net/loop.h"
#include "net/task.h"

namespace coolkit::http {

// What Admit decides.
struct Admission {
  // Set: answer this without reading the body (the connection is closed if a body was announced
  // and is not tiny, or if the client waits for `100-continue`).
  std::optional<Response> refusal;
  std::uint64_t body_bytes_max = 0;  // a longer body is refused with 413
};

// For metrics and access logs: one per response, also for refusals and framing errors. Of
// pipelined requests all but the last are observed when their response is queued.
struct ExchangeRecord {
  const RequestHead* head = nullptr;  // null: the head could not be read
  int status = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  nanoseconds duration{0};  // from the head's last byte to the response's last
};

class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Admission Admit(const RequestHead& head) = 0;
  // `request` lives until the task ends. `loop` is the connection's.
  [[nodiscard]] virtual net::Task<Response> Handle(const Request& request, net::Loop& loop) = 0;
  // The body and headers of an error that the server itself found (framing, sizes, time limits,
  // overload); the server sets Connection: close where it must. `status` comes from the server.
  [[nodiscard]] virtual Response RenderError(int status, const Error& error) = 0;
  virtual void Observe(const ExchangeRecord& record) = 0;
};

}  // namespace coolkit::http
