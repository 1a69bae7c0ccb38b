// Why: one message of each kind with every field set, for round trips, for the test vectors of
// docs/peer-protocol.md and for the fuzz targets' seeds. Values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "peer/control_codec.h"
#include "peer/request_codec.h"

namespace coolkit::peer::samples {

inline constexpr BootTime kNow{seconds(1000)};
inline constexpr nanoseconds kTimeMax = seconds(30);

inline model::Incarnation Life() {
  model::Incarnation life;
  life.system_id = 0x1122334455667788;
  life.database_oid = 5;
  for (std::size_t i = 0; i < life.id.size(); ++i) life.id[i] = static_cast<std::uint8_t>(i);
  life.base = 9;
  return life;
}
inline ring::Member Someone() {
  ring::Member member;
  for (std::size_t i = 0; i < member.id.bytes.size(); ++i) {
    member.id.bytes[i] = static_cast<std::uint8_t>(0xA0 + i);
  }
  member.name = "pod-1";
  member.address = "10.0.0.1:8080";
  member.born_us = 1'700'000'000'000'000;
  member.state = ring::MemberState::kReady;
  return member;
}
inline model::EntryPtr Thing() {
  model::Entry::Fields fields;
  fields.collection = "c";
  fields.key = "k";
  fields.version = {77};
  fields.present = true;
  fields.content_type = "text/plain";
  fields.value = "hello";
  fields.modified_at = DbTime(microseconds(1'600'000'000'000'000));
  fields.expires_at = DbTime(microseconds(1'600'000'100'000'000));
  return model::Entry::Create(fields);
}

inline ring::PeerReadRequest Read() {
  ring::PeerReadRequest request;
  request.kind = ring::PeerReadRequest::Kind::kCacheOnly;
  request.epoch = 3;
  request.deadline = kNow + milliseconds(150);
  request.staleness_max = milliseconds(250);
  request.outage_staleness_max = seconds(300);
  request.token = model::Token{Life(), {12}};
  request.keys = {model::Key("c", "k"), model::Key("c", "other")};
  return request;
}
inline ring::PeerReadReply ReadReply() {
  ring::PeerReadReply reply;
  reply.epoch = 4;
  reply.incarnation = Life();
  reply.items.resize(3);
  ring::PeerReadItem& found = reply.items[0];
  found.status = ring::PeerReadItem::Status::kFound;
  found.entry = Thing();
  found.as_of = {10};
  found.seen = {11};
  found.age = milliseconds(5);
  found.db_now = DbTime(microseconds(1'600'000'000'500'000));
  found.loaded = true;
  found.hot = true;
  reply.items[1].status = ring::PeerReadItem::Status::kNotCached;
  reply.items[2].status = ring::PeerReadItem::Status::kFailed;
  reply.items[2].error = {ErrorCode::kOverloaded, "too much", milliseconds(700)};
  return reply;
}
inline std::vector<model::Key> ReadReplyKeys() {
  return {model::Key("c", "k"), model::Key("c", "l"), model::Key("c", "m")};
}
inline ring::PeerWriteRequest Write() {
  ring::PeerWriteRequest request;
  request.epoch = 3;
  request.deadline = kNow + seconds(9);
  request.ops.resize(2);
  model::WriteOp& put = request.ops[0];
  put.key = model::Key("c", "k");
  put.value = std::make_shared<const std::string>("hello");
  put.content_type = "text/plain";
  put.expiry = {model::Expiry::Kind::kAfter, milliseconds(1500)};
  put.condition = {model::Condition::Kind::kIn, {{76}, {77}}};
  model::WriteOp& del = request.ops[1];
  del.kind = model::WriteOp::Kind::kDelete;
  del.key = model::Key("c", "gone");
  return request;
}
inline ring::PeerWriteReply WriteReply() {
  ring::PeerWriteReply reply;
  reply.epoch = 4;
  reply.items.resize(2);
  ring::PeerWriteItem& done = reply.items[0];
  done.done = true;
  done.outcome.version = {78};
  done.outcome.created = true;
  done.outcome.modified_at = DbTime(microseconds(1'600'000'000'000'000));
  done.outcome.expires_at = DbTime(microseconds(1'600'000'100'000'000));
  done.incarnation = Life();
  done.position = {13};
  done.db_now = DbTime(microseconds(1'600'000'000'500'000));
  reply.items[1].error = {ErrorCode::kOutcomeUnknown, "its commit was sent", {}};
  return reply;
}
inline ring::PeerPush Push() {
  ring::PeerPush push;
  push.epoch = 3;
  push.incarnation = Life();
  push.items.push_back({Thing(), {10}, {11}});
  return push;
}
inline ring::Heartbeat Heartbeat() { return {Someone(), 4, Someone().id, true}; }
inline feed::Frame Frame() {
  feed::Frame frame;
  frame.incarnation = Life();
  frame.prev = {10};
  frame.cur = {12};
  frame.snapshot = "10:12:";
  frame.db_now = DbTime(microseconds(1'600'000'000'500'000));
  frame.changes.keys.push_back({model::Key("c", "k"), {78}});
  frame.changes.collections = {"many"};
  frame.echo = kNow;
  return frame;
}
inline std::string FrameBody(const feed::Frame& frame) {
  return EncodeEcho(frame.echo) + EncodeFrame(frame);
}

// What Decode made of `body`, encoded again; nothing: refused.
using Recode = std::function<std::optional<std::string>(std::string_view body)>;
struct Sample {
  std::string name;
  MessageType type;
  std::string body;
  Recode recode;
};

template <class Value, class Encode>
std::optional<std::string> Again(const Result<Value>& value, Encode encode) {
  if (!value) return std::nullopt;
  return encode(*value);
}

inline std::vector<Sample> All() {
  const auto keys = ReadReplyKeys();
  return {
      {"Read", MessageType::kRead, EncodeRead(Read(), kNow),
       [](std::string_view body) {
         return Again(DecodeRead(body, kNow, kTimeMax),
                      [](const auto& value) { return EncodeRead(value, kNow); });
       }},
      {"ReadReply", MessageType::kReadReply, EncodeReadReply(ReadReply()),
       [keys](std::string_view body) {
         return Again(DecodeReadReply(body, keys),
                      [](const auto& value) { return EncodeReadReply(value); });
       }},
      {"Write", MessageType::kWrite, EncodeWrite(Write(), kNow),
       [](std::string_view body) {
         return Again(DecodeWrite(body, kNow, kTimeMax),
                      [](const auto& value) { return EncodeWrite(value, kNow); });
       }},
      {"WriteReply", MessageType::kWriteReply, EncodeWriteReply(WriteReply()),
       [](std::string_view body) {
         return Again(DecodeWriteReply(body, 2),
                      [](const auto& value) { return EncodeWriteReply(value); });
       }},
      {"Push", MessageType::kPush, EncodePush(Push()),
       [](std::string_view body) {
         return Again(DecodePush(body), [](const auto& value) { return EncodePush(value); });
       }},
      {"PushReply", MessageType::kPushReply, EncodePushReply({7, true}),
       [](std::string_view body) {
         return Again(DecodePushReply(body),
                      [](const auto& value) { return EncodePushReply(value); });
       }},
      {"Heartbeat", MessageType::kHeartbeat, EncodeHeartbeat(Heartbeat()),
       [](std::string_view body) {
         return Again(DecodeHeartbeat(body),
                      [](const auto& value) { return EncodeHeartbeat(value); });
       }},
      {"ViewRequest", MessageType::kViewRequest, EncodeViewRequest(4),
       [](std::string_view body) {
         return Again(DecodeViewRequest(body),
                      [](const auto& value) { return EncodeViewRequest(value); });
       }},
      {"View", MessageType::kView, EncodeViewMessage(ring::EncodeView(ring::View())),
       [](std::string_view body) {
         return Again(DecodeViewMessage(body),
                      [](const auto& value) { return EncodeViewMessage(ring::EncodeView(value)); });
       }},
      {"Ping", MessageType::kPing, EncodePing(kNow),
       [](std::string_view body) {
         return Again(DecodePing(body), [](const auto& value) { return EncodePing(value); });
       }},
      {"Frame", MessageType::kFrame, FrameBody(Frame()),
       [](std::string_view body) {
         return Again(DecodeFrame(body), [](const auto& value) { return FrameBody(value); });
       }},
      {"Resend", MessageType::kResend, EncodeResend({Life(), {12}}),
       [](std::string_view body) {
         return Again(DecodeResend(body), [](const auto& value) { return EncodeResend(value); });
       }},
      {"Refused", MessageType::kRefused, EncodeRefused({RefusedCode::kMalformed, "what"}),
       [](std::string_view body) {
         return Again(DecodeRefused(body), [](const auto& value) { return EncodeRefused(value); });
       }},
  };
}

}  // namespace coolkit::peer::samples
