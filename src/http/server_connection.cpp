#include "http/server_connection.h"

#include <algorithm>
#include <array>
#include <coroutine>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "http/names.h"

namespace coolkit::http {
namespace {

constexpr seconds kTrimAfter{1};             // idle for so long: buffers shrink
constexpr std::size_t kIdleBytesMax = 1536;  // of all buffers together
constexpr std::uint64_t kBatchBytesMax = 64 * 1024;
constexpr std::size_t kSheddableBytes = 64 * 1024;
constexpr std::size_t kHeadSlack = 16;  // a CRLF before the head, and one byte to see that it ends
constexpr seconds kRetryAfter{1};
constexpr Refusal kTooManyRequests{503, ErrorCode::kOverloaded, "too many requests are in flight",
                                   "requests_in_flight"};

bool HasField(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    if (EqualsIgnoreCase(line.substr(0, line.find(':')), name)) return true;
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  return false;
}

RequestParser::Limits ParserLimits(const ServerLimits& limits) {
  return {limits.header_bytes_max, limits.target_bytes_max, limits.header_count_max};
}

// Where a handler's answer arrives when it does not come at once.
class PendingResponse {
 public:
  void Set(Response response, net::Loop& loop) {
    response_.emplace(std::move(response));
    // Posted, so that the handler's frame is gone before the connection goes on.
    if (waiter_) loop.Post([waiter = waiter_] { waiter.resume(); });
  }
  [[nodiscard]] bool ready() const { return response_.has_value(); }
  [[nodiscard]] Response Take() { return std::move(*response_); }

  [[nodiscard]] bool await_ready() const { return ready(); }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_ = waiter; }
  void await_resume() const {}

 private:
  std::optional<Response> response_;
  std::coroutine_handle<> waiter_;
};

}  // namespace

// A write that starts its deadline only when the socket does not take the bytes at once: the usual
// response costs no look at the clock.
class WriteOperation {
 public:
  WriteOperation(ServerConnection& owner, std::span<const std::string_view> from)
      : owner_(owner), operation_(owner.connection_->WriteSome(from)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) {
    if (!operation_.await_suspend(awaiter)) return false;
    owner_.OnWritePending();
    return true;
  }
  [[nodiscard]] Result<std::size_t> await_resume() { return operation_.await_resume(); }

 private:
  ServerConnection& owner_;
  net::IoOperation operation_;
};

ServerConnection::ServerConnection(std::shared_ptr<ServerShared> shared,
                                   std::unique_ptr<net::Connection> connection)
    : shared_(std::move(shared)),
      connection_(std::move(connection)),
      loop_(connection_->loop()),
      input_(shared_->body_bytes),
      parser_(ParserLimits(shared_->limits)),
      now_(loop_.Now()),
      idle_since_(now_),
      head_since_(now_) {}

net::Task<void> ServerConnection::Run() {
  bool alive = true;
  while (alive) {
    const ParseOutcome outcome = parser_.Parse(input_.unread());
    if (outcome == ParseOutcome::kComplete) {
      alive = co_await ServeRequest();
    } else if (outcome == ParseOutcome::kNeedMore) {
      alive = co_await ReadHeadBytes();
    } else {
      alive = co_await RefuseAndEnd(parser_.refusal(), nullptr);
    }
  }
  waits_for_request_ = false;
  connection_.reset();
}

net::Task<void> ServerConnection::RunRefused() {
  const Refusal refusal{503, ErrorCode::kOverloaded, "too many connections are open",
                        "connections"};
  static_cast<void>(co_await RefuseAndEnd(refusal, nullptr));
  connection_.reset();
}

void ServerConnection::OnDrain() {
  if (connection_ == nullptr || !waits_for_request_) return;
  const BootTime now = loop_.Now();
  const BootTime deadline = DrainDeadline(now);
  if (deadline <= now) {
    connection_->Close();
  } else {
    connection_->SetReadDeadline(deadline);
  }
}

