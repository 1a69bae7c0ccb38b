#include "http/client.h"

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "http/chunked.h"
#include "http/names.h"
#include "http/parser.h"
#include "http/status.h"
#include "http/target.h"

namespace coolkit::http {
namespace {

constexpr std::size_t kReadBytesMin = 4 * 1024;
constexpr std::size_t kReadBytesMax = 256 * 1024;
constexpr int kInterimResponsesMax = 16;

bool IsFieldValue(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

Result<void> Check(const ClientRequest& request) {
  const auto bad_in_target = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  };
  if (!IsToken(request.method)) return Fail(ErrorCode::kInvalidRequest, "the method is no token");
  if (request.target.empty() ||
      std::any_of(request.target.begin(), request.target.end(), bad_in_target)) {
    return Fail(ErrorCode::kInvalidRequest, "the target contains a space or control character");
  }
  if (!IsValidAuthority(request.host)) {
    return Fail(ErrorCode::kInvalidRequest, "the host is malformed");
  }
  for (const auto& [name, value] : request.headers) {
    const Field field = FieldFromName(name);
    if (!IsToken(name) || !IsFieldValue(value) || field == Field::kHost ||
        field == Field::kContentLength || field == Field::kTransferEncoding) {
      return Fail(ErrorCode::kInvalidRequest, "the header field " + name + " can't be sent");
    }
  }
  return {};
}

std::string RenderHead(const ClientRequest& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + request.host;
  head += "\r\n";
  for (const auto& [name, value] : request.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  const Method method = MethodFromText(request.method);
  const bool usually_has_body =
      method == Method::kPut || method == Method::kPost || method == Method::kPatch;
  if (!request.body.empty() || usually_has_body) {
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

// One request and its answer on one connection. The request is written while the answer is read: a
// server may answer, and stop reading, before it has the whole body.
class Conversation {
 public:
  Conversation(net::Connection& connection, ClientRequest request, ClientLimits limits)
      : connection_(connection),
        request_(std::move(request)),
        limits_(limits),
        parser_(limits.header_bytes_max) {}

  net::Task<Result<ClientResponse>> Run();

 private:
  // Suspends until the writer has ended.
  struct WriterEnd {
    Conversation& self;
    [[nodiscard]] bool await_ready() const { return self.write_ended_; }
    void await_suspend(std::coroutine_handle<> waiter) { self.waiter_ = waiter; }
    void await_resume() const {}
  };

  net::Task<bool> Write();
  void OnWriteEnd(bool good);
  net::Task<Result<ClientResponse>> Read();
  net::Task<Result<void>> ReadHead();
  net::Task<Result<void>> ReadLengthBody(std::uint64_t length);
  net::Task<Result<void>> ReadChunkedBody();
  net::Task<Result<void>> ReadBodyToEnd();
  // Reads some bytes behind those in input_; false at the end of the stream.
  net::Task<Result<bool>> ReadMore();
  [[nodiscard]] Error TooLong() const {
    return Error{ErrorCode::kPayloadTooLarge, "the body of the answer is too long", {}};
  }

  net::Connection& connection_;
  const ClientRequest request_;
  const ClientLimits limits_;
  ResponseParser parser_;
  std::string input_;
  ClientResponse response_;
  bool write_ended_ = false;
  bool write_good_ = false;
  std::coroutine_handle<> waiter_;
};

net::Task<Result<ClientResponse>> Conversation::Run() {
  net::Detach(Write(), [this](bool good) { OnWriteEnd(good); });
  Result<ClientResponse> response = co_await Read();
  if (response && (!write_ended_ || !write_good_)) response->keep_alive = false;
  // Nobody reads the rest of the request any more.
  if (!write_ended_) connection_.Close();
  WriterEnd writer_end{*this};
  co_await writer_end;
  co_return response;
}

net::Task<bool> Conversation::Write() {
  const std::string head = RenderHead(request_);
  std::uint64_t written = 0;
  while (written < head.size() + request_.body.size()) {
    std::array<std::string_view, 2> parts{head, request_.body};
    const auto of_head = static_cast<std::size_t>(std::min<std::uint64_t>(written, head.size()));
    parts[0].remove_prefix(of_head);
    parts[1].remove_prefix(static_cast<std::size_t>(written - of_head));
    // No empty buffer goes to the connection.
    std::span<const std::string_view> some(parts);
    if (parts[0].empty()) some = some.subspan(1);
    if (parts[1].empty()) some = some.first(some.size() - 1);
    net::IoOperation write = connection_.WriteSome(some);
    const Result<std::size_t> n = co_await write;
    // Whether the request arrived shows in what comes back, if anything does.
    if (!n) co_return false;
    written += *n;
  }
  co_return true;
}

void Conversation::OnWriteEnd(bool good) {
  write_ended_ = true;
  write_good_ = good;
  // Posted, so that the writer's frame is gone before the conversation is.
  if (waiter_) connection_.loop().Post([waiter = waiter_] { waiter.resume(); });
}

net::Task<Result<ClientResponse>> Conversation::Read() {
  for (int interim = 0;; ++interim) {
    const Result<void> head = co_await ReadHead();
    if (!head) co_return Fail(head.error());
    const int status = parser_.head().status;
    if (status == 101 || (status < 200 && interim == kInterimResponsesMax)) {
      co_return Fail(ErrorCode::kMalformedRequest, "the answer is an unexpected interim one");
    }
    if (status >= 200) break;
    input_.erase(0, parser_.head_bytes());
    parser_.Reset();
  }
  const ResponseHead& head = parser_.head();
  response_.status = head.status;
  response_.keep_alive = head.framing.keep_alive;
  for (const Header& header : head.headers) {
    std::string name(header.name);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    response_.headers.emplace_back(std::move(name), std::string(header.value));
  }
  const Framing framing = head.framing;
  const bool bodyless = IsBodyless(head.status) || request_.method == "HEAD";
  input_.erase(0, parser_.head_bytes());
  Result<void> body;
  if (bodyless) {
    body = Result<void>();
  } else if (framing.chunked) {
    body = co_await ReadChunkedBody();
  } else if (framing.content_length) {
    body = co_await ReadLengthBody(*framing.content_length);
  } else {
    body = co_await ReadBodyToEnd();
  }
  if (!body) co_return Fail(body.error());
  // Bytes beyond the answer belong to nothing that was asked.
  if (!input_.empty()) response_.keep_alive = false;
  co_return std::move(response_);
}

net::Task<Result<void>> Conversation::ReadHead() {
  for (;;) {
    const ParseOutcome outcome = parser_.Parse(input_);
    if (outcome == ParseOutcome::kComplete) co_return Result<void>();
    if (outcome == ParseOutcome::kRefused) {
      co_return Fail(ErrorCode::kMalformedRequest, parser_.refusal().detail);
    }
    const Result<bool> more = co_await ReadMore();
    if (!more) co_return Fail(more.error());
    if (!*more) {
      co_return Fail(ErrorCode::kConnectionClosed, "the connection ended before the answer");
    }
  }
}

net::Task<Result<void>> Conversation::ReadLengthBody(std::uint64_t length) {
  if (length > limits_.body_bytes_max) co_return Fail(TooLong());
  while (input_.size() < length) {
    const Result<bool> more = co_await ReadMore();
    if (!more) co_return Fail(more.error());
    if (!*more) {
      co_return Fail(ErrorCode::kConnectionClosed, "the connection ended within the answer");
    }
  }
  response_.body = input_.substr(0, static_cast<std::size_t>(length));
  input_.erase(0, response_.body.size());
  co_return Result<void>();
}

net::Task<Result<void>> Conversation::ReadChunkedBody() {
  ChunkDecoder::Limits limits;
  limits.body_bytes_max = limits_.body_bytes_max;
  ChunkDecoder decoder(limits);
  for (;;) {
    const ChunkDecoder::Progress progress = decoder.Decode(input_, input_.data());
    response_.body.append(input_, 0, progress.produced);
    input_.erase(0, progress.consumed);
    if (progress.outcome == ChunkDecoder::Outcome::kComplete) co_return Result<void>();
    if (progress.outcome == ChunkDecoder::Outcome::kRefused) {
      if (decoder.refusal().status == 413) co_return Fail(TooLong());
      co_return Fail(ErrorCode::kMalformedRequest, decoder.refusal().detail);
    }
    const Result<bool> more = co_await ReadMore();
    if (!more) co_return Fail(more.error());
    if (!*more) {
      co_return Fail(ErrorCode::kConnectionClosed, "the connection ended within the answer");
    }
  }
}

net::Task<Result<void>> Conversation::ReadBodyToEnd() {
  response_.keep_alive = false;
  for (;;) {
    if (input_.size() > limits_.body_bytes_max) co_return Fail(TooLong());
    const Result<bool> more = co_await ReadMore();
    if (!more) co_return Fail(more.error());
    if (!*more) break;
  }
  response_.body = std::move(input_);
  input_.clear();
  co_return Result<void>();
}

net::Task<Result<bool>> Conversation::ReadMore() {
  // Doubling: what is held grows with what came.
  const std::size_t before = input_.size();
  input_.resize(before + std::clamp(before, kReadBytesMin, kReadBytesMax));
  net::IoOperation read = connection_.Read(std::span<char>(input_).subspan(before));
  const Result<std::size_t> n = co_await read;
  input_.resize(before + (n ? *n : 0));
  if (!n) co_return Fail(n.error());
  co_return *n > 0;
}

}  // namespace

std::string_view ClientResponse::Header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

net::Task<Result<ClientResponse>> Exchange(net::Connection& connection, ClientRequest request,
                                           BootTime deadline, ClientLimits limits) {
  const Result<void> good = Check(request);
  if (!good) co_return Fail(good.error());
  connection.SetReadDeadline(deadline);
  connection.SetWriteDeadline(deadline);
  Conversation conversation(connection, std::move(request), limits);
  co_return co_await conversation.Run();
}

}  // namespace coolkit::http
