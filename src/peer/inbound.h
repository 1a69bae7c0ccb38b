// Why: one connection that a peer opened: lets it prove itself, hands its requests to the handler
// and answers them in any order, and streams the feed to it. Whatever the peer does, it holds no
// more than its limits.
//
// Thread safety: on the connection's loop; AddReply from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "net/task.h"
#include "peer/channel.h"
#include "peer/control_codec.h"
#include "peer/establish.h"
#include "peer/gate.h"
#include "peer/peer_server.h"
#include "peer/subscriptions.h"

namespace coolkit::peer {

// What all connections of a server share. Outlives them.
struct InboundEnvironment {
  InboundEnvironment(PeerServer::Parts parts_in, const Limits& limits_in, Offer offer_in)
      : parts(parts_in),
        limits(limits_in),
        offer(offer_in),
        subscriptions(limits.subscriptions_max),
        partial_bytes(limits.partial_bytes_total_max) {}

  const PeerServer::Parts parts;
  const Limits limits;
  const Offer offer;
  Subscriptions subscriptions;
  http::ByteBudget partial_bytes;
  std::atomic<std::size_t> connections{0};  // all
  std::atomic<std::size_t> proved{0};       // their handshake is done
  Mutex mutex;
  SharedBytes heartbeat GUARDED_BY(mutex);  // null: none yet
};

class Inbound final : public ChannelOwner, public std::enable_shared_from_this<Inbound> {
 public:
  Inbound(InboundEnvironment& environment, std::unique_ptr<net::Connection> connection);

  // To the end of the connection and of all requests that came on it. With `refusal` it is only
  // told so.
  [[nodiscard]] net::Task<void> Run(std::string leftover, std::optional<HandshakeFailure> refusal);
  void Stop();
  [[nodiscard]] net::Loop& loop() { return loop_; }

  // A frame of the feed: the receiver's echo and what is the same for all. Nothing happens when
  // the subscription has ended.
  void SendFrame(Subscription subscription, BootTime echo, const SharedBytes& frame);
  // SendFrame or the refusal of a resend was the answer to Resend.
  void EndResend(Subscription subscription);
  void RefuseResend(Subscription subscription, const ResendFrom& from);

  // ChannelOwner.
  void OnMessage(const FrameReader::Message& message) override;
  void OnMessages() override;
  void OnRoom() override;

 private:
  using AnyReply = std::variant<ring::PeerReadReply, ring::PeerWriteReply, ring::PeerPushReply>;
  struct Reply {
    std::uint64_t id = 0;
    std::size_t request_bytes = 0;
    AnyReply value;
  };
  struct Waiting {
    std::uint64_t id = 0;
    std::size_t bytes = 0;
    AnyReply value;
  };

  [[nodiscard]] net::Task<void> Serve(std::unique_ptr<FrameReader> reader);
  void OnRead(const FrameReader::Message& message);
  void StartRead(std::uint64_t id, ring::PeerReadRequest request);
  void OnWrite(const FrameReader::Message& message);
  void OnPush(const FrameReader::Message& message);
  void OnControl(const FrameReader::Message& message);
  void OnFeed(const FrameReader::Message& message);
  void OnHeartbeat(const FrameReader::Message& message);
  void OnSubscribe(BootTime ping);
  void EndSubscription();
  void OnProtocolError(const Error& error);

  // The limit that one more request would hit, or null.
  [[nodiscard]] const char* FullLimit(std::size_t bytes) const;
  // False: a limit is hit and the request was refused.
  [[nodiscard]] bool TakeRoom(std::uint64_t id, std::size_t bytes);
  void Refuse(std::uint64_t id, RefusedCode code, std::string detail);
  void OpenBatch();
  void AddReply(Reply reply);
  void TakeReplies();
  void Queue(Reply reply);
  void Lay(Waiting waiting);
  // Bytes, about, that wait for the peer to take them.
  [[nodiscard]] std::size_t Backlog();
  void PauseWhenFull();

  InboundEnvironment& environment_;
  std::unique_ptr<net::Connection> connection_;  // until the handshake is done
  net::Loop& loop_;
  const std::string address_;
  std::shared_ptr<Channel> channel_;  // after it
  Session session_;
  std::optional<Subscription> subscription_;
  bool resending_ = false;
  bool stopped_ = false;
  bool pausing_ = false;

  std::size_t requests_in_ = 0;  // in the handler's hands
  std::size_t bytes_in_ = 0;
  std::deque<Waiting> waiting_;
  std::deque<Waiting> waiting_long_;
  std::size_t waiting_bytes_ = 0;
  bool batch_open_ = false;
  Gate idle_;  // Run waits for the last request

  Mutex mutex_;
  std::vector<Reply> replies_ GUARDED_BY(mutex_);
  bool posted_ GUARDED_BY(mutex_) = false;
};

}  // namespace coolkit::peer