// A request may be on its way on a connection that was busy a moment ago or is new; it gets its
// answer.
BootTime ServerConnection::DrainDeadline(BootTime now) const {
  return (served_ ? idle_since_ : now) + shared_->limits.drain_grace;
}

void ServerConnection::OnStop() {
  if (connection_ != nullptr) connection_->Close();
}

net::Task<bool> ServerConnection::ReadHeadBytes() {
  if (!queue_.empty()) {
    const bool flushed = co_await Flush();
    if (!flushed) co_return false;
  }
  const bool idle = input_.empty();
  if (idle) {
    SetIdleDeadline();
  } else {
    connection_->SetReadDeadline(head_since_ + shared_->limits.header_timeout);
  }
  const std::size_t size_max =
      std::max(shared_->limits.header_bytes_max + kHeadSlack, InputBuffer::kFreeBytes);
  if (!input_.MakeSpace(size_max)) {
    const Refusal refusal{503, ErrorCode::kOverloaded, "too many bytes of requests are in memory",
                          "body_bytes_in_flight"};
    co_return co_await RefuseAndEnd(refusal, nullptr);
  }
  net::IoOperation read = connection_->Read(input_.space());
  waits_for_request_ = idle;
  const Result<std::size_t> got = co_await read;
  waits_for_request_ = false;
  now_ = loop_.Now();
  if (!got) {
    if (got.error().code != ErrorCode::kTimeout) co_return false;
    if (idle) co_return OnIdleTimeout();
    const Refusal refusal{408, ErrorCode::kRequestTimeout, "the head of the request took too long",
                          "header_timeout"};
    co_return co_await RefuseAndEnd(refusal, nullptr);
  }
  if (*got == 0) co_return false;
  if (idle) head_since_ = now_;
  head_is_fresh_ = true;
  input_.Commit(*got);
  co_return true;
}

void ServerConnection::SetIdleDeadline() {
  const bool draining = shared_->draining.load(std::memory_order_relaxed);
  if (input_.capacity() > InputBuffer::kFreeBytes) input_.Trim();
  BootTime deadline = idle_since_ + shared_->limits.idle_timeout;
  if (draining) deadline = std::min(deadline, DrainDeadline(now_));
  const std::size_t held = input_.capacity() + queue_.capacity_bytes() + parser_.capacity_bytes();
  if (held > kIdleBytesMax) {
    deadline = std::min(deadline, now_ + kTrimAfter);
  }
  connection_->SetReadDeadline(deadline);
}

// A while without a request: true when it was only time to give memory back.
bool ServerConnection::OnIdleTimeout() {
  if (shared_->draining.load(std::memory_order_relaxed)) return false;
  if (now_ < idle_since_ + shared_->limits.idle_timeout) {
    input_.Trim();
    queue_.Trim();
    parser_.Trim();
    return true;
  }
  shared_->Hit("idle_timeout");
  return false;
}

net::Task<bool> ServerConnection::ServeRequest() {
  RequestHead& head = parser_.head();
  if (!head_is_fresh_) now_ = loop_.Now();
  head.arrived = now_;
  body_end_ = parser_.head_bytes();
  request_end_ = body_end_;
  wire_bytes_ = body_end_;
  Admission admission = shared_->handler.Admit(head);
  if (admission.refusal) {
    Response refused = std::move(*admission.refusal);
    co_return co_await RefuseRequest(std::move(refused));
  }
  if (HasBody()) {
    // Under overload not even the body is taken in; the count is exact only below.
    if (shared_->requests_in_flight.load(std::memory_order_relaxed) >=
        shared_->limits.requests_in_flight_max) {
      Response overloaded = Render(kTooManyRequests);
      co_return co_await RefuseRequest(std::move(overloaded));
    }
    const BodyOutcome outcome = co_await ReadBody(admission.body_bytes_max);
    if (outcome == BodyOutcome::kEnded) co_return false;
    if (outcome == BodyOutcome::kRefused) co_return co_await RefuseAndEnd(body_refusal_, &head);
  }
  if (!shared_->EnterRequest()) {
    Response overloaded = Render(
        {503, ErrorCode::kOverloaded, "too many requests are in flight", "requests_in_flight"});
    co_return co_await Respond(std::move(overloaded), &head, false);
  }
  const Request request{
      &head, input_.unread().substr(parser_.head_bytes(), body_end_ - parser_.head_bytes())};
  // Answers that wait for being written with this one don't wait for a handler that waits.
  net::Task<Response> handling =
      queue_.empty() ? shared_->handler.Handle(request, loop_) : HandleWhileFlushing(request);
  Response response = co_await std::move(handling);
  shared_->LeaveRequest();
  co_return co_await Respond(std::move(response), &head, false);
}

