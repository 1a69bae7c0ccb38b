#include <limits>
#include <utility>

#include "base/check.h"
#include "peer/fields.h"
#include "peer/request_codec.h"

namespace coolkit::peer {
namespace {

using model::Condition;
using model::Expiry;
using model::WriteOp;
using model::WriteOutcome;
using ring::PeerWriteItem;
using ring::PeerWriteReply;
using ring::PeerWriteRequest;

constexpr std::size_t kOpBytesMin = 1 + 5 + 3;
constexpr std::size_t kOpFixedBytes = 40;
constexpr std::size_t kItemBytesMin = 1;
constexpr std::uint8_t kCreated = 1;
constexpr std::uint8_t kExpires = 2;

std::unexpected<Error> Malformed(const char* what) {
  return Fail(ErrorCode::kMalformedRequest, what);
}

void WriteCondition(ByteWriter& writer, const Condition& condition) {
  CHECK(condition.versions.size() <= std::numeric_limits<std::uint16_t>::max());
  writer.U8(static_cast<std::uint8_t>(condition.kind));
  writer.U16(static_cast<std::uint16_t>(condition.versions.size()));
  for (const model::Version version : condition.versions) writer.I64(version.value);
}

bool ReadCondition(ByteReader& reader, Condition& condition) {
  const std::uint8_t kind = reader.U8();
  const std::size_t count = reader.U16();
  if (!reader.ok() || kind > static_cast<std::uint8_t>(Condition::Kind::kNotIn) ||
      count > reader.left() / sizeof(std::int64_t)) {
    return false;
  }
  condition.kind = static_cast<Condition::Kind>(kind);
  condition.versions.resize(count);
  for (model::Version& version : condition.versions) version.value = reader.I64();
  return true;
}

bool ReadExpiry(ByteReader& reader, Expiry& expiry) {
  const std::uint8_t kind = reader.U8();
  const std::int64_t after_ms = reader.I64();
  if (kind > static_cast<std::uint8_t>(Expiry::Kind::kKeep)) return false;
  expiry.kind = static_cast<Expiry::Kind>(kind);
  expiry.after = milliseconds(after_ms);
  if (expiry.kind != Expiry::Kind::kAfter) return after_ms == 0;
  return after_ms > 0 && after_ms <= model::kMaxTtlMs;
}

bool IsHeaderSafe(std::string_view text) {
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

void WriteOneOp(ByteWriter& writer, const WriteOp& op) {
  writer.U8(static_cast<std::uint8_t>(op.kind));
  WriteKey(writer, op.key.ref());
  WriteCondition(writer, op.condition);
  if (op.kind != WriteOp::Kind::kPut) return;
  const bool timed = op.expiry.kind == Expiry::Kind::kAfter;
  writer.U8(static_cast<std::uint8_t>(op.expiry.kind));
  writer.I64(timed ? op.expiry.after.count() : 0);
  writer.ShortText(op.content_type);
  writer.LongText(*op.value);
}

bool ReadOneOp(ByteReader& reader, WriteOp& op) {
  const std::uint8_t kind = reader.U8();
  if (kind > static_cast<std::uint8_t>(WriteOp::Kind::kDelete)) return false;
  op.kind = static_cast<WriteOp::Kind>(kind);
  if (!ReadKey(reader, op.key) || !ReadCondition(reader, op.condition)) return false;
  if (op.kind != WriteOp::Kind::kPut) return reader.ok();
  if (!ReadExpiry(reader, op.expiry)) return false;
  op.content_type = reader.ShortText();
  op.value = std::make_shared<const std::string>(reader.LongText());
  return reader.ok() && IsHeaderSafe(op.content_type);
}

void WriteOutcomeOf(ByteWriter& writer, const WriteOutcome& outcome) {
  writer.U8(static_cast<std::uint8_t>(outcome.kind));
  writer.U8(static_cast<std::uint8_t>((outcome.created ? kCreated : 0) |
                                      (outcome.expires_at ? kExpires : 0)));
  writer.I64(outcome.version.value);
  WriteDbTime(writer, outcome.modified_at);
  if (outcome.expires_at) WriteDbTime(writer, *outcome.expires_at);
}

bool ReadOutcome(ByteReader& reader, WriteOutcome& outcome) {
  const std::uint8_t kind = reader.U8();
  const std::uint8_t flags = reader.U8();
  if (kind > static_cast<std::uint8_t>(WriteOutcome::Kind::kNotFound)) return false;
  outcome.kind = static_cast<WriteOutcome::Kind>(kind);
  outcome.created = (flags & kCreated) != 0;
  outcome.version.value = reader.I64();
  if (!ReadDbTime(reader, outcome.modified_at)) return false;
  if ((flags & kExpires) == 0) return true;
  outcome.expires_at.emplace();
  return ReadDbTime(reader, *outcome.expires_at);
}

bool ReadItem(ByteReader& reader, PeerWriteItem& item) {
  const std::uint8_t done = reader.U8();
  if (!reader.ok() || done > 1) return false;
  item.done = done == 1;
  if (!item.done) {
    item.error = ReadError(reader);
    return reader.ok();
  }
  if (!ReadOutcome(reader, item.outcome)) return false;
  item.incarnation = ReadIncarnation(reader);
  item.position = ReadPosition(reader);
  return ReadDbTime(reader, item.db_now);
}

}  // namespace

std::string EncodeWrite(const PeerWriteRequest& request, BootTime now) {
  CHECK(request.ops.size() <= model::kMaxBatchItems);
  ByteWriter writer;
  writer.I64(request.epoch);
  WriteTimeLeft(writer, request.deadline, now);
  writer.U16(static_cast<std::uint16_t>(request.ops.size()));
  for (const WriteOp& op : request.ops) WriteOneOp(writer, op);
  return std::move(writer).Take();
}

Result<PeerWriteRequest> DecodeWrite(std::string_view body, BootTime now, nanoseconds time_max) {
  ByteReader reader(body);
  PeerWriteRequest request;
  request.epoch = reader.I64();
  request.deadline = ReadDeadline(reader, now, time_max);
  const std::size_t count = reader.U16();
  if (!reader.ok() || count == 0 || count > model::kMaxBatchItems ||
      count > reader.left() / kOpBytesMin) {
    return Malformed("write: bad count");
  }
  request.ops.resize(count);
  for (WriteOp& op : request.ops) {
    if (!ReadOneOp(reader, op)) return Malformed("write: bad operation");
  }
  return request;
}

std::string EncodeWriteReply(const PeerWriteReply& reply) {
  CHECK(reply.items.size() <= model::kMaxBatchItems);
  ByteWriter writer;
  writer.U8(static_cast<std::uint8_t>(reply.refusal));
  writer.I64(reply.epoch);
  writer.U16(static_cast<std::uint16_t>(reply.items.size()));
  for (const PeerWriteItem& item : reply.items) {
    writer.U8(item.done ? 1 : 0);
    if (!item.done) {
      WriteError(writer, item.error);
      continue;
    }
    WriteOutcomeOf(writer, item.outcome);
    WriteIncarnation(writer, item.incarnation);
    WritePosition(writer, item.position);
    WriteDbTime(writer, item.db_now);
  }
  return std::move(writer).Take();
}

Result<PeerWriteReply> DecodeWriteReply(std::string_view body, std::size_t ops) {
  ByteReader reader(body);
  PeerWriteReply reply;
  const std::uint8_t refusal = reader.U8();
  reply.epoch = reader.I64();
  const std::size_t count = reader.U16();
  if (!reader.ok() || count > reader.left() / kItemBytesMin) {
    return Malformed("write reply: bad count");
  }
  // A refusal that a newer release knows is one all the same: none of it was done.
  const auto known = static_cast<std::uint8_t>(PeerWriteReply::Refusal::kOverloaded);
  reply.refusal = refusal > known ? PeerWriteReply::Refusal::kOverloaded
                                  : static_cast<PeerWriteReply::Refusal>(refusal);
  if (reply.refusal != PeerWriteReply::Refusal::kNone) return reply;
  if (count != ops) return Malformed("write reply: bad count");
  reply.items.resize(count);
  for (PeerWriteItem& item : reply.items) {
    if (!ReadItem(reader, item)) return Malformed("write reply: bad item");
  }
  return reply;
}

std::size_t BytesOf(const PeerWriteRequest& request) {
  std::size_t bytes = kOpFixedBytes;
  for (const WriteOp& op : request.ops) {
    bytes += kOpFixedBytes + op.key.collection.size() + op.key.key.size() + op.content_type.size() +
             op.condition.versions.size() * sizeof(std::int64_t) +
             (op.value == nullptr ? 0 : op.value->size());
  }
  return bytes;
}

}  // namespace coolkit::peer
