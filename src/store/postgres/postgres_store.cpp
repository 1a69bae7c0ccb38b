#include "store/postgres/postgres_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "model/limits.h"
#include "store/postgres/atomic_writer.h"
#include "store/postgres/connection_allowance.h"
#include "store/postgres/feed.h"
#include "store/postgres/inbox.h"
#include "store/postgres/migrate.h"
#include "store/postgres/pg_coordination.h"
#include "store/postgres/reader.h"
#include "store/postgres/session.h"
#include "store/postgres/writer.h"

namespace coolkit::store {
namespace {

const Error kStopping{ErrorCode::kDraining, "the store is stopping", {}};
constexpr milliseconds kMaintenanceWait{30'000};

// Blocks a thread that is not the loop's until something happened there.
class Signal {
 public:
  void Set() {
    const MutexLock lock(mutex_);
    set_ = true;
    changed_.NotifyAll();
  }
  void Wait() {
    const MutexLock lock(mutex_);
    while (!set_) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ GUARDED_BY(mutex_) = false;
};

// `done`, or kDeadlineExceeded at the deadline: what was sent can't be called back, but who asked
// need not wait for it.
template <class T>
Completion<Result<T>> Bounded(net::Loop& loop, BootTime deadline, Completion<Result<T>> done) {
  if (deadline == kNever) return done;
  struct State {
    Completion<Result<T>> done;
    net::TimerId timer;
    bool told = false;
  };
  auto state = std::make_shared<State>();
  state->done = std::move(done);
  state->timer = loop.At(deadline, [state] {
    state->told = true;
    state->done(Fail(ErrorCode::kDeadlineExceeded, "the database did not answer in time"));
  });
  return [state, &loop](Result<T> result) {
    if (state->told) return;
    loop.Cancel(state->timer);
    state->done(std::move(result));
  };
}

PostgresUrl UrlOf(const std::string& url) {
  Result<PostgresUrl> parsed = ParsePostgresUrl(url);
  return parsed ? std::move(*parsed) : PostgresUrl{};
}

}  // namespace

struct PostgresStore::Core final : Supply {
  Core(const PostgresOptions& options, net::Readiness& readiness, StoreMetrics& metrics,
       telemetry::Log& log)
      : shared(WithoutFeed(options), UrlOf(options.url), readiness, metrics, log),
        inbox(shared.loop, shared.options, metrics, [this] { Drain(); }),
        reader(shared, *this, [this](std::size_t count) { inbox.ReadsBegun(count); }),
        writer(shared, *this,
               [this](std::size_t count, std::size_t bytes) { inbox.WritesBegun(count, bytes); }),
        atomic_writer(shared),
        coordination(shared, inbox),
        feed_shared(MakeFeedShared(readiness)),
        feed(feed_shared ? *feed_shared : shared),
        allowance({options.connections, options.share_hold, options.members_known_max}) {}

  // With a URL of its own the feed has its own pool, of one connection of the same budget.
  static PostgresOptions WithoutFeed(PostgresOptions options) {
    if (options.feed_url.empty()) return options;
    options.connections.all_pods = std::max(1, options.connections.all_pods - 1);
    options.connections.per_pod = std::max(1, options.connections.per_pod - 1);
    return options;
  }
  std::unique_ptr<PgShared> MakeFeedShared(net::Readiness& readiness) const {
    if (shared.options.feed_url.empty()) return nullptr;
    PostgresOptions options = shared.options;
    options.connections.per_pod = 1;
    options.dialer = options.feed_dialer;
    return std::make_unique<PgShared>(options, UrlOf(options.feed_url), readiness, shared.metrics,
                                      shared.log);
  }

  // Runs `work` on the loop and waits for its end.
  void OnLoop(Function<void()> work) {
    Signal done;
    shared.loop.Post([&done, work = std::move(work)]() mutable {
      work();
      done.Set();
    });
    done.Wait();
  }

  void Drain() {
    Pull();
    Began();
    ArmSweep();
  }
  void Pull() override {
    for (PgWork& work : inbox.Take()) {
      if (stopping) {
        Refuse(work);
      } else {
        std::visit([this](auto& operation) { Begin(std::move(operation)); }, work);
      }
    }
  }
  void Began() override {
    reader.Start();
    writer.Start();
    Ended();
  }
  void Ended() override { inbox.WakeAt(reader.wanted(), writer.wanted()); }
  void Refuse(PgWork& work) {
    if (const auto* write = std::get_if<PgWrite>(&work)) {
      inbox.WritesBegun(1, write->bytes());
    } else if (const auto* atomic = std::get_if<PgAtomic>(&work)) {
      inbox.WritesBegun(1, atomic->bytes());
    } else if (std::holds_alternative<PgCollect>(work) || std::holds_alternative<PgPrune>(work)) {
      inbox.WritesBegun(1, 0);
    } else if (std::holds_alternative<PgCoordinate>(work)) {
      inbox.Coordinated();
    } else {
      inbox.ReadsBegun(1);
    }
    FailWork(work, kStopping);
  }

  void Begin(PgRead read) { reader.Add(std::move(read)); }
  void Begin(PgWrite write) { writer.Add(std::move(write)); }
  void Begin(PgList list) {
    list.done = Bounded(shared.loop, list.deadline, std::move(list.done));
    SpawnRead(reader.List(std::move(list)));
  }
  void Begin(PgPoll poll) {
    poll.done = Bounded(shared.loop, poll.deadline, std::move(poll.done));
    SpawnRead(feed.Poll(std::move(poll)));
  }
  void Begin(PgAtomic atomic) {
    const std::size_t bytes = atomic.bytes();
    SpawnWrite(atomic_writer.Write(std::move(atomic)), bytes);
  }
  void Begin(PgCollect collect) { SpawnWrite(feed.Collect(std::move(collect)), 0); }
  void Begin(PgPrune prune) { SpawnWrite(feed.Prune(std::move(prune)), 0); }

  void Begin(PgCoordinate work) { CHECK(shared.tasks.Spawn(Coordinate(std::move(work)))); }
  net::Task<void> Coordinate(PgCoordinate work) {
    co_await coordination.Run(std::move(work));
    inbox.Coordinated();
  }

  // They count as waiting until they are done: what waits for a connection is in no queue of ours.
  void SpawnRead(net::Task<void> task) { CHECK(shared.tasks.Spawn(CountRead(std::move(task)))); }
  void SpawnWrite(net::Task<void> task, std::size_t bytes) {
    CHECK(shared.tasks.Spawn(CountWrite(std::move(task), bytes)));
  }
  net::Task<void> CountRead(net::Task<void> task) {
    co_await std::move(task);
    inbox.ReadsBegun(1);
  }
  net::Task<void> CountWrite(net::Task<void> task, std::size_t bytes) {
    co_await std::move(task);
    inbox.WritesBegun(1, bytes);
  }

  // Answers what has waited for too long.
  void ArmSweep() {
    // While statements are under way, operations may wait in the inbox.
    const bool idle = reader.waiting() + writer.waiting() == 0 && !reader.busy() && !writer.busy();
    if (sweep.value != 0 || stopping || idle) return;
    sweep = shared.loop.At(shared.loop.Now() + shared.options.sweep_interval, [this] {
      sweep = {};
      Drain();
      const BootTime now = shared.loop.Now();
      reader.FailExpired(now);
      writer.FailExpired(now);
      ArmSweep();
    });
  }

  // Time alone changes the share too.
  void KeepShare() {
    if (!shared.options.share_by_members || stopping) return;
    const int server_max = shared.pool.server_connections_max();
    const int of_feed = feed_shared ? 1 : 0;
    shared.pool.SetConnectionsMax(allowance.Share(server_max, shared.loop.Now()) - of_feed);
    shared.loop.Cancel(share_timer);
    const BootTime next = shared.loop.Now() + shared.options.share_interval;
    share_timer = shared.loop.At(next, [this] { KeepShare(); });
  }

  net::Task<void> FirstConnection(BootTime deadline, Result<void>& result, Signal& done) {
    Result<Lease> lease = co_await shared.pool.Acquire(Urgency::kFirst, deadline);
    if (!lease) result = Fail(lease.error());
    {
      const Result<Lease> back = std::move(lease);
    }
    done.Set();
  }

  void Pause(milliseconds time) {
    Signal over;
    shared.loop.Post([this, time, &over] {
      static_cast<void>(shared.loop.At(shared.loop.Now() + time, [&over] { over.Set(); }));
    });
    over.Wait();
  }

  bool GivenUp() const { return shared.options.start_given_up && shared.options.start_given_up(); }

  // Applies what is pending. A server that starts, fails over or takes no more connections at this
  // moment is waited for.
  Result<void> Migrate(BootTime deadline) {
    SeededRandom random(shared.options.seed);
    milliseconds pause = shared.options.backoff_min;
    for (;;) {
      std::expected<PgSession, PgSession::Unreached> session = PgSession::Reach(
          shared.options.url, shared.options.connect_timeout, shared.options.dialer);
      if (session) return MigratePendingPostgres(*session);
      const PgSession::Unreached& why = session.error();
      if (!why.passing || shared.loop.Now() + pause >= deadline || GivenUp()) {
        return Fail(why.error);
      }
      shared.metrics.ConnectionError(why.reason).Add();
      shared.log.Warn("waiting for the database",
                      {{"reason", why.reason}, {"error", why.error.detail}});
      Pause(pause / 2 +
            milliseconds(random.Below(static_cast<std::uint64_t>(pause.count()) / 2 + 1)));
      pause = std::min(shared.options.backoff_max, pause * 2);
    }
  }

  Result<void> Connect(BootTime deadline) {
    for (;;) {
      Result<void> result;
      Signal done;
      shared.loop.Post([this, deadline, &result, &done] {
        CHECK(shared.tasks.Spawn(FirstConnection(deadline, result, done)));
      });
      done.Wait();
      const bool passing = !result && result.error().code == ErrorCode::kDatabaseUnavailable;
      const bool late = shared.loop.Now() + shared.options.backoff_max >= deadline;
      if (!passing || late || GivenUp()) return result;
      Pause(shared.options.backoff_min);
    }
  }

  void BeginStop() {
    stopping = true;
    shared.loop.Cancel(sweep);
    shared.loop.Cancel(share_timer);
    for (PgWork& work : inbox.Take()) Refuse(work);
    reader.FailWaiting(kStopping);
    writer.FailWaiting(kStopping);
    shared.pool.Close();
    if (feed_shared) feed_shared->pool.Close();
  }

  PgShared shared;
  Inbox inbox;
  Reader reader;
  Writer writer;
  AtomicWriter atomic_writer;
  PgCoordination coordination;
  std::unique_ptr<PgShared> feed_shared;
  Feed feed;
  ConnectionAllowance allowance;
  net::TimerId share_timer;
  net::TimerId sweep;
  bool stopping = false;
  bool started = false;
};

PostgresStore::PostgresStore(const PostgresOptions& options, net::Readiness& readiness,
                             StoreMetrics& metrics, telemetry::Log& log)
    : core_(std::make_unique<Core>(options, readiness, metrics, log)) {}

PostgresStore::~PostgresStore() { Stop(); }

std::vector<std::string> PostgresStore::StatementNames() {
  std::vector<std::string> names{"connect"};
  for (const Statement& statement : Statements()) names.emplace_back(statement.name);
  return names;
}

Result<void> PostgresStore::Start() {
  Core& core = *core_;
  CHECK(!core.started);
  const PostgresOptions& options = core.shared.options;
  if (Result<PostgresUrl> url = ParsePostgresUrl(options.url); !url) {
    return Fail(std::move(url.error()));
  }
  if (!options.feed_url.empty()) {
    const Result<PostgresUrl> url = ParsePostgresUrl(options.feed_url);
    if (!url) return Fail(url.error());
  }
  const BootTime deadline = core.shared.loop.Now() + options.start_timeout;
  if (options.migrate) {
    if (Result<void> done = core.Migrate(deadline); !done) return done;
  }
  core.started = true;
  core.OnLoop([&core] { core.KeepShare(); });
  const Result<void> connected = core.Connect(deadline);
  if (!connected) {
    Stop();
    return Fail(connected.error());
  }
  core.inbox.Open();
  return {};
}

void PostgresStore::Stop() {
  Core& core = *core_;
  if (!std::exchange(core.started, false)) return;
  core.inbox.Close();
  core.OnLoop([&core] { core.BeginStop(); });
  core.shared.tasks.Close();
  core.shared.tasks.BlockUntilEmpty();
  if (core.feed_shared) {
    core.feed_shared->tasks.Close();
    core.feed_shared->tasks.BlockUntilEmpty();
  }
  core.OnLoop([] {});  // refusals that were posted before
  core.inbox.CloseForGood();
}

Coordination& PostgresStore::coordination() { return core_->coordination; }

void PostgresStore::SetConnectionsMax(int connections_max) {
  Core& core = *core_;
  core.shared.loop.Post(
      [&core, connections_max] { core.shared.pool.SetConnectionsMax(connections_max); });
}

void PostgresStore::SetMembers(int members) {
  Core& core = *core_;
  core.shared.loop.Post([&core, members] {
    core.allowance.OnMembers(members, core.shared.loop.Now());
    core.KeepShare();
  });
}

void PostgresStore::Read(std::vector<model::Key> keys, BootTime deadline,
                         Completion<Result<ReadAnswer>> done) {
  CHECK(keys.size() <= model::kMaxBatchItems);
  core_->inbox.Push(PgRead{std::move(keys), deadline, std::move(done)});
}

void PostgresStore::Write(WriteOp op, BootTime deadline, Completion<Result<WriteAnswer>> done) {
  core_->inbox.Push(PgWrite{std::move(op), deadline, std::move(done), false});
}

void PostgresStore::WriteAtomic(std::vector<WriteOp> ops, BootTime deadline,
                                Completion<Result<AtomicAnswer>> done) {
  CHECK(ops.size() <= model::kMaxBatchItems);
  core_->inbox.Push(PgAtomic{std::move(ops), deadline, std::move(done)});
}

void PostgresStore::List(ListRequest request, BootTime deadline,
                         Completion<Result<ListAnswer>> done) {
  core_->inbox.Push(PgList{std::move(request), deadline, std::move(done)});
}

void PostgresStore::Poll(std::optional<FeedCursor> cursor, BootTime deadline,
                         Completion<Result<FeedAnswer>> done) {
  core_->inbox.Push(PgPoll{std::move(cursor), deadline, std::move(done)});
}

void PostgresStore::Collect(milliseconds retention, std::size_t limit,
                            Completion<Result<std::size_t>> done) {
  const BootTime deadline = core_->shared.loop.Now() + kMaintenanceWait;
  core_->inbox.Push(PgCollect{retention, limit, deadline, std::move(done)});
}

void PostgresStore::Prune(FeedCursor mark, std::size_t limit,
                          Completion<Result<std::size_t>> done) {
  const BootTime deadline = core_->shared.loop.Now() + kMaintenanceWait;
  core_->inbox.Push(PgPrune{std::move(mark), limit, deadline, std::move(done)});
}

}  // namespace coolkit::store
