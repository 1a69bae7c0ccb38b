// Any bytes as what a client or a database hands back later: tokens, incarnations, signed tokens,
// page tokens, traces, snapshots, codings. What is taken has one spelling, and what was made is
// taken; one that was changed is not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/page_token.h"
#include "base/check.h"
#include "base/text.h"
#include "crypto/signed_token.h"
#include "json/pointer.h"
#include "model/key.h"
#include "model/token.h"
#include "store/postgres/snapshot_text.h"
#include "telemetry/trace_context.h"

namespace {

using namespace coolkit;

// Another byte at a place that the text itself chooses.
std::string Changed(std::string text, std::uint8_t by) {
  if (!text.empty()) text[by % text.size()] = static_cast<char>(text[by % text.size()] ^ (by | 1));
  return text;
}

void TryTokens(std::string_view text) {
  if (const auto token = model::ParseToken(text)) {
    CHECK(model::FormatToken(*token).size() <= text.size());
    const auto again = model::ParseToken(model::FormatToken(*token));
    CHECK(again && again->incarnation == token->incarnation && again->position == token->position);
  }
  if (const auto life = model::ParseIncarnation(text)) {
    const auto again = model::ParseIncarnation(model::FormatIncarnation(*life));
    CHECK(again && *again == *life && again->base == life->base);
  }
  if (const auto trace = telemetry::ParseTraceparent(text)) {
    const auto again = telemetry::ParseTraceparent(trace->Header());
    CHECK(again && again->Header() == trace->Header());
  }
}

void TrySigned(std::string_view text, std::uint8_t by) {
  static_cast<void>(crypto::DecodeSignedToken("key", "purpose", text));
  const std::string token = crypto::EncodeSignedToken("key", "purpose", text);
  CHECK(crypto::DecodeSignedToken("key", "purpose", token) == text);
  CHECK(!crypto::DecodeSignedToken("key", "other", token));
  CHECK(!crypto::DecodeSignedToken("kez", "purpose", token));
  CHECK(!crypto::DecodeSignedToken("key", "purpose", Changed(token, by)));
}

void TryPages(std::string_view text, std::uint8_t by) {
  const std::string_view prefix = text.substr(0, by % (text.size() + 1));
  if (const auto from = api::ReadPageToken(text, "c", prefix)) CHECK(from->starts_with(prefix));
  if (!model::ValidateKey(text) || !IsValidUtf8(prefix)) return;
  const std::string token = api::MakePageToken("c", prefix, text);
  const auto from = api::ReadPageToken(token, "c", prefix);
  CHECK(from && *from > text);
  CHECK(!api::ReadPageToken(token, "d", prefix));
  CHECK(!api::ReadPageToken(Changed(token, by), "c", prefix));
}

void TrySnapshot(std::string_view text) {
  const auto snapshot = store::ParsePgSnapshot(text);
  if (!snapshot) return;
  CHECK(snapshot->xmin <= snapshot->xmax);
  CHECK(std::is_sorted(snapshot->xip.begin(), snapshot->xip.end()));
  for (const std::uint64_t id : snapshot->xip) {
    CHECK(id >= snapshot->xmin && id < snapshot->xmax);
  }
  CHECK(snapshot->position().value >= static_cast<std::int64_t>(snapshot->xmin));
}

void TryCodings(std::string_view text) {
  if (const auto bytes = HexDecode(text)) CHECK(HexEncode(*bytes).size() == text.size());
  if (const auto bytes = Base64Decode(text)) CHECK(Base64Encode(*bytes) == text);
  CHECK(HexDecode(HexEncode(text)) == text && Base64Decode(Base64Encode(text)) == text);
  static_cast<void>(json::ParsePointer(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  TryTokens(text);
  TrySigned(text, data[0]);
  TryPages(text, data[0]);
  TrySnapshot(text);
  TryCodings(text);
  return 0;
}
