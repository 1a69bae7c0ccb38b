// Why: two connected net::Connections in memory, so that protocols are tested without a socket:
// on a manual loop and clock, with reads and writes cut to any size, stalled, broken at the n-th
// operation, with deadlines, back-pressure and TCP's habit of destroying what is on its way when
// an end is closed with unread input. Everything on one loop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/connection.h"

namespace coolkit::support {

// Counts the reads and writes of those who share it and breaks the connection at one of them.
struct PipeFaults {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::size_t fail_at = kNone;  // from 0
  std::size_t operations = 0;   // so far
};

class PipeConnection final : public net::Connection {
 public:
  // What each end may set. The cuts get the largest size possible and return how much is done at
  // once (at least 1 is done).
  struct Behaviour {
    std::function<std::size_t(std::size_t)> cut_read;
    std::function<std::size_t(std::size_t)> cut_write;
    bool posted = false;           // nothing completes at once, everything on the loop
    bool stall_reads = false;      // bytes are there but do not arrive
    PipeFaults* faults = nullptr;  // outlives the end
  };
  struct Pair {
    std::unique_ptr<PipeConnection> first;
    std::unique_ptr<PipeConnection> second;
  };
  // `capacity`: bytes on their way in each direction before writes wait.
  static Pair Make(net::Loop& loop, std::size_t capacity = 64 * 1024) {
    auto left = std::make_shared<End>(loop, capacity);
    auto right = std::make_shared<End>(loop, capacity);
    left->peer = right;
    right->peer = left;
    return {std::unique_ptr<PipeConnection>(new PipeConnection(std::move(left))),
            std::unique_ptr<PipeConnection>(new PipeConnection(std::move(right)))};
  }
  ~PipeConnection() override { Close(); }

  Behaviour& behaviour() { return end_->behaviour; }
  // After `behaviour()` was changed so that more is possible now.
  void Kick() { end_->Advance(); }

  // For tests that are not coroutines: puts bytes on their way whatever the capacity, and takes
  // those that have come.
  void Send(std::string_view bytes) { end_->Send(bytes); }
  [[nodiscard]] std::string TakeReceived(
      std::size_t max = std::numeric_limits<std::size_t>::max()) {
    return end_->Take(max);
  }
  // Has the other end closed or shut down its side, and all bytes were taken?
  [[nodiscard]] bool AtEnd() const {
    return end_->inbox.empty() && (end_->inbox_ended || end_->broken);
  }
  // The other end was closed while our bytes lay unread there.
  [[nodiscard]] bool WasReset() const { return end_->broken; }

  void SetReadDeadline(BootTime deadline) override { end_->SetDeadline(end_->read, deadline); }
  void SetWriteDeadline(BootTime deadline) override { end_->SetDeadline(end_->write, deadline); }
  void ShutdownWrite() override { end_->EndOutput(); }
  void Close() override { end_->Close(); }
  [[nodiscard]] net::Loop& loop() override { return end_->loop; }
  [[nodiscard]] std::string PeerAddress() const override { return "pipe:1"; }

 protected:
  bool StartRead(net::IoOperation& operation) override {
    return end_->Start(end_->read, operation);
  }
  bool StartWrite(net::IoOperation& operation) override {
    return end_->Start(end_->write, operation);
  }

 private:
  struct Side {
    net::IoOperation* pending = nullptr;
    BootTime deadline = kNever;
    net::TimerId timer;
    bool is_read = false;
  };

  struct End : std::enable_shared_from_this<End> {
    End(net::Loop& loop_in, std::size_t capacity_in) : loop(loop_in), capacity(capacity_in) {
      read.is_read = true;
    }

