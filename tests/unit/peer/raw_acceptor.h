// Why: a pod that is dialled, knows the ring's key and then says whatever a test wants, byte by
// byte. Single-threaded.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "peer/handshake.h"
#include "unit/peer/harness.h"

namespace coolkit::peer {

class RawAcceptor final : public Dialer {
 public:
  explicit RawAcceptor(support::ManualLoop& loop, int number = 2)
      : loop_(loop), identity_("default", MemberOf(number)) {
    identity_.SetKeys({KeyNumber(1)});
  }
  void Connect(net::Loop& loop, const std::string& /*address*/, BootTime /*deadline*/,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override {
    if (connection != nullptr) return done(Fail(ErrorCode::kConnectionClosed, "once is enough"));
    auto pair = support::PipeConnection::Make(loop);
    connection = std::move(pair.second);
    done(std::unique_ptr<net::Connection>(std::move(pair.first)));
  }
  void Send(std::string_view bytes) {
    connection->Send(bytes);
    loop_.RunReady();
  }
  void Send(MessageType type, std::uint64_t id, std::string_view body, std::uint8_t flags = 0) {
    std::string bytes;
    AppendHeader(bytes, {static_cast<std::uint32_t>(body.size()), type, flags, id});
    bytes += body;
    Send(bytes);
  }
  // What has come since.
  [[nodiscard]] std::string Take() {
    std::string bytes = connection->TakeReceived();
    loop_.RunReady();
    return bytes + connection->TakeReceived();
  }
  void AnswerUpgrade() {
    static_cast<void>(Take());
    Send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
        "coolkit-peer/1\r\n\r\n");
  }
  // After AnswerUpgrade: the rest of the handshake. False: the dialler did not go along.
  [[nodiscard]] bool Prove() {
    Acceptor acceptor(identity_, std::string(kNonceBytes, 'n'));
    const std::string hello = Take();
    if (hello.size() < kHeaderBytes) return false;
    const auto reply = acceptor.OnHello(std::string_view(hello).substr(kHeaderBytes));
    if (!reply) return false;
    Send(MessageType::kHelloReply, 0, *reply);
    const std::string proof = Take();
    if (proof.size() < kHeaderBytes || !acceptor.OnProof(proof.substr(kHeaderBytes))) return false;
    Send(MessageType::kWelcome, 0, "");
    return true;
  }

  std::unique_ptr<support::PipeConnection> connection;

 private:
  support::ManualLoop& loop_;
  Identity identity_;
};

}  // namespace coolkit::peer
