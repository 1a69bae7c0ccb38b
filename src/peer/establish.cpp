#include "peer/establish.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"
#include "http/names.h"
#include "http/parser.h"

namespace coolkit::peer {
namespace {

constexpr std::size_t kUpgradeHeadMax = 4096;
constexpr std::size_t kUpgradeReadBytes = 512;

std::unexpected<EstablishFailure> Failed(std::string_view reason, std::string detail) {
  return std::unexpected(EstablishFailure{reason, std::move(detail)});
}

std::unexpected<EstablishFailure> Failed(const Error& error) {
  return Failed(error.code == ErrorCode::kTimeout ? "timeout" : "closed", error.detail);
}

net::Task<EstablishResult<void>> WriteAll(net::Connection& connection, std::string bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    net::IoOperation write = connection.WriteSome(std::span<const std::string_view>(&rest, 1));
    const Result<std::size_t> n = co_await write;
    if (!n) co_return Failed(n.error());
    rest.remove_prefix(*n);
  }
  co_return EstablishResult<void>();
}

net::Task<EstablishResult<void>> SendMessage(net::Connection& connection, MessageType type,
                                             std::string body) {
  std::string bytes;
  AppendHeader(bytes, {static_cast<std::uint32_t>(body.size()), type, 0, 0});
  bytes += body;
  co_return co_await WriteAll(connection, std::move(bytes));
}

// The messages of one handshake.
class Reading {
 public:
  Reading(net::Connection& connection, FrameReader& reader)
      : connection_(connection), reader_(reader), received_(reader.buffered()) {}

  // The body of the next message, which has to be a `wanted`.
  net::Task<EstablishResult<std::string>> Next(MessageType wanted) {
    for (;;) {
      if (received_ > kHandshakeBytesMax) co_return TooLong();
      const Result<std::optional<FrameReader::Message>> message = reader_.Next();
      if (!message) co_return Failed("malformed", message.error().detail);
      if (*message) co_return Judge(**message, wanted);
      if (received_ == kHandshakeBytesMax) co_return TooLong();
      const std::span<char> space = reader_.Space();
      const std::size_t most = std::min(space.size(), kHandshakeBytesMax - received_);
      net::IoOperation read = connection_.Read(space.first(most));
      const Result<std::size_t> n = co_await read;
      if (!n) co_return Failed(n.error());
      if (*n == 0) co_return Failed("closed", "the peer ended the connection");
      reader_.Commit(*n);
      received_ += *n;
    }
  }

 private:
  static EstablishResult<std::string> Judge(const FrameReader::Message& message,
                                            MessageType wanted) {
    if (message.type == MessageType::kRefuse) {
      const HandshakeFailure said = DecodeRefuse(message.body);
      std::string shown = said.detail;
      std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c >= 0x7f; }, '?');
      return Failed("refused", "the peer refuses: " + std::string(RefuseReasonName(said.reason)) +
                                   ": " + shown);
    }
    if (message.type != wanted) return Failed("malformed", "not the message of this step");
    return std::string(message.body);
  }
  static EstablishResult<std::string> TooLong() {
    return Failed("too_long", "more than 1 KiB before the handshake was done");
  }

  net::Connection& connection_;
  FrameReader& reader_;
  std::size_t received_;
};

// Tells the peer as well.
net::Task<EstablishResult<Session>> RefusePeer(net::Connection& connection,
                                               HandshakeFailure failure) {
  std::string body = EncodeRefuse(failure);
  static_cast<void>(co_await SendMessage(connection, MessageType::kRefuse, std::move(body)));
  connection.ShutdownWrite();
  co_return Failed(RefuseReasonName(failure.reason), std::move(failure.detail));
}

bool IsUpgraded(const http::ResponseHead& head) {
  bool connection = false;
  bool upgrade = false;
  for (const http::Header& header : head.headers) {
    if (header.field == http::Field::kConnection) {
      connection = connection || http::EqualsIgnoreCase(header.value, "upgrade");
    } else if (header.field == http::Field::kUpgrade) {
      upgrade = upgrade || http::EqualsIgnoreCase(header.value, kUpgradeToken);
    }
  }
  return head.status == 101 && connection && upgrade;
}

}  // namespace

