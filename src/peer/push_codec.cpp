#include <utility>

#include "base/check.h"
#include "peer/fields.h"
#include "peer/request_codec.h"

namespace coolkit::peer {
namespace {

using ring::PeerPush;
using ring::PeerPushItem;
using ring::PeerPushReply;

constexpr std::size_t kItemBytesMin = 5 + 22 + 16;
constexpr std::size_t kItemFixedBytes = 40;
constexpr std::size_t kHeadBytes = 64;

std::unexpected<Error> Malformed(const char* what) {
  return Fail(ErrorCode::kMalformedRequest, what);
}

}  // namespace

std::string EncodePush(const PeerPush& push) {
  CHECK(push.items.size() <= 0xFFFF);
  ByteWriter writer;
  writer.I64(push.epoch);
  WriteIncarnation(writer, push.incarnation);
  writer.U16(static_cast<std::uint16_t>(push.items.size()));
  for (const PeerPushItem& item : push.items) {
    WriteKey(writer, {item.entry->collection(), item.entry->key(), 0});
    WritePosition(writer, item.as_of);
    WritePosition(writer, item.seen);
    WriteEntry(writer, *item.entry);
  }
  return std::move(writer).Take();
}

Result<PeerPush> DecodePush(std::string_view body) {
  ByteReader reader(body);
  PeerPush push;
  push.epoch = reader.I64();
  push.incarnation = ReadIncarnation(reader);
  const std::size_t count = reader.U16();
  if (!reader.ok() || count > reader.left() / kItemBytesMin) return Malformed("push: bad count");
  push.items.resize(count);
  for (PeerPushItem& item : push.items) {
    model::Key key;
    if (!ReadKey(reader, key)) return Malformed("push: bad key");
    item.as_of = ReadPosition(reader);
    item.seen = ReadPosition(reader);
    item.entry = ReadEntry(reader, key.ref());
    if (!item.entry) return Malformed("push: bad entry");
  }
  return push;
}

std::string EncodePushReply(const PeerPushReply& reply) {
  ByteWriter writer;
  writer.U32(reply.admitted);
  writer.U8(reply.go_on ? 1 : 0);
  return std::move(writer).Take();
}

Result<PeerPushReply> DecodePushReply(std::string_view body) {
  ByteReader reader(body);
  PeerPushReply reply;
  reply.admitted = reader.U32();
  reply.go_on = reader.U8() == 1;
  if (!reader.ok()) return Malformed("push reply: too short");
  return reply;
}

std::size_t BytesOf(const PeerPush& push) {
  std::size_t bytes = kHeadBytes;
  for (const PeerPushItem& item : push.items) {
    bytes += kItemFixedBytes + item.entry->collection().size() + item.entry->key().size() +
             EntryBytes(*item.entry);
  }
  return bytes;
}

}  // namespace coolkit::peer
