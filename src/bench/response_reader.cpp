#include "bench/response_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace coolkit::bench {
namespace {

// Case-insensitive; `name` is in lower case.
bool Is(std::string_view text, std::string_view name) {
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != name[i]) return false;
  }
  return true;
}

std::int64_t VersionOf(std::string_view tag) {
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return 0;
  std::int64_t version = 0;
  const char* end = tag.data() + tag.size() - 1;
  const auto done = std::from_chars(tag.data() + 1, end, version);
  return done.ec == std::errc() && done.ptr == end && version > 0 ? version : 0;
}

// Takes one header field. False: it frames the answer in a way that is not understood.
bool TakeField(std::string_view name, std::string_view value, Answer& answer,
               std::optional<std::uint64_t>& length) {
  switch (name.size()) {
    case 4:
      if (Is(name, "etag")) answer.version = VersionOf(value);
      return true;
    case 10:
      if (Is(name, "connection") && Is(value, "close")) answer.keep_alive = false;
      return true;
    case 12:
      if (!Is(name, "cache-status")) return true;
      answer.hit = value.find("; hit") != std::string_view::npos;
      answer.stale = value.find("detail=stale") != std::string_view::npos;
      return true;
    case 14:
      if (!Is(name, "content-length")) return true;
      length = ParseDecimal(value);
      return length.has_value();
    case 16:
      if (Is(name, "coolkit-position")) answer.position = value;
      return true;
    case 17:
      return !Is(name, "transfer-encoding");
    default:
      return true;
  }
}

// The status of `HTTP/1.x NNN …`; 0: it is none.
int StatusOf(std::string_view line) {
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return 0;
  int status = 0;
  const auto done = std::from_chars(line.data() + 9, line.data() + 12, status);
  return done.ptr == line.data() + 12 && status >= 100 && status <= 599 ? status : 0;
}

}  // namespace

ReadState ReadAnswer(std::string_view input, bool to_head, Answer& answer, std::size_t& size) {
  const std::size_t end = input.find("\r\n\r\n");
  size = input.size() + 1;
  if (end == std::string_view::npos) {
    return input.size() > kAnswerHeadBytesMax ? ReadState::kMalformed : ReadState::kNeedMore;
  }
  std::string_view head = input.substr(0, end + 2);
  answer = Answer();
  std::optional<std::uint64_t> length;
  std::size_t line_end = head.find('\n');
  answer.status = StatusOf(head.substr(0, line_end));
  if (answer.status < 200) return ReadState::kMalformed;
  head.remove_prefix(line_end + 1);
  while (!head.empty()) {
    line_end = head.find('\n');
    std::string_view line = head.substr(0, line_end - 1);
    head.remove_prefix(line_end + 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return ReadState::kMalformed;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (!TakeField(line.substr(0, colon), value, answer, length)) return ReadState::kMalformed;
  }
  const bool bodyless = to_head || answer.status == 204 || answer.status == 304;
  if (!bodyless && !length) return ReadState::kMalformed;
  const std::uint64_t body = bodyless ? 0 : *length;
  if (body > kAnswerBodyBytesMax) return ReadState::kMalformed;
  size = end + 4 + static_cast<std::size_t>(body);
  if (input.size() < size) return ReadState::kNeedMore;
  answer.body = input.substr(end + 4, static_cast<std::size_t>(body));
  return ReadState::kComplete;
}

}  // namespace coolkit::bench
