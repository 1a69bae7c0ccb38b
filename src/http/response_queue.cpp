#include "http/response_queue.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "http/spare_text.h"
#include "http/status.h"

namespace coolkit::http {
namespace {

constexpr std::size_t kOwnBytes = 192;  // more than our own lines of a head have
// A small body is copied behind its head: a write of one buffer costs less than one of two, and a
// batch of pipelined responses should go out in one.
constexpr std::size_t kCopiedBodyMax = 1024;

void AppendStatusLine(std::string& out, int status) {
  const std::string_view line = StatusLine(status);
  if (!line.empty()) {
    out += line;
    return;
  }
  CHECK(status >= 100 && status <= 999);
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" Unknown\r\n");
}

}  // namespace

std::uint64_t ResponseQueue::Add(Response&& response, Options options, std::int64_t unix_seconds) {
  const std::size_t before = heads_.size();
  const std::uint64_t size = response.body.size();
  const bool copied = size <= kCopiedBodyMax;
  heads_.reserve(before + kOwnBytes + response.headers.size() + (copied ? size : 0));
  AppendStatusLine(heads_, response.status);
  AppendDate(unix_seconds);
  heads_ += response.headers;
  SpareText::Give(std::move(response.headers));
  const bool bodyless = IsBodyless(response.status);
  if (!bodyless) {
    AppendContentLength(response.content_length_override.value_or(size));
  } else if (response.status == 304 && response.content_length_override) {
    AppendContentLength(*response.content_length_override);
  }
  if (options.close) {
    heads_ += "Connection: close\r\n";
  } else if (options.keep_alive_1_0) {
    heads_ += "Connection: keep-alive\r\n";
  }
  heads_ += "\r\n";
  Piece piece;
  if (!bodyless && !options.head_request) {
    if (copied) {
      heads_ += response.body.view();
    } else {
      piece.body = std::move(response.body);
    }
  }
  piece.head_end = heads_.size();
  const std::uint64_t bytes = heads_.size() - before + piece.body.size();
  bytes_left_ += bytes;
  pieces_.push_back(std::move(piece));
  return bytes;
}

void ResponseQueue::AddContinue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  heads_ += kContinue;
  Piece piece;
  piece.head_end = heads_.size();
  pieces_.push_back(std::move(piece));
  bytes_left_ += kContinue.size();
}

void ResponseQueue::AppendDate(std::int64_t unix_seconds) {
  if (unix_seconds != date_seconds_) {
    const std::string line = "Date: " + FormatHttpDate(unix_seconds) + "\r\n";
    CHECK(line.size() == date_line_.size());
    std::memcpy(date_line_.data(), line.data(), line.size());
    date_seconds_ = unix_seconds;
  }
  heads_.append(date_line_.data(), date_line_.size());
}

void ResponseQueue::AppendContentLength(std::uint64_t length) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), length);
  CHECK(error == std::errc());
  heads_.append("Content-Length: ")
      .append(digits.data(), static_cast<std::size_t>(end - digits.data()))
      .append("\r\n");
}

std::size_t ResponseQueue::Gather(std::span<std::string_view, kBuffersMax> buffers) const {
  std::size_t count = 0;
  std::uint64_t skip = written_;
  std::size_t head_begin = 0;
  const std::string_view heads = heads_;
  for (const Piece& piece : pieces_) {
    // Heads of pieces without bodies between them are one buffer.
    const std::string_view head = heads.substr(head_begin, piece.head_end - head_begin);
    head_begin = piece.head_end;
    for (std::string_view part : {head, piece.body.view()}) {
      const std::uint64_t skipped = std::min<std::uint64_t>(skip, part.size());
      skip -= skipped;
      part.remove_prefix(static_cast<std::size_t>(skipped));
      if (part.empty()) continue;
      std::string_view& last = buffers[count == 0 ? 0 : count - 1];
      if (count > 0 && last.data() + last.size() == part.data()) {
        last = std::string_view(last.data(), last.size() + part.size());
        continue;
      }
      if (count == buffers.size()) return count;
      buffers[count++] = part;
    }
  }
  return count;
}

void ResponseQueue::Advance(std::uint64_t n) {
  CHECK(n <= bytes_left_);
  bytes_left_ -= n;
  written_ += n;
  if (bytes_left_ > 0) return;
  heads_.clear();
  pieces_.clear();
  written_ = 0;
}

void ResponseQueue::Trim() {
  if (!empty()) return;
  std::string().swap(heads_);
  std::vector<Piece>().swap(pieces_);
}

}  // namespace coolkit::http