net::Task<Response> ServerConnection::HandleWhileFlushing(const Request& request) {
  PendingResponse pending;
  net::Task<Response> handling = shared_->handler.Handle(request, loop_);
  net::Detach(std::move(handling),
              [&pending, this](Response response) { pending.Set(std::move(response), loop_); });
  // A failed write shows again when the answer is to be written.
  if (!pending.ready()) static_cast<void>(co_await Flush());
  co_await pending;
  co_return pending.Take();
}

// Answers without looking at the body; the connection survives if there is none or it is so small
// that reading it is cheaper than a new connection.
net::Task<bool> ServerConnection::RefuseRequest(Response response) {
  bool close = false;
  if (HasBody()) {
    if (HasTinyBody()) {
      const BodyOutcome outcome = co_await ReadBody(*parser_.head().content_length);
      if (outcome == BodyOutcome::kEnded) co_return false;
      close = outcome == BodyOutcome::kRefused;
    } else {
      close = true;
    }
  }
  co_return co_await Respond(std::move(response), &parser_.head(), close);
}

net::Task<bool> ServerConnection::RefuseAndEnd(Refusal refusal, const RequestHead* head) {
  Response response = Render(refusal);
  co_return co_await Respond(std::move(response), head, true);
}

net::Task<bool> ServerConnection::Respond(Response response, const RequestHead* head, bool close) {
  if (response.upgrade != nullptr) co_return co_await Upgrade(std::move(response));
  if (MustShed(response, head)) {
    response = Render({503, ErrorCode::kOverloaded, "too many bytes wait for slow readers",
                       "response_bytes_in_flight"});
  }
  ResponseQueue::Options options;
  options.head_request = head != nullptr && head->method == Method::kHead;
  options.close = close || response.close || (head != nullptr && !head->keep_alive) ||
                  shared_->draining.load(std::memory_order_relaxed);
  options.keep_alive_1_0 = head != nullptr && head->version_minor == 0;
  const int status = response.status;
  const std::uint64_t bytes = queue_.Add(std::move(response), options, shared_->date_seconds());
  if (!options.close && MayBatch()) {
    Observe(head, status, bytes);
    FinishRequest();
    co_return true;
  }
  const bool flushed = co_await Flush();
  Observe(head, status, bytes);
  if (!flushed) co_return false;
  if (options.close) {
    co_await Linger();
    co_return false;
  }
  FinishRequest();
  co_return true;
}

net::Task<bool> ServerConnection::Upgrade(Response response) {
  CHECK(response.status == 101);
  const std::unique_ptr<Response::UpgradeTaker> taker = std::move(response.upgrade);
  const ResponseQueue::Options options;
  const std::uint64_t bytes = queue_.Add(std::move(response), options, shared_->date_seconds());
  const bool flushed = co_await Flush();
  Observe(&parser_.head(), 101, bytes);
  if (!flushed) co_return false;
  std::string leftover(input_.unread().substr(request_end_));
  connection_->SetReadDeadline(kNever);
  (*taker)(std::move(connection_), std::move(leftover));
  co_return false;
}

