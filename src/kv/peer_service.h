// Why: what this pod does for other pods: their reads from its memory or by one load, their writes
// of keys that it owns, and the entries that they hand over.
//
// Thread safety: the handler's calls from any loop; Stop from any thread that is not one.
#pragma once

#include <atomic>

#include "kv/service.h"
#include "net/task_group.h"
#include "ring/peer_handler.h"

namespace coolkit::kv {

class PeerService final : public ring::PeerHandler {
 public:
  // Both outlive it.
  PeerService(Service& service, const ring::Router& router);

  // Waits for what is under way for peers; afterwards they are told `draining`.
  void Stop();

  void OnRead(const ring::MemberId& from, ring::PeerReadRequest request, net::Loop& loop,
              Completion<ring::PeerReadReply> done) override;
  void OnWrite(const ring::MemberId& from, ring::PeerWriteRequest request, net::Loop& loop,
               Completion<ring::PeerWriteReply> done) override;
  void OnPush(const ring::MemberId& from, ring::PeerPush push, net::Loop& loop,
              Completion<ring::PeerPushReply> done) override;

 private:
  [[nodiscard]] net::Task<void> Load(ring::PeerReadRequest request, ring::PeerReadReply reply,
                                     std::vector<std::size_t> missing, net::Loop& loop,
                                     Completion<ring::PeerReadReply> done);
  [[nodiscard]] net::Task<void> Write(ring::PeerWriteRequest request, net::Loop& loop,
                                      Completion<ring::PeerWriteReply> done);
  [[nodiscard]] ring::Epoch epoch() const;

  Service& service_;
  const ring::Router& router_;
  net::TaskGroup tasks_;
  std::atomic<bool> stopped_{false};
};

}  // namespace coolkit::kv
