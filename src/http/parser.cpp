#include "http/parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/none.hpp>
#include <cstdint>
#include <limits>
#include <optional>

#include "http/names.h"
#include "http/plain_head.h"
#include "http/target.h"

namespace coolkit::http {
namespace {

namespace beast = boost::beast;
using BeastCode = boost::system::error_code;

constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kAroundTargetMax = kMethodBytesMax + sizeof("  HTTP/1.1");
constexpr std::size_t kResponseFieldsMax = 256;
constexpr std::uint32_t kAllAbsent = (1u << static_cast<unsigned>(Field::kOther)) - 1;
static_assert(static_cast<unsigned>(Field::kOther) < 32);

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// `HTTP/1.1` or `HTTP/1.0` at the end of a request line. Beast tells all versions apart from these
// two only as an error, and a version that is well-formed but not ours has a status of its own.
std::optional<Refusal> CheckVersion(std::string_view version) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(version[5]) ||
      version[6] != '.' || !digit(version[7])) {
    return Malformed("the HTTP version is missing or malformed");
  }
  if (version[5] != '1' || version[7] > '1') {
    return Refusal{505, ErrorCode::kHttpVersionUnsupported,
                   "only HTTP/1.1 and HTTP/1.0 are supported", nullptr};
  }
  return std::nullopt;
}

std::optional<Refusal> CheckRequestLine(std::string_view line) {
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return Malformed("the request line is malformed");
  return CheckVersion(line.substr(space + 1));
}

std::optional<Refusal> CheckStatusLine(std::string_view line) {
  return CheckVersion(line.substr(0, line.find(' ')));
}

// Beast's parser with callbacks that keep views only.
template <bool kIsRequest>
class HeadVisitor final : public beast::http::basic_parser<kIsRequest> {
 public:
  HeadVisitor(std::string_view head, std::vector<Header>& headers)
      : head_(head), headers_(headers) {
    // Our own scanner has limited both; the body is none of Beast's business.
    this->header_limit(std::numeric_limits<std::uint32_t>::max());
    this->body_limit(boost::none);
    this->skip(true);
  }

  // Null when all of the head was good.
  [[nodiscard]] const char* Run() {
    BeastCode code;
    this->put(boost::asio::const_buffer(head_.data(), head_.size()), code);
    if (wrong_ != nullptr) return wrong_;
    if (code) return Explain(code);
    return this->is_header_done() ? nullptr : "the head is malformed";
  }

  std::string_view method;
  std::string_view target;
  int version = 0;
  int status = 0;
  std::uint32_t absent = kAllAbsent;

 private:
  static const char* Explain(const BeastCode& code) {
    using beast::http::error;
    if (code == error::bad_method) return "the method is not a token";
    if (code == error::bad_target) return "the request target is malformed";
    if (code == error::bad_field) return "a field name is malformed";
    if (code == error::bad_value) return "a field value is malformed";
    if (code == error::bad_content_length || code == error::multiple_content_length) {
      return "Content-Length is malformed";
    }
    if (code == error::bad_transfer_encoding) return "Transfer-Encoding is ambiguous";
    return "the first line is malformed";
  }

  // Beast joins folded lines and hands out a copy or the second line: a field is good only if its
  // name, colon, blanks, value, blanks and CRLF lie on one line of our own bytes.
  [[nodiscard]] bool IsFolded(std::string_view name, std::string_view value) const {
    const auto at = [](const char* p) { return reinterpret_cast<std::uintptr_t>(p); };
    const char* const end = head_.data() + head_.size();
    if (at(value.data()) < at(name.data()) || at(value.data()) + value.size() > at(end)) {
      return true;
    }
    for (const char* p = name.data() + name.size() + 1; p != value.data(); ++p) {
      if (*p != ' ' && *p != '\t') return true;
    }
    const char* p = value.data() + value.size();
    while (*p == ' ' || *p == '\t') ++p;
    // The scanner saw CRLF CRLF at the end of the head, so two more bytes are there.
    return *p != '\r' || p[2] == ' ' || p[2] == '\t';
  }

  void on_request_impl(beast::http::verb /*verb*/, beast::string_view method_text,
                       beast::string_view target_text, int version_number,
                       BeastCode& /*code*/) override {
    method = View(method_text);
    target = View(target_text);
    version = version_number;
  }
  void on_response_impl(int status_number, beast::string_view /*reason*/, int version_number,
                        BeastCode& /*code*/) override {
    status = status_number;
    version = version_number;
  }
  void on_field_impl(beast::http::field /*field*/, beast::string_view name_text,
                     beast::string_view value_text, BeastCode& code) override {
    const std::string_view name = View(name_text);
    const std::string_view value = View(value_text);
    if (IsFolded(name, value)) {
      wrong_ = "a header field is folded over several lines";
      code = beast::http::error::bad_value;
      return;
    }
    const Field field = FieldFromName(name);
    headers_.push_back(Header{field, name, value});
    absent &= ~(1u << static_cast<unsigned>(field));
  }
  void on_header_impl(BeastCode& /*code*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         BeastCode& /*code*/) override {}
  std::size_t on_body_impl(beast::string_view body, BeastCode& /*code*/) override {
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t /*size*/, beast::string_view /*extensions*/,
                            BeastCode& /*code*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, beast::string_view body,
                                 BeastCode& /*code*/) override {
    return body.size();
  }
  void on_finish_impl(BeastCode& /*code*/) override {}

