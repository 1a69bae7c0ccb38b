// Why: a peer that knows the ring's key and then says whatever a test wants, byte by byte.
// Single-threaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "peer/handshake.h"
#include "unit/peer/harness.h"

namespace coolkit::peer {

inline std::string BytesOfFrame(MessageType type, std::uint64_t id, std::string_view body,
                                std::uint8_t flags = 0) {
  std::string bytes;
  AppendHeader(bytes, {static_cast<std::uint32_t>(body.size()), type, flags, id});
  bytes += body;
  return bytes;
}

class RawPeer {
 public:
  struct Got {
    MessageType type{};
    std::uint8_t flags = 0;
    std::uint64_t id = 0;
    std::string body;
  };

  RawPeer(support::ManualLoop& loop, TestPod& pod, int number = 1, std::size_t capacity = 64 * 1024)
      : loop_(loop), identity_("default", MemberOf(number)) {
    identity_.SetKeys({KeyNumber(1)});
    auto pair = support::PipeConnection::Make(loop, capacity);
    accepted = pair.second.get();
    connection = std::move(pair.first);
    pod.Accept(std::move(pair.second));
  }
  void Send(std::string_view bytes) {
    connection->Send(bytes);
    loop_.RunReady();
  }
  void Send(MessageType type, std::uint64_t id, std::string_view body, std::uint8_t flags = 0) {
    Send(BytesOfFrame(type, id, body, flags));
  }
  // The next frame, pieces not joined; a type of 0: there is none.
  Got Next() {
    input_ += connection->TakeReceived();
    loop_.RunReady();
    input_ += connection->TakeReceived();
    if (input_.size() < kHeaderBytes) return {};
    const FrameHeader header = ReadHeader(input_);
    if (input_.size() < kHeaderBytes + header.body_bytes) return {};
    Got got{header.type, header.flags, header.id, input_.substr(kHeaderBytes, header.body_bytes)};
    input_.erase(0, kHeaderBytes + header.body_bytes);
    return got;
  }
  void Upgrade() {
    Send("GET /peer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: coolkit-peer/1\r\n\r\n");
    input_ = connection->TakeReceived();
    const std::size_t end = input_.find("\r\n\r\n");
    CHECK(input_.starts_with("HTTP/1.1 101 "));
    input_.erase(0, end + 4);
  }
  void Prove() {
    Upgrade();
    Initiator initiator(identity_, std::string(kNonceBytes, 'n'));
    Send(MessageType::kHello, 0, initiator.hello());
    const Got reply = Next();
    CHECK(reply.type == MessageType::kHelloReply);
    const auto proof = initiator.OnHelloReply(reply.body);
    CHECK(proof.has_value());
    Send(MessageType::kProof, 0, *proof);
    CHECK(Next().type == MessageType::kWelcome);
  }
  [[nodiscard]] bool Closed() const { return connection->AtEnd(); }

  std::unique_ptr<support::PipeConnection> connection;
  support::PipeConnection* accepted = nullptr;  // the pod's end, while it is open

 private:
  support::ManualLoop& loop_;
  Identity identity_;
  std::string input_;
};

}  // namespace coolkit::peer
