#include "peer/control_codec.h"

#include <set>
#include <utility>

#include "peer/fields.h"

namespace coolkit::peer {
namespace {

constexpr std::size_t kChangeBytesMin = 5 + 8;
constexpr std::size_t kChangeFixedBytes = 1 + 2 + 8;
constexpr std::size_t kCollectionsMax = 0xFFFF;
constexpr std::uint8_t kEverything = 1;

std::unexpected<Error> Malformed(const char* what) {
  return Fail(ErrorCode::kMalformedRequest, what);
}

std::size_t BytesOf(const model::ChangeSet& changes) {
  std::size_t bytes = 0;
  for (const model::Change& change : changes.keys) {
    bytes += kChangeFixedBytes + change.key.collection.size() + change.key.key.size();
  }
  for (const std::string& collection : changes.collections) bytes += 1 + collection.size();
  return bytes;
}

// What covers all of `changes` and is short.
model::ChangeSet Shortened(const model::ChangeSet& changes) {
  std::set<std::string> collections(changes.collections.begin(), changes.collections.end());
  for (const model::Change& change : changes.keys) {
    collections.insert(change.key.collection);
    if (collections.size() > kCollectionsMax) break;
  }
  model::ChangeSet shortened;
  shortened.everything = changes.everything || collections.size() > kCollectionsMax;
  if (!shortened.everything) shortened.collections.assign(collections.begin(), collections.end());
  return shortened;
}

void WriteChanges(ByteWriter& writer, const model::ChangeSet& changes) {
  writer.U8(changes.everything ? kEverything : 0);
  writer.U16(static_cast<std::uint16_t>(changes.collections.size()));
  for (const std::string& collection : changes.collections) writer.ShortText(collection);
  writer.U32(static_cast<std::uint32_t>(changes.keys.size()));
  for (const model::Change& change : changes.keys) {
    WriteKey(writer, change.key.ref());
    writer.I64(change.version.value);
  }
}

bool ReadChanges(ByteReader& reader, model::ChangeSet& changes) {
  changes.everything = (reader.U8() & kEverything) != 0;
  const std::size_t collections = reader.U16();
  if (collections > reader.left()) return false;
  changes.collections.resize(collections);
  for (std::string& collection : changes.collections) {
    collection = reader.ShortText();
    if (!reader.ok() || !model::ValidateCollection(collection)) return false;
  }
  const std::size_t keys = reader.U32();
  if (!reader.ok() || keys > reader.left() / kChangeBytesMin) return false;
  changes.keys.resize(keys);
  for (model::Change& change : changes.keys) {
    if (!ReadKey(reader, change.key)) return false;
    change.version.value = reader.I64();
  }
  return reader.ok();
}

}  // namespace

std::string EncodeHeartbeat(const ring::Heartbeat& heartbeat) {
  ByteWriter writer;
  WriteMember(writer, heartbeat.self);
  writer.I64(heartbeat.epoch);
  WriteMemberId(writer, heartbeat.leader);
  writer.U8(heartbeat.tails ? 1 : 0);
  return std::move(writer).Take();
}

Result<ring::Heartbeat> DecodeHeartbeat(std::string_view body) {
  ByteReader reader(body);
  ring::Heartbeat heartbeat;
  if (!ReadMember(reader, heartbeat.self)) return Malformed("heartbeat: bad member");
  heartbeat.epoch = reader.I64();
  heartbeat.leader = ReadMemberId(reader);
  heartbeat.tails = (reader.U8() & 1) != 0;
  if (!reader.ok()) return Malformed("heartbeat: too short");
  return heartbeat;
}

std::string EncodeViewRequest(ring::Epoch have) {
  ByteWriter writer;
  writer.I64(have);
  return std::move(writer).Take();
}

Result<ring::Epoch> DecodeViewRequest(std::string_view body) {
  ByteReader reader(body);
  const ring::Epoch have = reader.I64();
  if (!reader.ok()) return Malformed("view request: too short");
  return have;
}

std::string EncodeViewMessage(std::string_view view) {
  ByteWriter writer;
  writer.LongText(view);
  return std::move(writer).Take();
}

Result<ring::View> DecodeViewMessage(std::string_view body) {
  ByteReader reader(body);
  const std::string_view view = reader.LongText();
  if (!reader.ok()) return Malformed("view: too short");
  return ring::DecodeView(view);
}

std::string EncodePing(BootTime ping) {
  ByteWriter writer;
  WriteBootTime(writer, ping);
  return std::move(writer).Take();
}

Result<BootTime> DecodePing(std::string_view body) {
  ByteReader reader(body);
  const BootTime ping = ReadBootTime(reader);
  if (!reader.ok()) return Malformed("ping: too short");
  return ping;
}

std::string EncodeFrame(const feed::Frame& frame) {
  ByteWriter writer;
  WriteIncarnation(writer, frame.incarnation);
  WritePosition(writer, frame.prev);
  WritePosition(writer, frame.cur);
  writer.LongText(frame.snapshot);
  WriteDbTime(writer, frame.db_now);
  const bool fits = BytesOf(frame.changes) <= kFeedFrameBytesMax &&
                    frame.changes.collections.size() <= kCollectionsMax;
  if (fits) {
    WriteChanges(writer, frame.changes);
  } else {
    WriteChanges(writer, Shortened(frame.changes));
  }
  return std::move(writer).Take();
}

std::string EncodeEcho(BootTime echo) { return EncodePing(echo); }

Result<feed::Frame> DecodeFrame(std::string_view body) {
  ByteReader reader(body);
  feed::Frame frame;
  frame.echo = ReadBootTime(reader);
  frame.incarnation = ReadIncarnation(reader);
  frame.prev = ReadPosition(reader);
  frame.cur = ReadPosition(reader);
  frame.snapshot = reader.LongText();
  if (!ReadDbTime(reader, frame.db_now) || !ReadChanges(reader, frame.changes)) {
    return Malformed("frame: bad changes");
  }
  return frame;
}

std::string EncodeResend(const ResendFrom& from) {
  ByteWriter writer;
  WriteIncarnation(writer, from.incarnation);
  WritePosition(writer, from.applied);
  return std::move(writer).Take();
}

Result<ResendFrom> DecodeResend(std::string_view body) {
  ByteReader reader(body);
  ResendFrom from;
  from.incarnation = ReadIncarnation(reader);
  from.applied = ReadPosition(reader);
  if (!reader.ok()) return Malformed("resend: too short");
  return from;
}

std::string EncodeRefused(const RefusedRequest& refused) {
  ByteWriter writer;
  writer.U8(static_cast<std::uint8_t>(refused.code));
  writer.ShortText(refused.detail);
  return std::move(writer).Take();
}

Result<RefusedRequest> DecodeRefused(std::string_view body) {
  ByteReader reader(body);
  RefusedRequest refused;
  const std::uint8_t code = reader.U8();
  refused.detail = reader.ShortText();
  if (!reader.ok()) return Malformed("refused: too short");
  const bool known = code >= static_cast<std::uint8_t>(RefusedCode::kOverloaded) &&
                     code <= static_cast<std::uint8_t>(RefusedCode::kUnsupported);
  refused.code = known ? static_cast<RefusedCode>(code) : RefusedCode::kUnsupported;
  return refused;
}

}  // namespace coolkit::peer
