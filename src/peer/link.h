// Why: one address of a peer: dials it, proves itself, carries requests and news while the
// connection is up, and begins again when it is not.
//
// Thread safety: Submit and Post from any thread; the rest on the link's loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/task.h"
#include "peer/calls.h"
#include "peer/channel.h"
#include "peer/dialer.h"
#include "peer/establish.h"
#include "peer/gate.h"
#include "peer/peers.h"

namespace coolkit::peer {

class Link;

// Which member is reached by which link. Any thread.
class Directory {
 public:
  // False: a link to that member is there already.
  [[nodiscard]] bool Add(const ring::MemberId& id, const std::shared_ptr<Link>& link);
  void Remove(const ring::MemberId& id, const Link* link);
  // Null: not connected.
  [[nodiscard]] std::shared_ptr<Link> Find(const ring::MemberId& id) const;
  [[nodiscard]] std::vector<std::shared_ptr<Link>> All() const;

 private:
  struct IdHash {
    std::size_t operator()(const ring::MemberId& id) const;
  };
  mutable Mutex mutex_;
  std::unordered_map<ring::MemberId, std::shared_ptr<Link>, IdHash> links_ GUARDED_BY(mutex_);
};

// What all links of a pod share. Outlives them.
struct LinkEnvironment {
  LinkEnvironment(Peers::Parts parts_in, const Limits& limits_in, Offer offer_in)
      : parts(parts_in),
        limits(limits_in),
        offer(offer_in),
        partial_bytes(limits.partial_bytes_total_max),
        bytes_out(limits.bytes_out_total_max) {}

  const Peers::Parts parts;
  const Limits limits;
  const Offer offer;
  Directory directory;
  http::ByteBudget partial_bytes;
  http::ByteBudget bytes_out;
};

class Link final : public ChannelOwner, public std::enable_shared_from_this<Link> {
 public:
  Link(LinkEnvironment& environment, std::string address, net::Loop& loop, std::uint64_t seed);

  // Until Stop.
  [[nodiscard]] net::Task<void> Run();
  void Stop();

  // Any thread. The call ends on the loop, also when a limit is hit.
  void Submit(std::unique_ptr<Call> call);
  // Any thread: a short message to the peer, if it is connected.
  void Post(MessageType type, SharedBytes body);
  [[nodiscard]] net::Loop& loop() { return loop_; }
  // Any thread.
  [[nodiscard]] bool subscribed() const { return subscribed_.load(); }

  // On the loop.
  void Subscribe(BootTime ping);
  void Unsubscribe();
  void SendPing(const SharedBytes& body);

  // ChannelOwner.
  void OnMessage(const FrameReader::Message& message) override;
  void OnMessages() override;
  void OnRoom() override;
  void OnLaidOut(const Outbox::End& end) override { calls_.OnLaidOut(end); }

 private:
  enum class Attempt : std::uint8_t { kServed, kFailed, kSelf, kAlias, kStopped };

  [[nodiscard]] net::Task<Attempt> Connect();
  [[nodiscard]] net::Task<EstablishResult<Session>> Establish(net::Connection& connection,
                                                              FrameReader& reader);
  [[nodiscard]] net::Task<Attempt> Serve(std::unique_ptr<net::Connection> connection,
                                         std::unique_ptr<FrameReader> reader);
  [[nodiscard]] net::Task<void> Pause(nanoseconds pause);
  [[nodiscard]] nanoseconds Backoff();
  void OnFailure(std::string_view reason, std::string detail);
  void OnProtocolError(const Error& error);
  void OnNews(const FrameReader::Message& message);

  // False: a limit is hit.
  [[nodiscard]] bool TakeRoom(Call& call);
  void TakeSubmitted();
  void ArmCheck();
  void Send(MessageType type, SharedBytes body);

  LinkEnvironment& environment_;
  const std::string address_;
  net::Loop& loop_;
  SeededRandom random_;
  Calls calls_;
  std::shared_ptr<Channel> channel_;       // while up
  net::Connection* connecting_ = nullptr;  // before that
  Session session_;
  Gate pause_;
  net::TimerId pause_timer_;
  net::TimerId check_timer_;
  BootTime check_at_ = kNever;
  int failures_ = 0;
  std::atomic<bool> subscribed_{false};
  bool stopped_ = false;

  std::atomic<std::size_t> requests_out_{0};
  std::atomic<std::size_t> bytes_out_{0};
  Mutex mutex_;
  std::vector<std::unique_ptr<Call>> submitted_ GUARDED_BY(mutex_);
  bool posted_ GUARDED_BY(mutex_) = false;
};

}  // namespace coolkit::peer
