// Why: before anything else each side proves that it knows the ring's key: an HMAC over all that
// both said, their nonces first, and over who says it, so that no proof can be used a second time,
// in the other direction, or for another offer (docs/peer-protocol.md, "Handshake"). Two pure state
// machines over message bodies.
//
// Not thread-safe: one connection's loop.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "peer/identity.h"
#include "peer/protocol.h"

namespace coolkit::peer {

// What a Refuse message says; the other side's log and metrics show it too.
enum class RefuseReason : std::uint8_t {
  kMalformed = 1,
  kVersion = 2,  // no version in common
  kRing = 3,     // another ring
  kKey = 4,      // no key in common
  kProof = 5,    // a wrong proof
  kFull = 6,     // too many connections
  kClosing = 7,
};
// For metrics and logs; "other" for what is in no list.
[[nodiscard]] std::string_view RefuseReasonName(RefuseReason reason);

struct HandshakeFailure {
  RefuseReason reason = RefuseReason::kMalformed;
  std::string detail;  // for people; no secret
};
template <class T>
using HandshakeResult = std::expected<T, HandshakeFailure>;

// What both agreed on.
struct Session {
  ring::Member peer;
  std::uint16_t version = 0;
  std::uint64_t capabilities = 0;  // of both

  [[nodiscard]] bool Has(std::uint64_t capability) const {
    return (capabilities & capability) != 0;
  }
};

[[nodiscard]] std::string EncodeRefuse(const HandshakeFailure& failure);
// Anything makes sense somehow.
[[nodiscard]] HandshakeFailure DecodeRefuse(std::string_view body);

// The side that dialled.
class Initiator {
 public:
  // `identity` outlives it. `nonce`: kNonceBytes random bytes.
  Initiator(const Identity& identity, std::string_view nonce, Offer offer = {});

  // The body of Hello.
  [[nodiscard]] const std::string& hello() const { return hello_; }
  // Returns the body of Proof.
  [[nodiscard]] HandshakeResult<std::string> OnHelloReply(std::string_view body);
  // After OnHelloReply.
  [[nodiscard]] const Session& session() const { return session_; }

 private:
  const Identity& identity_;
  const Offer offer_;
  std::string hello_;
  Session session_;
};

// The side that was dialled.
class Acceptor {
 public:
  Acceptor(const Identity& identity, std::string_view nonce, Offer offer = {});

  // Returns the body of HelloReply.
  [[nodiscard]] HandshakeResult<std::string> OnHello(std::string_view body);
  [[nodiscard]] HandshakeResult<void> OnProof(std::string_view body);
  // After OnProof.
  [[nodiscard]] const Session& session() const { return session_; }

 private:
  const Identity& identity_;
  const Offer offer_;
  const std::string nonce_;
  std::string secret_;    // of the key both know
  std::string expected_;  // the proof
  Session session_;
};

}  // namespace coolkit::peer
