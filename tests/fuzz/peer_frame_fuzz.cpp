// Any bytes as frames: the same messages whatever the pieces, no more memory than the limits, and
// every body decodes to nothing or to what says the same when it is encoded again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "peer/frame_reader.h"
#include "peer/handshake.h"
#include "unit/peer/samples.h"

namespace {

using coolkit::peer::FrameReader;
using coolkit::peer::MessageType;
namespace samples = coolkit::peer::samples;

constexpr std::size_t kPartialMax = 100'000;

struct Got {
  MessageType type;
  std::uint64_t id;
  std::string body;
  bool operator==(const Got&) const = default;
};
struct Read {
  std::vector<Got> messages;
  std::string error;
  bool operator==(const Read&) const = default;
};

template <class NextPiece>
Read ReadAll(std::string_view bytes, NextPiece next_piece) {
  coolkit::http::ByteBudget total(kPartialMax);
  Read read;
  {
    FrameReader reader(kPartialMax, total);
    while (!bytes.empty() && read.error.empty()) {
      const std::span<char> space = reader.Space();
      const std::size_t n = std::min({bytes.size(), space.size(), next_piece()});
      bytes.copy(space.data(), n);
      reader.Commit(n);
      bytes.remove_prefix(n);
      for (;;) {
        const auto message = reader.Next();
        CHECK(reader.partial_bytes() <= kPartialMax);
        if (!message) read.error = message.error().detail;
        if (!message || !*message) break;
        read.messages.push_back({(*message)->type, (*message)->id, std::string((*message)->body)});
      }
    }
  }
  CHECK(total.used() == 0);
  return read;
}

void DecodeBody(const Got& message) {
  static const std::vector<samples::Sample>* const kAll =
      std::make_unique<std::vector<samples::Sample>>(samples::All()).release();
  for (const samples::Sample& sample : *kAll) {
    if (sample.type != message.type) continue;
    const auto once = sample.recode(message.body);
    if (!once) return;
    const auto twice = sample.recode(*once);
    CHECK(twice && *twice == *once);
  }
  static_cast<void>(coolkit::peer::DecodeRefuse(message.body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Read whole = ReadAll(bytes, [&] { return bytes.size(); });
  CHECK(ReadAll(bytes, [] { return std::size_t{1}; }) == whole);
  coolkit::SeededRandom random(size);
  CHECK(ReadAll(bytes, [&] { return std::size_t{1} + random.Below(40); }) == whole);
  for (const Got& message : whole.messages) DecodeBody(message);
  return 0;
}
