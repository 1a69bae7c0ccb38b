// Why: peers whose answers come when a test says so. Single-threaded.
#pragma once

#include <deque>
#include <utility>

#include "ring/peer_client.h"

namespace coolkit::support {

class ScriptedPeers final : public ring::PeerClient {
 public:
  struct PendingRead {
    ring::MemberId peer;
    ring::PeerReadRequest request;
    Completion<Result<ring::PeerReadReply>> done;
  };
  struct PendingWrite {
    ring::MemberId peer;
    ring::PeerWriteRequest request;
    Completion<Result<ring::PeerWriteReply>> done;
  };

  void Read(const ring::MemberId& peer, ring::PeerReadRequest request,
            Completion<Result<ring::PeerReadReply>> done) override {
    reads.push_back({peer, std::move(request), std::move(done)});
  }
  void Write(const ring::MemberId& peer, ring::PeerWriteRequest request,
             Completion<Result<ring::PeerWriteReply>> done) override {
    writes.push_back({peer, std::move(request), std::move(done)});
  }
  void Push(const ring::MemberId& /*peer*/, ring::PeerPush /*push*/,
            Completion<Result<ring::PeerPushReply>> done) override {
    done(Fail(ErrorCode::kInternal, "not scripted"));
  }

  // Answers the oldest read.
  void AnswerRead(const model::Incarnation& life, ring::PeerReadItem item) {
    ring::PeerReadReply reply;
    reply.incarnation = life;
    reply.items.push_back(std::move(item));
    TakeRead().done(std::move(reply));
  }
  void FailRead(ErrorCode code) { TakeRead().done(Fail(code, "scripted")); }
  void FailWrite(ErrorCode code) { TakeWrite().done(Fail(code, "scripted")); }
  void RefuseWrite(ring::PeerWriteReply::Refusal refusal) {
    ring::PeerWriteReply reply;
    reply.refusal = refusal;
    TakeWrite().done(std::move(reply));
  }
  [[nodiscard]] PendingRead TakeRead() {
    PendingRead read = std::move(reads.front());
    reads.pop_front();
    return read;
  }
  [[nodiscard]] PendingWrite TakeWrite() {
    PendingWrite write = std::move(writes.front());
    writes.pop_front();
    return write;
  }

  std::deque<PendingRead> reads;
  std::deque<PendingWrite> writes;
};

}  // namespace coolkit::support
