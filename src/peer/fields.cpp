#include "peer/fields.h"

#include <algorithm>
#include <limits>

namespace coolkit::peer {
namespace {

constexpr std::uint8_t kEntryPresent = 1;
constexpr std::uint8_t kEntryExpires = 2;
constexpr std::string_view kDefaultType = "application/octet-stream";
constexpr std::uint64_t kNoDeadline = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kDbTimeMax = std::int64_t{1} << 55;  // microseconds: 1,141 years

bool IsPlain(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Content types become header lines; one with other bytes counts for nothing.
std::string_view HeaderSafe(std::string_view type) {
  const bool safe =
      std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return safe ? type : std::string_view();
}

constexpr ErrorCode kCodes[] = {
#define COOLKIT_ERROR_LIST(code, name) ErrorCode::code,
    COOLKIT_ERROR_CODES(COOLKIT_ERROR_LIST)
#undef COOLKIT_ERROR_LIST
};

}  // namespace

void WriteKey(ByteWriter& writer, const model::KeyRef& key) {
  writer.ShortText(key.collection);
  writer.U16(static_cast<std::uint16_t>(key.key.size()));
  writer.Bytes(key.key);
}

bool ReadKey(ByteReader& reader, model::Key& key) {
  const std::string_view collection = reader.ShortText();
  const std::string_view text = reader.Bytes(reader.U16());
  if (!reader.ok() || !model::ValidateCollection(collection) || !model::ValidateKey(text)) {
    return false;
  }
  key = model::Key(std::string(collection), std::string(text));
  return true;
}

void WriteMemberId(ByteWriter& writer, const ring::MemberId& id) {
  writer.Bytes({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

ring::MemberId ReadMemberId(ByteReader& reader) {
  ring::MemberId id;
  const std::string_view bytes = reader.Bytes(id.bytes.size());
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

void WriteMember(ByteWriter& writer, const ring::Member& member) {
  WriteMemberId(writer, member.id);
  writer.ShortText(member.name);
  writer.ShortText(member.address);
  writer.I64(member.born_us);
  writer.U8(static_cast<std::uint8_t>(member.state));
}

bool ReadMember(ByteReader& reader, ring::Member& member) {
  member.id = ReadMemberId(reader);
  member.name = reader.ShortText();
  member.address = reader.ShortText();
  member.born_us = reader.I64();
  const std::uint8_t state = reader.U8();
  member.state = static_cast<ring::MemberState>(state);
  return reader.ok() && state <= static_cast<std::uint8_t>(ring::MemberState::kDraining) &&
         member.id != ring::kNobody && IsPlain(member.name) && IsPlain(member.address);
}

void WriteIncarnation(ByteWriter& writer, const model::Incarnation& incarnation) {
  writer.U64(incarnation.system_id);
  writer.U32(incarnation.database_oid);
  writer.Bytes({reinterpret_cast<const char*>(incarnation.id.data()), incarnation.id.size()});
  writer.I64(incarnation.base);
}

model::Incarnation ReadIncarnation(ByteReader& reader) {
  model::Incarnation incarnation;
  incarnation.system_id = reader.U64();
  incarnation.database_oid = reader.U32();
  const std::string_view id = reader.Bytes(incarnation.id.size());
  std::copy(id.begin(), id.end(), incarnation.id.begin());
  incarnation.base = reader.I64();
  return incarnation;
}

void WritePosition(ByteWriter& writer, model::Position position) { writer.I64(position.value); }

model::Position ReadPosition(ByteReader& reader) { return {reader.I64()}; }

void WriteToken(ByteWriter& writer, const std::optional<model::Token>& token) {
  writer.U8(token ? 1 : 0);
  if (!token) return;
  WriteIncarnation(writer, token->incarnation);
  WritePosition(writer, token->position);
}

bool ReadToken(ByteReader& reader, std::optional<model::Token>& token) {
  const std::uint8_t there = reader.U8();
  token.reset();
  if (there == 1) {
    token.emplace();
    token->incarnation = ReadIncarnation(reader);
    token->position = ReadPosition(reader);
  }
  return reader.ok() && there <= 1;
}

void WriteDbTime(ByteWriter& writer, DbTime time) {
  const auto count = static_cast<std::int64_t>(time.time_since_epoch().count());
  writer.I64(std::clamp(count, -kDbTimeMax, kDbTimeMax));
}

bool ReadDbTime(ByteReader& reader, DbTime& time) {
  const std::int64_t count = reader.I64();
  time = DbTime(microseconds(count));
  return reader.ok() && count >= -kDbTimeMax && count <= kDbTimeMax;
}

void WriteBootTime(ByteWriter& writer, BootTime time) {
  writer.I64(time.time_since_epoch().count());
}

BootTime ReadBootTime(ByteReader& reader) { return BootTime(nanoseconds(reader.I64())); }

void WriteDuration(ByteWriter& writer, nanoseconds duration) {
  writer.I64(std::max<std::int64_t>(duration.count(), 0));
}

bool ReadDuration(ByteReader& reader, nanoseconds& duration) {
  duration = nanoseconds(reader.I64());
  return reader.ok() && duration.count() >= 0;
}

void WriteTimeLeft(ByteWriter& writer, BootTime deadline, BootTime now) {
  if (deadline == kNever) return writer.U64(kNoDeadline);
  const nanoseconds left = deadline > now ? deadline - now : nanoseconds(0);
  writer.U64(static_cast<std::uint64_t>(std::chrono::floor<microseconds>(left).count()));
}

BootTime ReadDeadline(ByteReader& reader, BootTime now, nanoseconds most) {
  const std::uint64_t left_us = reader.U64();
  const auto most_us = static_cast<std::uint64_t>(most.count() / 1000);
  return left_us >= most_us ? now + most : now + microseconds(static_cast<std::int64_t>(left_us));
}

void WriteEntry(ByteWriter& writer, const model::Entry& entry) {
  const std::optional<DbTime> expires_at = entry.expires_at();
  writer.U8(static_cast<std::uint8_t>((entry.present() ? kEntryPresent : 0) |
                                      (expires_at ? kEntryExpires : 0)));
  writer.I64(entry.version().value);
  WriteDbTime(writer, entry.modified_at());
  if (expires_at) WriteDbTime(writer, *expires_at);
  const std::string_view type = entry.content_type();
  writer.ShortText(type == kDefaultType ? std::string_view() : type);
  writer.LongText(entry.value());
}

model::EntryPtr ReadEntry(ByteReader& reader, const model::KeyRef& key) {
  model::Entry::Fields fields;
  fields.collection = key.collection;
  fields.key = key.key;
  const std::uint8_t flags = reader.U8();
  fields.present = (flags & kEntryPresent) != 0;
  fields.version.value = reader.I64();
  bool good = ReadDbTime(reader, fields.modified_at);
  if ((flags & kEntryExpires) != 0) {
    fields.expires_at.emplace();
    good = ReadDbTime(reader, *fields.expires_at) && good;
  }
  fields.content_type = HeaderSafe(reader.ShortText());
  fields.value = reader.LongText();
  // kMessageBytesMax is below the longest value.
  if (!reader.ok() || !good) return {};
  return model::Entry::Create(fields);
}

std::size_t EntryBytes(const model::Entry& entry) {
  constexpr std::size_t kFixed = 1 + 8 + 8 + 8 + 1 + 4;
  return kFixed + entry.content_type().size() + entry.value().size();
}

void WriteError(ByteWriter& writer, const Error& error) {
  writer.ShortText(ErrorCodeName(error.code));
  writer.ShortText(error.detail);
  const std::int64_t retry_ms = std::clamp<std::int64_t>(error.retry_after.count(), 0,
                                                         std::numeric_limits<std::uint32_t>::max());
  writer.U32(static_cast<std::uint32_t>(retry_ms));
}

Error ReadError(ByteReader& reader) {
  const std::string_view name = reader.ShortText();
  Error error;
  error.detail = reader.ShortText();
  error.retry_after = milliseconds(reader.U32());
  for (const ErrorCode code : kCodes) {
    if (ErrorCodeName(code) == name) error.code = code;
  }
  return error;
}

}  // namespace coolkit::peer