// Is the next request here already, and room for its answer in the same write?
bool ServerConnection::MayBatch() const {
  if (input_.size() <= request_end_ || queue_.bytes_left() >= kBatchBytesMax) return false;
  if (queue_.responses() < shared_->limits.pipelined_max) return true;
  shared_->Hit("pipelined");
  return false;
}

// A large answer that nobody would miss, while slow readers hold too much.
bool ServerConnection::MustShed(const Response& response, const RequestHead* head) const {
  return response.body.size() > kSheddableBytes && head != nullptr &&
         head->method == Method::kGet && shared_->response_bytes.left() < response.body.size();
}

net::Task<bool> ServerConnection::Flush() {
  bool good = true;
  while (good && !queue_.empty()) {
    std::array<std::string_view, ResponseQueue::kBuffersMax> buffers;
    const std::size_t count = queue_.Gather(buffers);
    WriteOperation write(*this, std::span<const std::string_view>(buffers).first(count));
    const Result<std::size_t> written = co_await write;
    good = written.has_value();
    if (good) queue_.Advance(*written);
    if (!good && written.error().code == ErrorCode::kTimeout) shared_->Hit("write_timeout");
  }
  if (response_charge_ > 0) shared_->response_bytes.Release(std::exchange(response_charge_, 0));
  if (std::exchange(write_deadline_set_, false)) connection_->SetWriteDeadline(kNever);
  if (!good) connection_->Close();
  now_ = loop_.Now();
  idle_since_ = now_;
  co_return good;
}

// The peer does not take the bytes as fast as they come.
void ServerConnection::OnWritePending() {
  if (!std::exchange(write_deadline_set_, true)) {
    connection_->SetWriteDeadline(loop_.Now() + shared_->limits.write_timeout);
  }
  if (response_charge_ > 0) return;
  if (shared_->response_bytes.TryCharge(queue_.bytes_left())) {
    response_charge_ = queue_.bytes_left();
  } else {
    shared_->Hit("response_bytes_in_flight");
    connection_->Close();
  }
}

net::Task<void> ServerConnection::Linger() {
  connection_->ShutdownWrite();
  connection_->SetReadDeadline(now_ + shared_->limits.linger_timeout);
  input_.Consume(input_.size());
  if (input_.capacity() > InputBuffer::kFreeBytes) input_.Trim();
  if (!input_.MakeSpace(InputBuffer::kIdleBytes)) co_return;
  std::size_t dropped = 0;
  while (dropped < shared_->limits.linger_bytes_max) {
    net::IoOperation read = connection_->Read(input_.space());
    const Result<std::size_t> got = co_await read;
    if (!got || *got == 0) break;
    dropped += *got;
  }
}

Response ServerConnection::Render(const Refusal& refusal) {
  if (refusal.limit != nullptr) shared_->Hit(refusal.limit);
  Error error;
  error.code = refusal.code;
  error.detail = refusal.detail;
  if (refusal.status == 503) error.retry_after = kRetryAfter;
  Response response = shared_->handler.RenderError(refusal.status, error);
  response.status = refusal.status;
  if (refusal.status == 503 && !HasField(response.headers, "Retry-After")) {
    response.AddHeader("Retry-After", "1");
  }
  return response;
}

void ServerConnection::Observe(const RequestHead* head, int status, std::uint64_t response_bytes) {
  ExchangeRecord record;
  record.head = head;
  record.status = status;
  record.request_bytes = head == nullptr ? input_.size() : wire_bytes_;
  record.response_bytes = response_bytes;
  record.duration = head == nullptr ? nanoseconds{0} : now_ - head->arrived;
  shared_->handler.Observe(record);
}

void ServerConnection::FinishRequest() {
  input_.Consume(request_end_);
  parser_.Reset();
  served_ = true;
  head_is_fresh_ = false;
  head_since_ = now_;
}

}  // namespace coolkit::http