net::Task<EstablishResult<void>> AskForUpgrade(net::Connection& connection, FrameReader& reader,
                                               std::string host, BootTime deadline) {
  connection.SetReadDeadline(deadline);
  connection.SetWriteDeadline(deadline);
  std::string request = "GET ";
  request.append(kUpgradePath).append(" HTTP/1.1\r\nHost: ").append(host);
  request.append("\r\nConnection: Upgrade\r\nUpgrade: ").append(kUpgradeToken).append("\r\n\r\n");
  const EstablishResult<void> sent = co_await WriteAll(connection, std::move(request));
  if (!sent) co_return std::unexpected(sent.error());
  http::ResponseParser parser(kUpgradeHeadMax);
  std::string input;
  for (;;) {
    const std::size_t before = input.size();
    input.resize(before + kUpgradeReadBytes);
    net::IoOperation read = connection.Read(std::span<char>(input).subspan(before));
    const Result<std::size_t> n = co_await read;
    input.resize(before + (n ? *n : 0));
    if (!n) co_return Failed(n.error());
    if (*n == 0) co_return Failed("closed", "the peer ended the connection");
    const http::ParseOutcome outcome = parser.Parse(input);
    if (outcome == http::ParseOutcome::kComplete) break;
    if (outcome == http::ParseOutcome::kRefused) {
      co_return Failed("upgrade", "no HTTP answer: " + std::string(parser.refusal().detail));
    }
  }
  if (!IsUpgraded(parser.head())) {
    co_return Failed(
        "upgrade", "the upgrade was answered with status " + std::to_string(parser.head().status));
  }
  reader.Append(std::string_view(input).substr(parser.head_bytes()));
  co_return EstablishResult<void>();
}

net::Task<EstablishResult<Session>> ProveAsInitiator(net::Connection& connection,
                                                     FrameReader& reader, const Identity& identity,
                                                     Offer offer, BootTime deadline) {
  connection.SetReadDeadline(deadline);
  connection.SetWriteDeadline(deadline);
  const std::string nonce = crypto::RandomBytes(kNonceBytes);
  Initiator initiator(identity, nonce, offer);
  Reading reading(connection, reader);
  std::string hello = initiator.hello();
  EstablishResult<void> sent =
      co_await SendMessage(connection, MessageType::kHello, std::move(hello));
  if (!sent) co_return std::unexpected(sent.error());
  const EstablishResult<std::string> reply = co_await reading.Next(MessageType::kHelloReply);
  if (!reply) co_return std::unexpected(reply.error());
  HandshakeResult<std::string> proof = initiator.OnHelloReply(*reply);
  if (!proof) {
    HandshakeFailure failure = proof.error();
    co_return co_await RefusePeer(connection, std::move(failure));
  }
  sent = co_await SendMessage(connection, MessageType::kProof, std::move(*proof));
  if (!sent) co_return std::unexpected(sent.error());
  const EstablishResult<std::string> welcome = co_await reading.Next(MessageType::kWelcome);
  if (!welcome) co_return std::unexpected(welcome.error());
  co_return initiator.session();
}

net::Task<EstablishResult<Session>> ProveAsAcceptor(net::Connection& connection,
                                                    FrameReader& reader, const Identity& identity,
                                                    Offer offer,
                                                    std::optional<HandshakeFailure> refusal,
                                                    BootTime deadline) {
  connection.SetReadDeadline(deadline);
  connection.SetWriteDeadline(deadline);
  const std::string nonce = crypto::RandomBytes(kNonceBytes);
  Acceptor acceptor(identity, nonce, offer);
  Reading reading(connection, reader);
  const EstablishResult<std::string> hello = co_await reading.Next(MessageType::kHello);
  if (!hello) co_return std::unexpected(hello.error());
  if (refusal) co_return co_await RefusePeer(connection, std::move(*refusal));
  HandshakeResult<std::string> reply = acceptor.OnHello(*hello);
  if (!reply) {
    HandshakeFailure failure = reply.error();
    co_return co_await RefusePeer(connection, std::move(failure));
  }
  EstablishResult<void> sent =
      co_await SendMessage(connection, MessageType::kHelloReply, std::move(*reply));
  if (!sent) co_return std::unexpected(sent.error());
  const EstablishResult<std::string> said = co_await reading.Next(MessageType::kProof);
  if (!said) co_return std::unexpected(said.error());
  const HandshakeResult<void> proved = acceptor.OnProof(*said);
  if (!proved) {
    HandshakeFailure failure = proved.error();
    co_return co_await RefusePeer(connection, std::move(failure));
  }
  std::string nothing;
  sent = co_await SendMessage(connection, MessageType::kWelcome, std::move(nothing));
  if (!sent) co_return std::unexpected(sent.error());
  co_return acceptor.session();
}

}  // namespace coolkit::peer
