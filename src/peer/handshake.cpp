#include "peer/handshake.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/digest.h"
#include "peer/fields.h"

namespace coolkit::peer {
namespace {

constexpr std::string_view kInitiatorLabel = "coolkit-peer initiator";
constexpr std::string_view kAcceptorLabel = "coolkit-peer acceptor";
constexpr std::size_t kOfferedKeysMax = 8;

std::unexpected<HandshakeFailure> Refuse(RefuseReason reason, std::string detail) {
  return std::unexpected(HandshakeFailure{reason, std::move(detail)});
}

// `hello` and `reply` are whole bodies; the reply's without its proof.
std::string MakeProof(std::string_view secret, std::string_view label, std::string_view hello,
                      std::string_view reply) {
  ByteWriter transcript;
  transcript.ShortText(label);
  transcript.LongText(hello);
  transcript.LongText(reply);
  const crypto::Sha256Digest digest = crypto::HmacSha256(secret, std::move(transcript).Take());
  return std::string(crypto::AsBytes(digest));
}

struct Hello {
  Offer offer;
  std::string ring;
  ring::Member member;
  std::vector<std::uint32_t> key_ids;
};

HandshakeResult<Hello> ReadHello(std::string_view body) {
  ByteReader reader(body);
  Hello hello;
  if (reader.Bytes(kMagic.size()) != kMagic) {
    return Refuse(RefuseReason::kMalformed, "not the hello of a pod");
  }
  hello.offer.version_min = reader.U16();
  hello.offer.version_max = reader.U16();
  static_cast<void>(reader.Bytes(kNonceBytes));
  hello.ring = reader.ShortText();
  const bool good = ReadMember(reader, hello.member);
  hello.offer.capabilities = reader.U64();
  const std::size_t keys = reader.U8();
  if (!good || !reader.ok() || keys > kOfferedKeysMax) {
    return Refuse(RefuseReason::kMalformed, "a malformed hello");
  }
  for (std::size_t i = 0; i < keys; ++i) hello.key_ids.push_back(reader.U32());
  if (!reader.ok()) return Refuse(RefuseReason::kMalformed, "a malformed hello");
  return hello;
}

std::string OtherRing(std::string_view theirs, std::string_view ours) {
  std::string shown(theirs);
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c <= ' ' || c >= 0x7f; }, '?');
  return "the peer is of ring '" + shown + "', this pod of ring '" + std::string(ours) + "'";
}

}  // namespace

std::string_view RefuseReasonName(RefuseReason reason) {
  switch (reason) {
    case RefuseReason::kMalformed:
      return "malformed";
    case RefuseReason::kVersion:
      return "version";
    case RefuseReason::kRing:
      return "ring";
    case RefuseReason::kKey:
      return "key";
    case RefuseReason::kProof:
      return "proof";
    case RefuseReason::kFull:
      return "full";
    case RefuseReason::kClosing:
      return "closing";
  }
  return "other";
}

std::string EncodeRefuse(const HandshakeFailure& failure) {
  ByteWriter writer;
  writer.U8(static_cast<std::uint8_t>(failure.reason));
  writer.ShortText(failure.detail);
  return std::move(writer).Take();
}

HandshakeFailure DecodeRefuse(std::string_view body) {
  ByteReader reader(body);
  HandshakeFailure failure;
  failure.reason = static_cast<RefuseReason>(reader.U8());
  failure.detail = reader.ShortText();
  return failure;
}

Initiator::Initiator(const Identity& identity, std::string_view nonce, Offer offer)
    : identity_(identity), offer_(offer) {
  CHECK(nonce.size() == kNonceBytes);
  ByteWriter writer;
  writer.Bytes(kMagic);
  writer.U16(offer_.version_min);
  writer.U16(offer_.version_max);
  writer.Bytes(nonce);
  writer.ShortText(identity_.ring());
  WriteMember(writer, identity_.self());
  writer.U64(offer_.capabilities);
  const std::vector<RingKey> keys = identity_.keys();
  writer.U8(static_cast<std::uint8_t>(keys.size()));
  for (const RingKey& key : keys) writer.U32(key.id);
  hello_ = std::move(writer).Take();
}

