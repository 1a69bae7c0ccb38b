#include "http/chunked.h"

#include <algorithm>
#include <cstring>

#include "http/framing.h"
#include "http/names.h"

namespace coolkit::http {
namespace {

constexpr unsigned kSizeDigitsMax = 16;  // all of them fit in 64 bits

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Allowed in a field value or a quoted string: no control character but the tab.
bool IsText(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

constexpr Refusal kBadSize = Malformed("a chunk size is malformed");
constexpr Refusal kBadExtension = Malformed("a chunk extension is malformed");
constexpr Refusal kBadData = Malformed("a chunk is not followed by CRLF");
constexpr Refusal kBadTrailer = Malformed("a trailer field is malformed");
constexpr Refusal kForbiddenTrailer = Malformed("a trailer field may not stand in a trailer");
constexpr Refusal kLongExtensions{400, ErrorCode::kMalformedRequest,
                                  "the chunk extensions are too long", "chunk_extension_bytes"};
constexpr Refusal kLongTrailer{431, ErrorCode::kHeadersTooLarge, "the trailer is too long",
                               "trailer_bytes"};
constexpr Refusal kLongBody{413, ErrorCode::kPayloadTooLarge, "the body is too long", "body_bytes"};

}  // namespace

ChunkDecoder::Progress ChunkDecoder::Decode(std::string_view input, char* out) {
  Progress progress;
  while (progress.consumed < input.size() && state_ != State::kComplete) {
    if (state_ == State::kData) {
      const std::size_t n = static_cast<std::size_t>(
          std::min<std::uint64_t>(chunk_left_, input.size() - progress.consumed));
      std::memmove(out + progress.produced, input.data() + progress.consumed, n);
      progress.consumed += n;
      progress.produced += n;
      chunk_left_ -= n;
      if (chunk_left_ == 0) state_ = State::kDataCr;
      continue;
    }
    if (!Step(input[progress.consumed])) {
      progress.outcome = Outcome::kRefused;
      return progress;
    }
    ++progress.consumed;
  }
  if (state_ == State::kComplete) progress.outcome = Outcome::kComplete;
  return progress;
}

bool ChunkDecoder::Step(char c) {
  switch (state_) {
    case State::kSizeStart:
    case State::kSize:
    case State::kSizeLf:
      return StepSize(c);
    case State::kExtensionBlank:
    case State::kExtensionNameStart:
    case State::kExtensionName:
    case State::kExtensionNameBlank:
    case State::kExtensionValueStart:
    case State::kExtensionToken:
    case State::kExtensionQuoted:
    case State::kExtensionEscape:
    case State::kExtensionEnd:
      if (++extension_bytes_ > limits_.extension_bytes_max) return Refuse(kLongExtensions);
      return StepExtension(c);
    case State::kDataCr:
      state_ = State::kDataLf;
      return c == '\r' || Refuse(kBadData);
    case State::kDataLf:
      state_ = State::kSizeStart;
      return c == '\n' || Refuse(kBadData);
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailerValue:
    case State::kTrailerLf:
    case State::kEndLf:
      if (++trailer_bytes_ > limits_.trailer_bytes_max) return Refuse(kLongTrailer);
      return StepTrailer(c);
    case State::kData:
    case State::kComplete:
    case State::kRefused:
      break;
  }
  return false;
}

bool ChunkDecoder::StepSize(char c) {
  if (state_ == State::kSizeLf) return c == '\n' ? EndSizeLine() : Refuse(kBadSize);
  if (const int digit = HexValue(c); digit >= 0) {
    if (state_ == State::kSizeStart) {
      chunk_left_ = 0;
      size_digits_ = 0;
      state_ = State::kSize;
    }
    if (++size_digits_ > kSizeDigitsMax) return Refuse(kBadSize);
    chunk_left_ = chunk_left_ * 16 + static_cast<std::uint64_t>(digit);
    return true;
  }
  if (state_ == State::kSizeStart) return Refuse(kBadSize);
  if (c == '\r') {
    state_ = State::kSizeLf;
    return true;
  }
  if (c != ';' && !IsBlank(c)) return Refuse(kBadSize);
  if (++extension_bytes_ > limits_.extension_bytes_max) return Refuse(kLongExtensions);
  state_ = c == ';' ? State::kExtensionNameStart : State::kExtensionBlank;
  return true;
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
bool ChunkDecoder::StepExtension(char c) {
  switch (state_) {
    case State::kExtensionBlank:
      if (IsBlank(c)) return true;
      state_ = State::kExtensionNameStart;
      return c == ';' || Refuse(kBadExtension);
    case State::kExtensionNameStart:
      if (IsBlank(c)) return true;
      state_ = State::kExtensionName;
      return IsTokenChar(c) || Refuse(kBadExtension);
    case State::kExtensionName:
    case State::kExtensionNameBlank:
      if (c == '=') {
        state_ = State::kExtensionValueStart;
        return true;
      }
      if (state_ == State::kExtensionName && IsTokenChar(c)) return true;
      return AfterExtensionPart(c, State::kExtensionNameBlank);
    default:
      return StepExtensionValue(c);
  }
}

bool ChunkDecoder::StepExtensionValue(char c) {
  switch (state_) {
    case State::kExtensionValueStart:
      if (IsBlank(c)) return true;
      if (c == '"') {
        state_ = State::kExtensionQuoted;
        return true;
      }
      state_ = State::kExtensionToken;
      return IsTokenChar(c) || Refuse(kBadExtension);
    case State::kExtensionToken:
      return IsTokenChar(c) || AfterExtensionPart(c, State::kExtensionBlank);
    case State::kExtensionQuoted:
      if (c == '"') state_ = State::kExtensionEnd;
      if (c == '\\') state_ = State::kExtensionEscape;
      return IsText(c) || Refuse(kBadExtension);
    case State::kExtensionEscape:
      state_ = State::kExtensionQuoted;
      return IsText(c) || Refuse(kBadExtension);
    default:  // kExtensionEnd
      return AfterExtensionPart(c, State::kExtensionBlank);
  }
}

// What may follow a whole name or value: the line's end, the next extension, blanks before either
// `=` (after a name) or `;`.
bool ChunkDecoder::AfterExtensionPart(char c, State on_blank) {
  if (c == ';') {
    state_ = State::kExtensionNameStart;
  } else if (IsBlank(c)) {
    state_ = on_blank;
  } else if (c == '\r' && state_ != State::kExtensionNameBlank) {
    state_ = State::kSizeLf;
  } else {
    return Refuse(kBadExtension);
  }
  return true;
}

bool ChunkDecoder::EndSizeLine() {
  if (chunk_left_ == 0) {
    state_ = State::kTrailerStart;
    return true;
  }
  if (chunk_left_ > limits_.body_bytes_max - body_bytes_) return Refuse(kLongBody);
  body_bytes_ += chunk_left_;
  state_ = State::kData;
  return true;
}

bool ChunkDecoder::StepTrailer(char c) {
  switch (state_) {
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kEndLf;
        return true;
      }
      if (++trailers_ > limits_.trailer_count_max) return Refuse(kLongTrailer);
      name_bytes_ = 0;
      state_ = State::kTrailerName;
      [[fallthrough]];
    case State::kTrailerName:
      if (c == ':') return EndTrailerName();
      if (!IsTokenChar(c)) return Refuse(kBadTrailer);
      if (name_bytes_ < name_.size()) name_[name_bytes_] = c;
      ++name_bytes_;
      return true;
    case State::kTrailerValue:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return true;
      }
      return IsText(c) || Refuse(kBadTrailer);
    case State::kTrailerLf:
      state_ = State::kTrailerStart;
      return c == '\n' || Refuse(kBadTrailer);
    default:  // kEndLf
      state_ = State::kComplete;
      return c == '\n' || Refuse(kBadTrailer);
  }
}

bool ChunkDecoder::EndTrailerName() {
  if (name_bytes_ == 0) return Refuse(kBadTrailer);
  if (name_bytes_ <= name_.size() &&
      !IsAllowedTrailer(std::string_view(name_.data(), name_bytes_))) {
    return Refuse(kForbiddenTrailer);
  }
  state_ = State::kTrailerValue;
  return true;
}

bool ChunkDecoder::Refuse(const Refusal& refusal) {
  refusal_ = refusal;
  state_ = State::kRefused;
  return false;
}

}  // namespace coolkit::http
