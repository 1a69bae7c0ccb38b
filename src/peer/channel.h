// Why: one connection that speaks the protocol, whoever dialled it: reads messages, writes what
// the outbox holds (many messages per write while a write is under way, at once when idle), and
// notices a peer that is gone without a word.
//
// Not thread-safe: on the connection's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/connection.h"
#include "net/task.h"
#include "peer/frame_reader.h"
#include "peer/gate.h"
#include "peer/limits.h"
#include "peer/outbox.h"
#include "peer/peer_metrics.h"

namespace coolkit::peer {

// What a channel tells the side that it belongs to. Not after Run has ended.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;
  // KeepAlive and its reply are not shown. The body lives until it returns.
  virtual void OnMessage(const FrameReader::Message& message) = 0;
  // All messages of one read were shown.
  virtual void OnMessages() {}
  // There is room for a block: the last moment to add to the outbox what goes into it.
  virtual void OnRoom() {}
  // A tracked message ends at that byte of the stream.
  virtual void OnLaidOut(const Outbox::End& end) { static_cast<void>(end); }
};

class Channel final : public std::enable_shared_from_this<Channel> {
 public:
  // `asks`: this side sends the signs of life. All references outlive it.
  Channel(std::unique_ptr<net::Connection> connection, std::unique_ptr<FrameReader> reader,
          bool asks, const Limits& limits, PeerMetrics& metrics, ChannelOwner& owner);

  // Serves to the end and returns why it ended; the connection is closed then. Called once.
  [[nodiscard]] net::Task<Error> Run();

  // Puts a message into the outbox and sees to it that it is sent soon.
  void Send(Outbox::Lane lane, Outbox::Message message);
  // There is something to send, or OnRoom will have it.
  void Wake();
  // The same, without letting others post work before.
  void Flush();
  // Asks the peer for a sign of life, unless that was done a moment ago.
  void Ask();
  // Stops reading, until ResumeReading.
  void PauseReading() { paused_ = true; }
  void ResumeReading();
  // Ends it. The first reason counts.
  void Close(Error reason);

  [[nodiscard]] Outbox& outbox() { return outbox_; }
  [[nodiscard]] bool closed() const { return closed_; }
  // Bytes of the stream that the kernel has taken.
  [[nodiscard]] std::uint64_t handed_over() const { return handed_over_; }
  // When the peer was last heard.
  [[nodiscard]] BootTime heard_at() const { return heard_at_; }
  [[nodiscard]] net::Loop& loop() { return loop_; }

 private:
  net::Task<void> ReadLoop();
  net::Task<void> WriteLoop();
  // False: the channel is closed.
  net::Task<bool> WriteBlock();
  void Dispatch();
  void OnKeepAlive(const FrameReader::Message& message);
  void ArmTick();
  void OnTick();
  void PostResume(Gate& gate);

  std::unique_ptr<net::Connection> connection_;
  std::unique_ptr<FrameReader> reader_;
  net::Loop& loop_;
  const bool asks_;
  const Limits& limits_;
  PeerMetrics& metrics_;
  ChannelOwner& owner_;
  Outbox outbox_;
  std::string block_;
  std::vector<Outbox::End> ends_;
  Gate writer_;      // waits for something to send
  Gate reading_;     // waits while paused
  Gate writer_end_;  // Run waits for the writer
  net::TimerId tick_;
  BootTime ticked_at_{};
  BootTime heard_at_{};
  BootTime sent_at_{};
  BootTime asked_at_ = kMinusInfinity;
  std::uint64_t handed_over_ = 0;
  bool paused_ = false;
  bool closed_ = false;
  bool flush_posted_ = false;
  bool dispatching_ = false;
  bool writer_ended_ = false;
  Error reason_;
};

}  // namespace coolkit::peer
