// Why: a request to a peer from the call to its one answer: what it is as bytes, when it has
// waited long enough, and what its caller hears when it ends otherwise (R18).
//
// Not thread-safe: made on the caller's thread, then on its connection's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/function.h"
#include "peer/peer_metrics.h"
#include "peer/protocol.h"
#include "ring/peer_client.h"

namespace coolkit::peer {

// How a call ends without an answer. The first four: the peer surely did not and will not take it.
enum class Ending : std::uint8_t {
  kNotConnected,
  kRefused,        // by this side (queue, breaker) or by the peer
  kBrokenUnsent,   // the connection broke before the kernel had all of it
  kTimeoutUnsent,  // the time passed before it had begun
  kBrokenSent,
  kTimeoutSent,
};

// What a call holds of the limits; given back when it is destroyed.
class Charge {
 public:
  Charge() = default;
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  ~Charge() {
    if (release_) release_();
  }
  void Set(Function<void()> release) { release_ = std::move(release); }

 private:
  Function<void()> release_;
};

class Call {
 public:
  struct Times {
    BootTime called_at{};
    BootTime deadline = kNever;
  };
  Call(Times times_in, std::size_t bytes_in, RequestMetrics& metrics)
      : times(times_in), bytes(bytes_in), metrics_(metrics) {}
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] virtual MessageType type() const = 0;
  [[nodiscard]] virtual MessageType reply_type() const = 0;
  [[nodiscard]] virtual std::string Encode(BootTime now) const = 0;
  // Ends it with the peer's answer; false: the answer makes no sense, and the call goes on.
  [[nodiscard]] virtual bool Answer(std::string_view body, BootTime now) = 0;
  // Ends it without one.
  void End(Ending ending, std::string detail);

  const Times times;
  const std::size_t bytes;       // BytesOf(request)
  Charge charge;                 // until it is destroyed
  std::uint64_t end_offset = 0;  // where it ends in the stream; 0: not laid out whole
  bool asked = false;            // the peer was asked for a sign of life because of it

 protected:
  virtual void Fail(Error error) = 0;
  // The code for an ending after which the peer may have taken it.
  [[nodiscard]] virtual ErrorCode CodeOnceSent(Ending ending) const;
  void CountAnswer(BootTime now);

 private:
  [[nodiscard]] ErrorCode CodeOf(Ending ending) const;
  void Count(ErrorCode code);

  RequestMetrics& metrics_;
};

class ReadCall final : public Call {
 public:
  using Done = Completion<Result<ring::PeerReadReply>>;
  ReadCall(Times times_in, ring::PeerReadRequest request, Done done, PeerMetrics& metrics);

  [[nodiscard]] const ring::PeerReadRequest& request() const { return request_; }
  // One key, and nothing that is its own but the key and the deadline.
  [[nodiscard]] bool CanShare() const { return request_.keys.size() == 1 && !request_.token; }
  // Both can share, and may do so with each other.
  [[nodiscard]] bool SharesWith(const ReadCall& other) const;

  [[nodiscard]] MessageType type() const override { return MessageType::kRead; }
  [[nodiscard]] MessageType reply_type() const override { return MessageType::kReadReply; }
  [[nodiscard]] std::string Encode(BootTime now) const override;
  [[nodiscard]] bool Answer(std::string_view body, BootTime now) override;

 private:
  void Fail(Error error) override { done_(coolkit::Fail(std::move(error))); }
  ring::PeerReadRequest request_;
  Done done_;
};

class WriteCall final : public Call {
 public:
  using Done = Completion<Result<ring::PeerWriteReply>>;
  WriteCall(Times times_in, ring::PeerWriteRequest request, Done done, PeerMetrics& metrics);

  [[nodiscard]] MessageType type() const override { return MessageType::kWrite; }
  [[nodiscard]] MessageType reply_type() const override { return MessageType::kWriteReply; }
  [[nodiscard]] std::string Encode(BootTime now) const override;
  [[nodiscard]] bool Answer(std::string_view body, BootTime now) override;

 private:
  void Fail(Error error) override { done_(coolkit::Fail(std::move(error))); }
  [[nodiscard]] ErrorCode CodeOnceSent(Ending ending) const override;
  ring::PeerWriteRequest request_;
  Done done_;
};

class PushCall final : public Call {
 public:
  using Done = Completion<Result<ring::PeerPushReply>>;
  PushCall(Times times_in, ring::PeerPush push, Done done, PeerMetrics& metrics);

  [[nodiscard]] MessageType type() const override { return MessageType::kPush; }
  [[nodiscard]] MessageType reply_type() const override { return MessageType::kPushReply; }
  [[nodiscard]] std::string Encode(BootTime now) const override;
  [[nodiscard]] bool Answer(std::string_view body, BootTime now) override;

 private:
  void Fail(Error error) override { done_(coolkit::Fail(std::move(error))); }
  ring::PeerPush push_;
  Done done_;
};

}  // namespace coolkit::peer