  std::string_view head_;
  std::vector<Header>& headers_;
  const char* wrong_ = nullptr;
};

}  // namespace

RequestParser::RequestParser(Limits limits)
    : limits_(limits),
      scanner_({limits.header_bytes_max, limits.target_bytes_max + kAroundTargetMax,
                limits.header_count_max},
               &CheckRequestLine, true) {}

ParseOutcome RequestParser::Parse(std::string_view input) {
  const ParseOutcome scanned = scanner_.Scan(input);
  if (scanned == ParseOutcome::kNeedMore) return scanned;
  if (scanned == ParseOutcome::kRefused) return Refuse(scanner_.refusal());
  headers_.clear();
  input_bytes_ = scanner_.size();
  const std::string_view head = input.substr(scanner_.start(), scanner_.size() - scanner_.start());
  if (PlainHead plain; plain.Read(head, headers_)) {
    head_.method_text = plain.method;
    head_.method = MethodFromText(plain.method);
    head_.target = plain.target;
    head_.version_minor = plain.version_minor;
    head_.headers = headers_;
    head_.absent = kAllAbsent & ~plain.present;
    return Judge();
  }
  headers_.clear();
  HeadVisitor<true> visitor(head, headers_);
  if (const char* wrong = visitor.Run()) return Refuse(Malformed(wrong));
  head_.method_text = visitor.method;
  head_.method = MethodFromText(visitor.method);
  head_.target = visitor.target;
  head_.version_minor = visitor.version - 10;
  head_.headers = headers_;
  head_.absent = visitor.absent;
  return Judge();
}

ParseOutcome RequestParser::Judge() {
  if (head_.method_text.size() > kMethodBytesMax) {
    return Refuse(Malformed("the method is too long"));
  }
  if (head_.target.size() > limits_.target_bytes_max) {
    return Refuse({414, ErrorCode::kUriTooLong, "the request target is too long", "target_bytes"});
  }
  if (const char* wrong = CheckTarget(head_.method, head_.target)) return Refuse(Malformed(wrong));
  Framing framing;
  if (const auto refusal = CheckRequestFraming(headers_, head_.version_minor, framing)) {
    return Refuse(*refusal);
  }
  head_.content_length = framing.content_length;
  head_.chunked = framing.chunked;
  head_.expects_continue = framing.expects_continue;
  head_.keep_alive = framing.keep_alive;
  return ParseOutcome::kComplete;
}

ParseOutcome RequestParser::Refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return ParseOutcome::kRefused;
}

void RequestParser::Moved(const char* from, const char* to) {
  const auto old_begin = reinterpret_cast<std::uintptr_t>(from);
  // Only what lies in the input moves: a target may have become a constant.
  const auto move = [&](std::string_view& view) {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(view.data()) - old_begin;
    if (offset <= input_bytes_) view = std::string_view(to + offset, view.size());
  };
  move(head_.method_text);
  move(head_.target);
  for (Header& header : headers_) {
    move(header.name);
    move(header.value);
  }
}

void RequestParser::Reset() { scanner_.Reset(); }

void RequestParser::Trim() {
  head_.headers = {};
  std::vector<Header>().swap(headers_);
}

ResponseParser::ResponseParser(std::size_t header_bytes_max)
    : scanner_({header_bytes_max, header_bytes_max, kResponseFieldsMax}, &CheckStatusLine, false) {}

ParseOutcome ResponseParser::Parse(std::string_view input) {
  const ParseOutcome scanned = scanner_.Scan(input);
  if (scanned == ParseOutcome::kNeedMore) return scanned;
  if (scanned == ParseOutcome::kRefused) {
    refusal_ = scanner_.refusal();
    return scanned;
  }
  head_.headers.clear();
  HeadVisitor<false> visitor(input.substr(0, scanner_.size()), head_.headers);
  const char* wrong = visitor.Run();
  if (wrong == nullptr && (visitor.status < 100 || visitor.status > 599)) {
    wrong = "the status is not a number from 100 to 599";
  }
  if (wrong != nullptr) {
    refusal_ = Malformed(wrong);
    return ParseOutcome::kRefused;
  }
  head_.status = visitor.status;
  head_.version_minor = visitor.version - 10;
  if (const auto refusal =
          CheckResponseFraming(head_.headers, head_.version_minor, head_.framing)) {
    refusal_ = *refusal;
    return ParseOutcome::kRefused;
  }
  return ParseOutcome::kComplete;
}

void ResponseParser::Reset() { scanner_.Reset(); }

}  // namespace coolkit::http
