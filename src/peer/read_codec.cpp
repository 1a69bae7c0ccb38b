#include <utility>

#include "base/check.h"
#include "peer/fields.h"
#include "peer/protocol.h"
#include "peer/request_codec.h"

namespace coolkit::peer {
namespace {

using ring::PeerReadItem;
using ring::PeerReadReply;
using ring::PeerReadRequest;

constexpr std::size_t kKeyBytesMin = 1 + 1 + 2 + 1;
constexpr std::size_t kKeyFixedBytes = 8;
constexpr std::size_t kItemBytesMin = 2;
constexpr std::size_t kItemFixedBytes = 48;
constexpr std::size_t kRequestFixedBytes = 96;
// Of the longest message, with room for the fixed part and for an error per remaining item.
constexpr std::size_t kReplyBytesMax = kMessageBytesMax - (1u << 20);

constexpr std::uint8_t kLoaded = 1;
constexpr std::uint8_t kCollapsed = 2;
constexpr std::uint8_t kHot = 4;
constexpr std::uint8_t kStale = 8;

std::unexpected<Error> Malformed(const char* what) {
  return Fail(ErrorCode::kMalformedRequest, what);
}

void WriteFound(ByteWriter& writer, const PeerReadItem& item) {
  writer.U8(static_cast<std::uint8_t>(PeerReadItem::Status::kFound));
  writer.U8(static_cast<std::uint8_t>((item.loaded ? kLoaded : 0) |
                                      (item.collapsed ? kCollapsed : 0) | (item.hot ? kHot : 0) |
                                      (item.stale ? kStale : 0)));
  WritePosition(writer, item.as_of);
  WritePosition(writer, item.seen);
  WriteDuration(writer, item.age);
  WriteDbTime(writer, item.db_now);
  WriteEntry(writer, *item.entry);
}

void WriteItem(ByteWriter& writer, const PeerReadItem& item) {
  if (item.status == PeerReadItem::Status::kFound && item.entry) {
    if (writer.size() + kItemFixedBytes + EntryBytes(*item.entry) <= kReplyBytesMax) {
      return WriteFound(writer, item);
    }
    writer.U8(static_cast<std::uint8_t>(PeerReadItem::Status::kFailed));
    writer.U8(0);
    return WriteError(writer, {ErrorCode::kPayloadTooLarge, "the answer is full", {}});
  }
  writer.U8(static_cast<std::uint8_t>(item.status));
  writer.U8(0);
  if (item.status == PeerReadItem::Status::kFailed) WriteError(writer, item.error);
}

bool ReadItem(ByteReader& reader, const model::Key& key, PeerReadItem& item) {
  const std::uint8_t status = reader.U8();
  const std::uint8_t flags = reader.U8();
  item.status = static_cast<PeerReadItem::Status>(status);
  if (status > static_cast<std::uint8_t>(PeerReadItem::Status::kFailed)) return false;
  if (item.status == PeerReadItem::Status::kNotCached) return reader.ok();
  if (item.status == PeerReadItem::Status::kFailed) {
    item.error = ReadError(reader);
    return reader.ok();
  }
  item.loaded = (flags & kLoaded) != 0;
  item.collapsed = (flags & kCollapsed) != 0;
  item.hot = (flags & kHot) != 0;
  item.stale = (flags & kStale) != 0;
  item.as_of = ReadPosition(reader);
  item.seen = ReadPosition(reader);
  if (!ReadDuration(reader, item.age) || !ReadDbTime(reader, item.db_now)) return false;
  item.entry = ReadEntry(reader, key.ref());
  return static_cast<bool>(item.entry);
}

}  // namespace

std::string EncodeRead(const PeerReadRequest& request, std::span<const model::Key* const> keys,
                       BootTime deadline, BootTime now) {
  CHECK(keys.size() <= model::kMaxBatchItems);
  ByteWriter writer;
  writer.U8(static_cast<std::uint8_t>(request.kind));
  writer.I64(request.epoch);
  WriteTimeLeft(writer, deadline, now);
  WriteDuration(writer, request.staleness_max);
  WriteDuration(writer, request.outage_staleness_max);
  WriteToken(writer, request.token);
  writer.U16(static_cast<std::uint16_t>(keys.size()));
  for (const model::Key* key : keys) WriteKey(writer, key->ref());
  return std::move(writer).Take();
}

std::string EncodeRead(const PeerReadRequest& request, BootTime now) {
  std::vector<const model::Key*> keys;
  keys.reserve(request.keys.size());
  for (const model::Key& key : request.keys) keys.push_back(&key);
  return EncodeRead(request, keys, request.deadline, now);
}

Result<PeerReadRequest> DecodeRead(std::string_view body, BootTime now, nanoseconds time_max) {
  ByteReader reader(body);
  PeerReadRequest request;
  const std::uint8_t kind = reader.U8();
  if (kind > static_cast<std::uint8_t>(PeerReadRequest::Kind::kCacheOnly)) {
    return Malformed("read: an unknown kind");
  }
  request.kind = static_cast<PeerReadRequest::Kind>(kind);
  request.epoch = reader.I64();
  request.deadline = ReadDeadline(reader, now, time_max);
  if (!ReadDuration(reader, request.staleness_max) ||
      !ReadDuration(reader, request.outage_staleness_max) || !ReadToken(reader, request.token)) {
    return Malformed("read: bad head");
  }
  const std::size_t count = reader.U16();
  if (!reader.ok() || count == 0 || count > model::kMaxBatchItems ||
      count > reader.left() / kKeyBytesMin) {
    return Malformed("read: bad count");
  }
  request.keys.resize(count);
  for (model::Key& key : request.keys) {
    if (!ReadKey(reader, key)) return Malformed("read: bad key");
  }
  return request;
}

std::string EncodeReadReply(const PeerReadReply& reply) {
  CHECK(reply.items.size() <= model::kMaxBatchItems);
  ByteWriter writer;
  writer.I64(reply.epoch);
  WriteIncarnation(writer, reply.incarnation);
  writer.U16(static_cast<std::uint16_t>(reply.items.size()));
  for (const PeerReadItem& item : reply.items) WriteItem(writer, item);
  return std::move(writer).Take();
}

Result<PeerReadReply> DecodeReadReply(std::string_view body, std::span<const model::Key> keys) {
  ByteReader reader(body);
  PeerReadReply reply;
  reply.epoch = reader.I64();
  reply.incarnation = ReadIncarnation(reader);
  const std::size_t count = reader.U16();
  if (!reader.ok() || count != keys.size() || count > reader.left() / kItemBytesMin) {
    return Malformed("read reply: bad count");
  }
  reply.items.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!ReadItem(reader, keys[i], reply.items[i])) return Malformed("read reply: bad item");
  }
  return reply;
}

std::size_t BytesOf(const PeerReadRequest& request) {
  std::size_t bytes = kRequestFixedBytes;
  for (const model::Key& key : request.keys) {
    bytes += kKeyFixedBytes + key.collection.size() + key.key.size();
  }
  return bytes;
}

std::size_t BytesOf(const PeerReadReply& reply) {
  std::size_t bytes = kRequestFixedBytes;
  for (const PeerReadItem& item : reply.items) {
    bytes += kItemFixedBytes + (item.entry ? EntryBytes(*item.entry) : item.error.detail.size());
  }
  return bytes;
}

}  // namespace coolkit::peer
