// Why: heads are split into fields by Beast's basic_parser, which keeps no field of its own, and
// judged by us wherever it is lenient (RFC 9112; Beast 1.81 takes obs-fold, lists of lengths and
// `chunked, gzip`). The views of a head point into the caller's buffer; a reused table holds them,
// so that a head costs no allocation. One connection, one thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "http/framing.h"
#include "http/head_scanner.h"
#include "http/message.h"

namespace coolkit::http {

using ParseOutcome = HeadScanner::Outcome;

class RequestParser {
 public:
  struct Limits {
    std::size_t header_bytes_max = 0;
    std::size_t target_bytes_max = 0;
    std::size_t header_count_max = 0;
  };
  explicit RequestParser(Limits limits);

  // `input` begins with the head and holds all bytes that have come since Reset.
  [[nodiscard]] ParseOutcome Parse(std::string_view input);

  // After kComplete. `arrived` is the caller's to set.
  [[nodiscard]] RequestHead& head() { return head_; }
  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] std::size_t head_bytes() const { return scanner_.size(); }
  // After kRefused.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // After kComplete: the input now lies at `to` instead of `from`.
  void Moved(const char* from, const char* to);
  // For the next request.
  void Reset();
  // Gives back the table of fields.
  void Trim();
  [[nodiscard]] std::size_t capacity_bytes() const { return headers_.capacity() * sizeof(Header); }

 private:
  [[nodiscard]] ParseOutcome Refuse(const Refusal& refusal);
  [[nodiscard]] ParseOutcome Judge();

  Limits limits_;
  HeadScanner scanner_;
  std::vector<Header> headers_;
  RequestHead head_;
  Refusal refusal_;
  std::size_t input_bytes_ = 0;
};

// The head of a response.
struct ResponseHead {
  int status = 0;
  int version_minor = 1;
  std::vector<Header> headers;
  Framing framing;
};

class ResponseParser {
 public:
  explicit ResponseParser(std::size_t header_bytes_max);
  // As RequestParser::Parse; what is wrong is always a 400 to the caller's logs.
  [[nodiscard]] ParseOutcome Parse(std::string_view input);
  [[nodiscard]] const ResponseHead& head() const { return head_; }
  [[nodiscard]] std::size_t head_bytes() const { return scanner_.size(); }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  void Reset();

 private:
  HeadScanner scanner_;
  ResponseHead head_;
  Refusal refusal_;
};

}  // namespace coolkit::http
