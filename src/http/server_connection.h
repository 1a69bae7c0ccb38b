// Why: one connection's life: read a head, admit, read the body, let the handler answer, write;
// again until somebody ends it. Every wait has a deadline for the whole step, not per byte.
// Everything runs on the connection's loop; OnDrain and OnStop are posted there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/time.h"
#include "http/input_buffer.h"
#include "http/parser.h"
#include "http/response_queue.h"
#include "http/server_shared.h"
#include "net/connection.h"
#include "net/task.h"

namespace coolkit::http {

class ServerConnection {
 public:
  ServerConnection(std::shared_ptr<ServerShared> shared,
                   std::unique_ptr<net::Connection> connection);

  // Serves to the end. Called once.
  [[nodiscard]] net::Task<void> Run();
  // Answers 503 without reading a request (too many connections). Instead of Run.
  [[nodiscard]] net::Task<void> RunRefused();

  // Ends the wait for a request, at once or in a moment.
  void OnDrain();
  // Closes it in any case.
  void OnStop();

  [[nodiscard]] net::Loop& loop() { return loop_; }

 private:
  friend class WriteOperation;
  enum class BodyOutcome : std::uint8_t { kGood, kRefused, kEnded };

  // Those that return bool say whether the connection goes on with the next request.
  net::Task<bool> ReadHeadBytes();
  net::Task<bool> ServeRequest();
  net::Task<Response> HandleWhileFlushing(const Request& request);
  net::Task<bool> RefuseRequest(Response response);
  net::Task<bool> RefuseAndEnd(Refusal refusal, const RequestHead* head);
  // `head` is null when it could not be read.
  net::Task<bool> Respond(Response response, const RequestHead* head, bool close);
  net::Task<bool> Upgrade(Response response);
  // Writes all that is queued; false: the peer is gone or too slow.
  net::Task<bool> Flush();
  // Says goodbye and drops what still comes, within limits.
  net::Task<void> Linger();

  // server_body.cpp; kRefused has set body_refusal_, kEnded: the peer is gone.
  net::Task<BodyOutcome> ReadBody(std::uint64_t body_bytes_max);
  net::Task<BodyOutcome> ReadLengthBody(std::size_t length);
  net::Task<BodyOutcome> ReadChunkedBody(std::uint64_t body_bytes_max);
  net::Task<BodyOutcome> ReadMoreBody(std::size_t size_max);
  [[nodiscard]] BodyOutcome RefuseBody(Refusal refusal);
  [[nodiscard]] bool HasBody() const;
  [[nodiscard]] bool HasTinyBody() const;

  void SetIdleDeadline();
  [[nodiscard]] BootTime DrainDeadline(BootTime now) const;
  [[nodiscard]] bool OnIdleTimeout();
  [[nodiscard]] Response Render(const Refusal& refusal);
  [[nodiscard]] bool MayBatch() const;
  [[nodiscard]] bool MustShed(const Response& response, const RequestHead* head) const;
  void Observe(const RequestHead* head, int status, std::uint64_t response_bytes);
  void FinishRequest();
  void OnWritePending();

  const std::shared_ptr<ServerShared> shared_;
  std::unique_ptr<net::Connection> connection_;  // null once it has been handed over or has ended
  net::Loop& loop_;
  InputBuffer input_;
  RequestParser parser_;
  ResponseQueue queue_;
  Refusal body_refusal_;
  // Of the current request, in the buffer: its body lies between head and `body_end_`, what
  // follows it begins at `request_end_` (chunk framing may lie between).
  std::size_t body_end_ = 0;
  std::size_t request_end_ = 0;
  std::uint64_t wire_bytes_ = 0;  // as they came, chunk framing included
  BootTime now_{};                // read after the last step that waited
  BootTime idle_since_{};
  BootTime head_since_{};  // when the first byte of the current head was seen
  BootTime body_until_{};
  std::uint64_t response_charge_ = 0;
  bool head_is_fresh_ = false;  // now_ was read after the last bytes came
  bool waits_for_request_ = false;
  bool served_ = false;  // a request has been answered
  bool write_deadline_set_ = false;
};

}  // namespace coolkit::http
