#include "bench/trace_file.h"

#include <lzma.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <unordered_map>

namespace coolkit::bench {
namespace {

constexpr std::uint64_t kLzmaMemoryMax = 512U << 20U;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;

std::unexpected<Error> Wrong(std::string what) {
  return Fail(ErrorCode::kInvalidRequest, std::move(what));
}

Result<std::string> UnpackXz(std::string_view bytes) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kLzmaMemoryMax, LZMA_CONCATENATED) != LZMA_OK) {
    return Wrong("xz can't be started");
  }
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string out;
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && out.size() <= kTraceBytesMax) {
    const std::size_t before = out.size();
    out.resize(before + kChunkBytes);
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data() + before);
    stream.avail_out = kChunkBytes;
    state = lzma_code(&stream, LZMA_FINISH);
    out.resize(out.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (state != LZMA_STREAM_END) return Wrong("the xz stream is damaged or too large");
  return out;
}

Result<std::string> UnpackZstd(std::string_view bytes) {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string out;
  std::size_t left = 1;
  while ((in.pos < in.size || left != 0) && out.size() <= kTraceBytesMax) {
    const std::size_t before = out.size();
    out.resize(before + kChunkBytes);
    ZSTD_outBuffer chunk{out.data() + before, kChunkBytes, 0};
    left = ZSTD_decompressStream(context.get(), &chunk, &in);
    out.resize(before + chunk.pos);
    const bool stuck = in.pos == in.size && chunk.pos < kChunkBytes && left != 0;
    if (ZSTD_isError(left) != 0 || stuck) return Wrong("the zstd stream is damaged");
  }
  if (out.size() > kTraceBytesMax) return Wrong("the trace is too large");
  return out;
}

class Numbering {
 public:
  explicit Numbering(KeyTrace& trace) : trace_(trace) {}
  // False: there are too many.
  bool Add(std::uint64_t key) {
    if (trace_.requests.size() == kTraceRequestsMax) return false;
    trace_.requests.push_back(
        numbers_.emplace(key, static_cast<std::uint32_t>(numbers_.size())).first->second);
    trace_.keys = static_cast<std::uint32_t>(numbers_.size());
    return true;
  }

 private:
  KeyTrace& trace_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
};

// The number at the front of `line`, which it loses.
bool TakeNumber(std::string_view& line, std::uint64_t& number) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto done = std::from_chars(line.data(), line.data() + line.size(), number);
  if (done.ec != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(done.ptr - line.data()));
  return true;
}

Result<void> ParseLines(std::string_view text, Numbering& numbering) {
  for (std::size_t row = 1; !text.empty(); ++row) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    std::uint64_t start = 0;
    std::uint64_t count = 0;
    if (!TakeNumber(line, start) || !TakeNumber(line, count)) {
      return Wrong("line " + std::to_string(row) + " of the trace is not `start count …`");
    }
    bool room = count <= kTraceRequestsMax;
    for (std::uint64_t i = 0; i < count && room; ++i) room = numbering.Add(start + i);
    if (!room) return Wrong("the trace has too many requests");
  }
  return {};
}

}  // namespace

Result<std::string> UnpackTrace(std::string_view bytes) {
  constexpr std::string_view kXz(
      "\xfd"
      "7zXZ\0",
      6);
  constexpr std::string_view kZstd("\x28\xb5\x2f\xfd", 4);
  constexpr std::string_view kGzip("\x1f\x8b", 2);
  if (bytes.starts_with(kXz)) return UnpackXz(bytes);
  if (bytes.starts_with(kZstd)) return UnpackZstd(bytes);
  if (bytes.starts_with(kGzip)) return Wrong("gzip is not understood: unpack it first");
  if (bytes.size() > kTraceBytesMax) return Wrong("the trace is too large");
  return std::string(bytes);
}

Result<KeyTrace> ParseTrace(std::string_view bytes, TraceFormat format) {
  KeyTrace trace;
  Numbering numbering(trace);
  if (format == TraceFormat::kArcLines) {
    if (const auto done = ParseLines(bytes, numbering); !done) return Fail(done.error());
  } else {
    const std::size_t width = format == TraceFormat::kBigEndian32 ? 4 : 8;
    if (bytes.size() % width != 0) {
      return Wrong("the trace's size is no multiple of " + std::to_string(width));
    }
    for (std::size_t at = 0; at < bytes.size(); at += width) {
      std::uint64_t key = 0;
      for (std::size_t i = 0; i < width; ++i) {
        key = key << 8U | static_cast<unsigned char>(bytes[at + i]);
      }
      if (!numbering.Add(key)) return Wrong("the trace has too many requests");
    }
  }
  if (trace.requests.empty()) return Wrong("the trace is empty");
  return trace;
}

}  // namespace coolkit::bench
