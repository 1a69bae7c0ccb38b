// The part of ServerConnection that reads request bodies.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "http/chunked.h"
#include "http/server_connection.h"

namespace coolkit::http {
namespace {

constexpr std::uint64_t kTinyBodyMax = 16 * 1024;
constexpr std::size_t kChunkSlack = 4 * 1024;  // framing that lies in the block with the payload

constexpr Refusal kBodyTooLong{413, ErrorCode::kPayloadTooLarge, "the body is too long",
                               "body_bytes"};
constexpr Refusal kBodyTooSlow{408, ErrorCode::kRequestTimeout,
                               "the body of the request took too long", "body_timeout"};
constexpr Refusal kBodiesTooMany{503, ErrorCode::kOverloaded,
                                 "too many bytes of requests are in memory",
                                 "body_bytes_in_flight"};

std::size_t SaturatingAdd(std::size_t a, std::uint64_t b) {
  const std::uint64_t room = std::numeric_limits<std::size_t>::max() - a;
  return a + static_cast<std::size_t>(std::min(b, room));
}

}  // namespace

bool ServerConnection::HasBody() const {
  const RequestHead& head = parser_.head();
  return head.chunked || head.content_length.value_or(0) > 0;
}

bool ServerConnection::HasTinyBody() const {
  const RequestHead& head = parser_.head();
  if (!head.content_length || *head.content_length > kTinyBodyMax) return false;
  // Who waits for `100 Continue` may send the body or not after another answer: nobody could tell
  // it from the next request.
  return !head.expects_continue ||
         input_.size() >= parser_.head_bytes() + static_cast<std::size_t>(*head.content_length);
}

net::Task<ServerConnection::BodyOutcome> ServerConnection::ReadBody(std::uint64_t body_bytes_max) {
  const RequestHead& head = parser_.head();
  const std::uint64_t announced = head.content_length.value_or(0);
  if (announced > body_bytes_max) co_return RefuseBody(kBodyTooLong);
  if (announced > InputBuffer::kFreeBytes && announced > shared_->body_bytes.left()) {
    co_return RefuseBody(kBodiesTooMany);
  }
  body_until_ = now_ + shared_->limits.body_timeout;
  if (head.expects_continue && input_.size() == parser_.head_bytes()) {
    queue_.AddContinue();
    const bool flushed = co_await Flush();
    if (!flushed) co_return BodyOutcome::kEnded;
  }
  if (head.chunked) co_return co_await ReadChunkedBody(body_bytes_max);
  co_return co_await ReadLengthBody(static_cast<std::size_t>(announced));
}

net::Task<ServerConnection::BodyOutcome> ServerConnection::ReadLengthBody(std::size_t length) {
  const std::size_t end = parser_.head_bytes() + length;
  while (input_.size() < end) {
    const BodyOutcome outcome = co_await ReadMoreBody(end);
    if (outcome != BodyOutcome::kGood) co_return outcome;
  }
  body_end_ = end;
  request_end_ = end;
  wire_bytes_ = end;
  co_return BodyOutcome::kGood;
}

net::Task<ServerConnection::BodyOutcome> ServerConnection::ReadChunkedBody(
    std::uint64_t body_bytes_max) {
  ChunkDecoder::Limits limits;
  limits.body_bytes_max = body_bytes_max;
  ChunkDecoder decoder(limits);
  const std::size_t size_max = SaturatingAdd(parser_.head_bytes() + kChunkSlack, body_bytes_max);
  for (;;) {
    const ChunkDecoder::Progress progress =
        decoder.Decode(input_.unread().substr(request_end_), input_.data() + body_end_);
    body_end_ += progress.produced;
    request_end_ += progress.consumed;
    wire_bytes_ += progress.consumed;
    if (progress.outcome == ChunkDecoder::Outcome::kComplete) co_return BodyOutcome::kGood;
    if (progress.outcome == ChunkDecoder::Outcome::kRefused) {
      co_return RefuseBody(decoder.refusal());
    }
    // All of it was consumed: what comes next overwrites the framing.
    input_.Truncate(body_end_);
    request_end_ = body_end_;
    const BodyOutcome outcome = co_await ReadMoreBody(size_max);
    if (outcome != BodyOutcome::kGood) co_return outcome;
  }
}

// Reads some bytes behind those that are there; head and body may move.
net::Task<ServerConnection::BodyOutcome> ServerConnection::ReadMoreBody(std::size_t size_max) {
  if (!queue_.empty()) {
    const bool flushed = co_await Flush();
    if (!flushed) co_return BodyOutcome::kEnded;
  }
  const char* const before = input_.data();
  if (!input_.MakeSpace(size_max)) co_return RefuseBody(kBodiesTooMany);
  if (input_.data() != before) parser_.Moved(before, input_.data());
  connection_->SetReadDeadline(body_until_);
  net::IoOperation read = connection_->Read(input_.space());
  const Result<std::size_t> got = co_await read;
  now_ = loop_.Now();
  if (!got && got.error().code == ErrorCode::kTimeout) co_return RefuseBody(kBodyTooSlow);
  if (!got || *got == 0) co_return BodyOutcome::kEnded;
  input_.Commit(*got);
  co_return BodyOutcome::kGood;
}

ServerConnection::BodyOutcome ServerConnection::RefuseBody(Refusal refusal) {
  body_refusal_ = refusal;
  return BodyOutcome::kRefused;
}

}  // namespace coolkit::http
