#include "bench/history_json.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/text.h"
#include "bench/history_format.h"
#include "json/value.h"
#include "json/writer.h"
#include "model/token.h"

namespace coolkit::bench {
namespace {

constexpr json::ParseLimits kLineLimits{.depth_max = 4, .bytes_max = 16U << 20, .values_max = 64};

// Reads one object member by member; remembers the first member that is wrong.
class LineReader {
 public:
  LineReader(const json::Value& line, History& history) : line_(line), history_(history) {}

  // Empty: it is good; else what is wrong.
  [[nodiscard]] std::string Read(Operation& operation) {
    if (line_.kind() != json::Kind::kObject) return "it is no JSON object";
    for (const json::Member& member : line_.members()) {
      if (!Take(member.name, member.value, operation)) {
        return "the member \"" + member.name + "\" is unknown or wrong";
      }
    }
    if (!has_kind_ || !has_key_ || !has_start_ || !has_end_ || !has_outcome_) {
      return "kind, key, start_ns, end_ns or outcome is missing";
    }
    if (operation.end_ns < operation.start_ns) return "it ends before it starts";
    return {};
  }

 private:
  bool Take(std::string_view name, const json::Value& value, Operation& operation) {
    if (name == "client") return Number(value, kClientMask, operation.client);
    if (name == "kind") return has_kind_ = KindOf(value.string(), operation);
    if (name == "outcome") return has_outcome_ = OutcomeOf(value.string(), operation);
    if (name == "key") return has_key_ = KeyOf(value.string(), operation.key);
    if (name == "start_ns") return has_start_ = Signed(value.number_token(), operation.start_ns);
    if (name == "end_ns") return has_end_ = Signed(value.number_token(), operation.end_ns);
    if (name == "version") return VersionOf(value.string(), operation.version);
    if (name == "digest") return DigestFrom(value.string(), operation.digest);
    if (name == "text") return Digest(value.string(), value, operation.digest);
    if (name == "base64") {
      const auto bytes = Base64Decode(value.string());
      return bytes && Digest(*bytes, value, operation.digest);
    }
    if (name == "given") {
      return Token(value.string(), operation.given_incarnation, operation.given_position);
    }
    if (name == "received") {
      return Token(value.string(), operation.received_incarnation, operation.received_position);
    }
    constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();
    if (name == "ttl_ms" || name == "max_staleness_ms") {
      return Number(value, kMax, operation.limit_ms) && operation.limit_ms > 0;
    }
    const std::uint8_t mark = name == "strong"  ? kStrongMark
                              : name == "stale" ? kStaleMark
                              : name == "batch" ? kBatchMark
                                                : std::uint8_t{0};
    if (mark == 0 || value.kind() != json::Kind::kBool) return false;
    if (value.bool_value()) operation.marks |= mark;
    return true;
  }

  static bool Number(const json::Value& value, std::uint32_t max, std::uint32_t& into) {
    const auto number = ParseDecimal(value.number_token());
    if (!number || *number > max) return false;
    into = static_cast<std::uint32_t>(*number);
    return true;
  }

  static bool Signed(std::string_view token, std::int64_t& into) {
    const auto done = std::from_chars(token.data(), token.data() + token.size(), into);
    return !token.empty() && done.ec == std::errc() && done.ptr == token.data() + token.size();
  }

  static bool KindOf(std::string_view text, Operation& into) {
    for (std::size_t i = 0; i < kKindCount; ++i) {
      into.kind = static_cast<Kind>(i);
      if (KindName(into.kind) == text) return true;
    }
    return false;
  }

  static bool OutcomeOf(std::string_view text, Operation& into) {
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      into.outcome = static_cast<Outcome>(i);
      if (OutcomeName(into.outcome) == text) return true;
    }
    return false;
  }

  bool KeyOf(std::string_view text, std::uint32_t& into) {
    if (text.empty() || text.size() > kKeyBytesMax) return false;
    into = history_.keys().Number(text);
    return true;
  }

  static bool VersionOf(std::string_view text, std::int64_t& into) {
    return Signed(text, into) && into > 0;
  }

  static bool DigestFrom(std::string_view text, std::uint64_t& into) {
    const auto done = std::from_chars(text.data(), text.data() + text.size(), into, 16);
    return text.size() == 16 && done.ec == std::errc() && done.ptr == text.data() + 16 && into > 0;
  }

  static bool Digest(std::string_view bytes, const json::Value& value, std::uint64_t& into) {
    into = DigestOf(bytes);
    return value.kind() == json::Kind::kString;
  }

  bool Token(std::string_view text, std::uint8_t& incarnation, std::int64_t& position) {
    const auto token = model::ParseToken(text);
    if (!token) return false;
    const auto number = history_.IncarnationNumber(text.substr(0, text.rfind(':')));
    incarnation = number.value_or(0);
    position = token->position.value;
    return number.has_value();
  }

  const json::Value& line_;
  History& history_;
  bool has_kind_ = false;
  bool has_key_ = false;
  bool has_start_ = false;
  bool has_end_ = false;
  bool has_outcome_ = false;
};

void WriteToken(json::Writer& writer, std::string_view name, const History& history,
                std::uint8_t incarnation, std::int64_t position) {
  if (incarnation == 0) return;
  writer.Field(name,
               std::string(history.IncarnationName(incarnation)) + ":" + std::to_string(position));
}

std::string Hex(std::uint64_t number) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4U) {
    *digit = "0123456789abcdef"[number & 15U];
  }
  return text;
}

}  // namespace

Result<std::uint64_t> ReadJsonHistory(std::string_view text, History& history) {
  const auto source = history.AddSource();
  if (!source) return Fail(ErrorCode::kInvalidRequest, "there are too many histories");
  History::Shards& part = history.AddPart();
  std::uint64_t count = 0;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto value = json::Parse(line, kLineLimits);
    Operation operation;
    const std::string wrong =
        value ? LineReader(*value, history).Read(operation) : value.error().detail;
    if (!wrong.empty()) {
      return Fail(ErrorCode::kInvalidRequest, "line " + std::to_string(number) + ": " + wrong);
    }
    operation.client |= *source << kClientBits;
    part[operation.key % History::kShards].push_back(operation);
    ++count;
  }
  return count;
}

void AppendJsonLine(const History& history, const Operation& operation, std::string& out) {
  json::Writer writer(out);
  writer.BeginObject();
  writer.Field("client", operation.client & kClientMask);
  writer.Field("kind", KindName(operation.kind));
  writer.Field("key", history.keys().Name(operation.key));
  writer.Field("start_ns", operation.start_ns);
  writer.Field("end_ns", operation.end_ns);
  writer.Field("outcome", OutcomeName(operation.outcome));
  if (operation.version != 0) writer.Field("version", std::to_string(operation.version));
  if (operation.digest != 0) writer.Field("digest", Hex(operation.digest));
  WriteToken(writer, "given", history, operation.given_incarnation, operation.given_position);
  WriteToken(writer, "received", history, operation.received_incarnation,
             operation.received_position);
  if (operation.limit_ms != 0) {
    writer.Field(operation.IsWrite() ? "ttl_ms" : "max_staleness_ms", operation.limit_ms);
  }
  if (operation.Has(kStrongMark)) writer.Field("strong", true);
  if (operation.Has(kStaleMark)) writer.Field("stale", true);
  if (operation.Has(kBatchMark)) writer.Field("batch", true);
  writer.EndObject();
  out += '\n';
}

}  // namespace coolkit::bench