    // The outcome of an operation if it can end now.
    bool Attempt(Side& side, net::IoOperation& operation, Result<std::size_t>& result) {
      if (closed || broken) {
        result = Fail(ErrorCode::kConnectionClosed, "closed");
        return true;
      }
      if (side.deadline <= loop.Now()) {
        result = Fail(ErrorCode::kTimeout, "deadline");
        return true;
      }
      return side.is_read ? AttemptRead(operation, result) : AttemptWrite(operation, result);
    }
    bool AttemptRead(net::IoOperation& operation, Result<std::size_t>& result) {
      if (behaviour.stall_reads || (inbox.empty() && !inbox_ended)) return false;
      std::size_t n = std::min(inbox.size(), operation.into().size());
      if (n > 0 && behaviour.cut_read) n = std::clamp<std::size_t>(behaviour.cut_read(n), 1, n);
      inbox.copy(operation.into().data(), n);
      Drop(n);
      result = n;
      if (n > 0) Wake(peer.lock());
      return true;
    }
    bool AttemptWrite(net::IoOperation& operation, Result<std::size_t>& result) {
      const std::shared_ptr<End> other = peer.lock();
      if (output_ended || other == nullptr || other->closed) {
        Break();
        result = Fail(ErrorCode::kConnectionClosed, "the other end is closed");
        return true;
      }
      if (other->inbox.size() >= capacity) return false;
      std::string bytes;
      for (const std::string_view part : operation.from()) bytes += part;
      std::size_t n = std::min(bytes.size(), capacity - other->inbox.size());
      if (behaviour.cut_write) n = std::clamp<std::size_t>(behaviour.cut_write(n), 1, n);
      other->inbox.append(bytes, 0, n);
      result = n;
      Wake(other);
      return true;
    }

    bool Start(Side& side, net::IoOperation& operation) {
      PipeFaults* const faults = behaviour.faults;
      if (faults != nullptr && faults->operations++ == faults->fail_at) Close();
      Result<std::size_t> result{std::size_t{0}};
      if (!behaviour.posted && Attempt(side, operation, result)) {
        operation.SetResult(std::move(result));
        return false;
      }
      side.pending = &operation;
      Wake(shared_from_this());
      Arm(side);
      return true;
    }
    // Ends what can be ended. Each resumes a coroutine, which may start the next operation.
    void Advance() {
      const auto self = shared_from_this();
      for (Side* side : {&read, &write}) {
        if (side->pending == nullptr) continue;
        Result<std::size_t> result{std::size_t{0}};
        if (!Attempt(*side, *side->pending, result)) continue;
        if (side->timer.value != 0) loop.Cancel(std::exchange(side->timer, net::TimerId{}));
        std::exchange(side->pending, nullptr)->Complete(std::move(result));
      }
    }
    static void Wake(const std::shared_ptr<End>& end) {
      if (end == nullptr || (end->read.pending == nullptr && end->write.pending == nullptr)) return;
      end->loop.Post([end] { end->Advance(); });
    }

    void SetDeadline(Side& side, BootTime deadline) {
      side.deadline = deadline;
      if (side.pending != nullptr) Arm(side);
    }
    void Arm(Side& side) {
      if (side.timer.value != 0) loop.Cancel(std::exchange(side.timer, net::TimerId{}));
      if (side.deadline == kNever) return;
      side.timer = loop.At(side.deadline, [self = shared_from_this(), &side] {
        side.timer = {};
        self->Advance();
      });
      if (side.deadline <= loop.Now()) Wake(shared_from_this());
    }

    void Send(std::string_view bytes) {
      const std::shared_ptr<End> other = peer.lock();
      if (other == nullptr || other->closed || output_ended) return Break();
      other->inbox += bytes;
      Wake(other);
    }
    std::string Take(std::size_t max) {
      std::string taken = inbox.substr(0, max);
      Drop(taken.size());
      if (!taken.empty()) Wake(peer.lock());
      return taken;
    }
    void Drop(std::size_t n) {
      inbox.erase(0, n);
      if (inbox.empty()) inbox.shrink_to_fit();  // tests measure memory
    }
    void EndOutput() {
      output_ended = true;
      const std::shared_ptr<End> other = peer.lock();
      if (other == nullptr) return;
      other->inbox_ended = true;
      Wake(other);
    }
    // A reset arrived: what was not read is lost.
    void Break() {
      broken = true;
      inbox.clear();
      Wake(shared_from_this());
    }
    void Close() {
      if (std::exchange(closed, true)) return;
      EndOutput();
      if (const std::shared_ptr<End> other = peer.lock(); other != nullptr && !inbox.empty()) {
        other->Break();
      }
      for (Side* side : {&read, &write}) {
        if (side->timer.value != 0) loop.Cancel(std::exchange(side->timer, net::TimerId{}));
      }
      Wake(shared_from_this());
    }

    net::Loop& loop;
    const std::size_t capacity;
    std::weak_ptr<End> peer;
    Behaviour behaviour;
    Side read;
    Side write;
    std::string inbox;         // on its way to this end
    bool inbox_ended = false;  // nothing will follow
    bool output_ended = false;
    bool closed = false;
    bool broken = false;
  };

  explicit PipeConnection(std::shared_ptr<End> end) : end_(std::move(end)) {}

  std::shared_ptr<End> end_;
};

}  // namespace coolkit::support
