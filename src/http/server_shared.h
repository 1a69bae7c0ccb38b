// Why: what the connections of one server share across loops: limits, counters and the list by
// which Drain and Stop find them. Counters are atomics on lines of their own; the lock is taken
// when a connection begins and ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "http/handler.h"
#include "http/input_buffer.h"
#include "http/server.h"
#include "net/task_group.h"

namespace coolkit::http {

class ServerConnection;

class ServerShared {
 public:
  ServerShared(Handler& handler, const ServerLimits& limits, ServerMetrics metrics,
               std::function<std::int64_t()> date_seconds);

  Handler& handler;
  const ServerLimits limits;
  const ServerMetrics metrics;
  const std::function<std::int64_t()> date_seconds;

  ByteBudget body_bytes;
  ByteBudget response_bytes;
  alignas(64) std::atomic<std::size_t> requests_in_flight{0};
  alignas(64) std::atomic<std::size_t> connections{0};  // refused ones included
  std::atomic<bool> draining{false};
  net::TaskGroup tasks;

  void Hit(const char* limit) const {
    if (metrics.limit_hit) metrics.limit_hit(limit);
  }
  // The connections open now, this one and refused ones included; LeaveConnection follows.
  [[nodiscard]] std::size_t EnterConnection();
  void LeaveConnection();
  // False: too many are in flight. True: LeaveRequest follows.
  [[nodiscard]] bool EnterRequest();
  void LeaveRequest();

  void Register(std::shared_ptr<ServerConnection> connection);
  void Unregister(const std::shared_ptr<ServerConnection>& connection);
  [[nodiscard]] std::vector<std::shared_ptr<ServerConnection>> Connections() const;

 private:
  mutable Mutex mutex_;
  std::unordered_set<std::shared_ptr<ServerConnection>> registered_ GUARDED_BY(mutex_);
};

}  // namespace coolkit::http