HandshakeResult<std::string> Initiator::OnHelloReply(std::string_view body) {
  ByteReader reader(body);
  if (reader.Bytes(kMagic.size()) != kMagic) {
    return Refuse(RefuseReason::kMalformed, "not the hello of a pod");
  }
  session_.version = reader.U16();
  static_cast<void>(reader.Bytes(kNonceBytes));
  const std::string_view ring = reader.ShortText();
  const bool good = ReadMember(reader, session_.peer);
  session_.capabilities = reader.U64() & offer_.capabilities;
  const std::uint32_t key_id = reader.U32();
  const std::size_t proved = body.size() - reader.left();
  const std::string_view proof = reader.Bytes(kProofBytes);
  if (!good || !reader.ok()) return Refuse(RefuseReason::kMalformed, "a malformed hello reply");
  if (ring != identity_.ring()) {
    return Refuse(RefuseReason::kRing, OtherRing(ring, identity_.ring()));
  }
  if (session_.version < offer_.version_min || session_.version > offer_.version_max) {
    return Refuse(RefuseReason::kVersion, "the peer chose a version that was not offered");
  }
  const std::optional<RingKey> key = identity_.KeyOf(key_id);
  if (!key) return Refuse(RefuseReason::kKey, "the peer chose a key that was not offered");
  const std::string_view said = body.substr(0, proved);
  if (!crypto::ConstantTimeEqual(proof, MakeProof(key->secret, kAcceptorLabel, hello_, said))) {
    return Refuse(RefuseReason::kProof, "the peer does not know the ring's key");
  }
  return MakeProof(key->secret, kInitiatorLabel, hello_, said);
}

Acceptor::Acceptor(const Identity& identity, std::string_view nonce, Offer offer)
    : identity_(identity), offer_(offer), nonce_(nonce) {
  CHECK(nonce.size() == kNonceBytes);
}

HandshakeResult<std::string> Acceptor::OnHello(std::string_view body) {
  HandshakeResult<Hello> hello = ReadHello(body);
  if (!hello) return std::unexpected(hello.error());
  if (hello->ring != identity_.ring()) {
    return Refuse(RefuseReason::kRing, OtherRing(hello->ring, identity_.ring()));
  }
  session_.version = std::min(hello->offer.version_max, offer_.version_max);
  if (session_.version < std::max(hello->offer.version_min, offer_.version_min)) {
    return Refuse(RefuseReason::kVersion,
                  "the peer speaks versions " + std::to_string(hello->offer.version_min) + " to " +
                      std::to_string(hello->offer.version_max) + " of the protocol, this pod " +
                      std::to_string(offer_.version_min) + " to " +
                      std::to_string(offer_.version_max));
  }
  const std::vector<RingKey> keys = identity_.keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const RingKey& mine) {
    return std::find(hello->key_ids.begin(), hello->key_ids.end(), mine.id) != hello->key_ids.end();
  });
  if (key == keys.end()) {
    return Refuse(RefuseReason::kKey, keys.empty() ? "this pod has no key of the ring yet"
                                                   : "the peer has no key of the ring in common");
  }
  secret_ = key->secret;
  session_.peer = std::move(hello->member);
  session_.capabilities = hello->offer.capabilities & offer_.capabilities;
  ByteWriter writer;
  writer.Bytes(kMagic);
  writer.U16(session_.version);
  writer.Bytes(nonce_);
  writer.ShortText(identity_.ring());
  WriteMember(writer, identity_.self());
  writer.U64(offer_.capabilities);
  writer.U32(key->id);
  std::string reply = std::move(writer).Take();
  expected_ = MakeProof(secret_, kInitiatorLabel, body, reply);
  reply += MakeProof(secret_, kAcceptorLabel, body, reply);
  return reply;
}

HandshakeResult<void> Acceptor::OnProof(std::string_view body) {
  if (body.size() < kProofBytes ||
      !crypto::ConstantTimeEqual(body.substr(0, kProofBytes), expected_)) {
    return Refuse(RefuseReason::kProof, "the peer does not know the ring's key");
  }
  return {};
}

}  // namespace coolkit::peer
