// Any bytes as a chunked body: decoded the same in pieces of any size, never more than the limit,
// and what was decoded survives being encoded and decoded again.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"
#include "http/chunked.h"

namespace {

using coolkit::http::ChunkDecoder;

constexpr std::size_t kBodyMax = 1000;

struct Decoded {
  ChunkDecoder::Outcome outcome = ChunkDecoder::Outcome::kNeedMore;
  std::string body;
  std::size_t consumed = 0;
  int status = 0;
  bool operator==(const Decoded&) const = default;
};

template <class NextPiece>
Decoded Decode(std::string_view bytes, NextPiece next_piece) {
  ChunkDecoder::Limits limits;
  limits.body_bytes_max = kBodyMax;
  ChunkDecoder decoder(limits);
  Decoded decoded;
  while (decoded.consumed < bytes.size() && decoded.outcome == ChunkDecoder::Outcome::kNeedMore) {
    std::string input(bytes.substr(decoded.consumed, next_piece()));
    const ChunkDecoder::Progress progress = decoder.Decode(input, input.data());
    CHECK(progress.produced <= progress.consumed && progress.consumed <= input.size());
    decoded.outcome = progress.outcome;
    decoded.consumed += progress.consumed;
    decoded.body.append(input, 0, progress.produced);
  }
  if (decoded.outcome == ChunkDecoder::Outcome::kRefused) {
    decoded.status = decoder.refusal().status;
  }
  CHECK(decoded.body.size() <= kBodyMax);
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Decoded whole = Decode(bytes, [&] { return bytes.size(); });
  CHECK(Decode(bytes, [] { return std::size_t{1}; }) == whole);
  coolkit::SeededRandom random(coolkit::Hash64(bytes));
  CHECK(Decode(bytes, [&] { return std::size_t{1} + random.Below(20); }) == whole);
  if (whole.outcome != ChunkDecoder::Outcome::kComplete) return 0;
  std::string again;
  if (!whole.body.empty()) {
    char size_line[32];
    std::snprintf(size_line, sizeof size_line, "%zx\r\n", whole.body.size());
    again = size_line + whole.body + "\r\n";
  }
  again += "0\r\n\r\n";
  const Decoded second = Decode(again, [&] { return again.size(); });
  CHECK(second.outcome == ChunkDecoder::Outcome::kComplete && second.body == whole.body);
  return 0;
}
