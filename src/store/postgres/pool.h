// Why: connections are made by need up to this pod's share, handed to one conversation at a time,
// and found again after a failover: a failed attempt is followed by a pause with jitter, in which
// nobody waits in vain. Everything belongs to the loop.
#pragma once

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "net/task_group.h"
#include "store/postgres/connection.h"
#include "store/postgres/life.h"
#include "telemetry/log.h"

namespace coolkit::store {

enum class Urgency : std::uint8_t {
  kAtOnce,  // the ring's rows: few and small
  kFirst,   // the feed, reads and group commits
  kSecond,  // lists, atomic batches, maintenance; never on the last connection of several
};
inline constexpr std::size_t kUrgencies = 3;

class Pool;

// A connection for the length of a scope; gives it back.
class Lease {
 public:
  Lease() = default;
  Lease(Pool& pool, Urgency urgency, std::unique_ptr<PgConnection> connection)
      : pool_(&pool), urgency_(urgency), connection_(std::move(connection)) {}
  ~Lease();
  Lease(Lease&&) = default;
  Lease& operator=(Lease&&) = delete;
  PgConnection* operator->() const { return connection_.get(); }

 private:
  Pool* pool_ = nullptr;
  Urgency urgency_ = Urgency::kFirst;
  std::unique_ptr<PgConnection> connection_;
};

class Pool {
 public:
  struct Parts {
    net::Loop& loop;
    const PgConnection::Context& context;
    Lives& lives;
    telemetry::Log& log;
    net::TaskGroup& tasks;
  };
  explicit Pool(const Parts& parts);

  // Waits for a connection. Errors: kDatabaseUnavailable (it can't be reached, also at once while
  // the pool pauses after a failure), kDeadlineExceeded, kDraining (closed).
  net::Task<Result<Lease>> Acquire(Urgency urgency, BootTime deadline);

  // At most so many from now on, at least one, and never more than this pod's share (the options):
  // idle ones are closed at once, those in use when they come back.
  void SetConnectionsMax(int connections_max);

  // Fails who waits and closes what is idle; connections that come back are closed.
  void Close();
  // The server's max_connections, less those that are reserved; 0: no connection was made yet.
  [[nodiscard]] int server_connections_max() const { return server_connections_max_; }
  [[nodiscard]] const std::optional<PgConnection::Failure>& last_failure() const {
    return last_failure_;
  }

 private:
  friend class Lease;
  struct Waiter {
    Completion<Result<Lease>> done;
    BootTime deadline = kNever;
    net::TimerId timer;
    std::uint64_t id = 0;
  };

  void Enqueue(Urgency urgency, BootTime deadline, Completion<Result<Lease>> done);
  void GiveBack(Urgency urgency, std::unique_ptr<PgConnection> connection);
  // The most urgent queue whose first waiter may have an idle connection; null: none.
  [[nodiscard]] std::deque<Waiter>* NextQueue();
  [[nodiscard]] bool MayTake(Urgency urgency) const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] Lease TakeIdle(Urgency urgency);
  void CloseSurplus();
  void Pump();
  void OpenMore();
  net::Task<void> OpenOne();
  // `first`: no other attempt of the same moment has failed before; one moment makes one pause.
  void OnFailure(const PgConnection::Failure& failure, bool first);
  void FailWaiters(const Error& error);
  void Expire(std::uint64_t id);
  void DropIdle(PgConnection* connection);
  // Drops the idle ones that the server has closed. True: one is left.
  bool HasIdle();
  void AddIdle(std::unique_ptr<PgConnection> connection);
  [[nodiscard]] BootTime RetireAt();
  void ArmShrink();
  void Shrink();
  void ShowGauges();  // the gauges are the sums over all pools of the process
  // Connections that this pod may have now; 1 before the server said how many it takes.
  [[nodiscard]] int limit() const {
    return std::min(connections_max_,
                    ConnectionShare(options_.connections, server_connections_max_, /*members=*/1));
  }
  [[nodiscard]] int total() const { return static_cast<int>(idle_.size()) + in_use_ + opening_; }

  struct Idle {
    std::unique_ptr<PgConnection> connection;
    BootTime since{};
  };

  Parts parts_;
  const PostgresOptions& options_;
  SeededRandom random_;
  std::vector<Idle> idle_;  // the last one is used first
  std::deque<Waiter> waiters_[kUrgencies];
  int connections_max_ = std::numeric_limits<int>::max();
  int in_use_ = 0;
  int second_in_use_ = 0;  // of these, by Urgency::kSecond
  int opening_ = 0;
  int server_connections_max_ = 0;  // 0: not known yet
  struct Shown {
    int in_use = 0;
    int idle = 0;
    int limit = 0;
  } shown_;
  bool closed_ = false;
  net::TimerId shrink_timer_;
  std::uint64_t last_waiter_ = 0;
  int failures_ = 0;  // in a row
  BootTime pause_until_{};
  std::optional<PgConnection::Failure> last_failure_;
};

}  // namespace coolkit::store
