// Why: a slot that changes hands takes its entries along, from memory to memory, so that a rolling
// update does not empty the cache. The pod that owned it pushes, most used first, at a limited
// rate; what is not pushed (or is asked for sooner) the new owner finds by a look-up (R17).
//
// Thread safety: OnView and Start on the loop; AskToStop, Stop, Pending from any thread but the
// loop.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cache/cache.h"
#include "feed/state.h"
#include "net/loop.h"
#include "net/task_group.h"
#include "node/ring_metrics.h"
#include "ring/peer_client.h"
#include "ring/view.h"
#include "telemetry/log.h"

namespace coolkit::node {

// Slots on their way to one pod.
struct HandOffStatus {
  std::string to;
  std::uint32_t slots = 0;
  std::uint32_t slots_done = 0;  // by the share of their entries
};

class HandOff {
 public:
  struct Options {
    std::size_t batch_bytes = 256u << 10;
    std::size_t batch_items_max = 500;
    std::uint64_t bytes_per_second = 64u << 20;  // "hand_off_rate", for all receivers together
    milliseconds settle{300};  // from the view to the first push: the receiver has to have it
    int failures_max = 5;      // in a row; then the receiver is left to its look-ups
    milliseconds retry{200};
  };
  struct Parts {
    cache::Cache& cache;
    feed::State& state;
    ring::PeerClient& peers;
    RingMetrics& metrics;
    telemetry::Log& log;
  };
  HandOff(Parts parts, Options options);

  void Start(net::Loop& loop, ring::MemberId self);
  // Slots that were this pod's in `before` and are another's in `now` are handed over.
  void OnView(const ring::ViewPtr& before, const ring::ViewPtr& now);
  // Slots whose entries are still to be pushed.
  [[nodiscard]] std::size_t Pending() const { return pending_.load(); }
  [[nodiscard]] std::vector<HandOffStatus> Status() const;
  void AskToStop();
  void Stop();

 private:
  [[nodiscard]] net::Task<void> PushAll(ring::Member to, std::vector<bool> slots, std::size_t count,
                                        ring::Epoch epoch);
  [[nodiscard]] net::Task<bool> PushBatch(const ring::Member& to,
                                          const std::vector<model::EntryPtr>& entries,
                                          std::size_t& next, ring::Epoch epoch);
  [[nodiscard]] ring::PeerPush Batch(const std::vector<model::EntryPtr>& entries, std::size_t& next,
                                     ring::Epoch epoch, std::size_t& bytes);

  void Show(std::uint64_t number, const std::string& to, std::size_t slots, std::size_t done);

  Parts parts_;
  Options options_;
  net::Loop* loop_ = nullptr;
  ring::MemberId self_;
  net::TaskGroup tasks_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> pending_{0};
  mutable Mutex mutex_;
  std::map<std::uint64_t, HandOffStatus> under_way_ GUARDED_BY(mutex_);
  std::uint64_t last_number_ = 0;
  BootTime free_at_ = kMinusInfinity;  // when the rate allows the next batch
};

}  // namespace coolkit::node
