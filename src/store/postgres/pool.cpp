#include "store/postgres/pool.h"

#include <algorithm>
#include <utility>

#include "net/await.h"

namespace coolkit::store {

Lease::~Lease() {
  if (connection_ != nullptr) pool_->GiveBack(urgency_, std::move(connection_));
}

Pool::Pool(const Parts& parts)
    : parts_(parts), options_(parts.context.options), random_(options_.seed) {}

net::Task<Result<Lease>> Pool::Acquire(Urgency urgency, BootTime deadline) {
  if (!closed_ && waiting() == 0 && MayTake(urgency) && HasIdle()) {
    Result<Lease> lease = TakeIdle(urgency);
    ShowGauges();
    co_return lease;
  }
  Result<Lease> lease = co_await net::AwaitCompletion<Result<Lease>>(
      parts_.loop, [this, urgency, deadline](Completion<Result<Lease>> done) {
        Enqueue(urgency, deadline, std::move(done));
      });
  co_return lease;
}

void Pool::Enqueue(Urgency urgency, BootTime deadline, Completion<Result<Lease>> done) {
  if (closed_) return done(Fail(ErrorCode::kDraining, "the store is stopping"));
  const BootTime now = parts_.loop.Now();
  if (deadline <= now) {
    return done(Fail(ErrorCode::kDeadlineExceeded, "no connection to the database was free"));
  }
  if (total() == 0 && now < pause_until_) return done(Fail(last_failure_->error));
  Waiter waiter;
  waiter.id = ++last_waiter_;
  waiter.done = std::move(done);
  waiter.deadline = deadline;
  if (deadline != kNever) {
    waiter.timer = parts_.loop.At(deadline, [this, id = waiter.id] { Expire(id); });
  }
  waiters_[static_cast<std::size_t>(urgency)].push_back(std::move(waiter));
  Pump();
}

void Pool::Expire(std::uint64_t id) {
  for (std::deque<Waiter>& queue : waiters_) {
    const auto it = std::find_if(queue.begin(), queue.end(),
                                 [id](const Waiter& waiter) { return waiter.id == id; });
    if (it == queue.end()) continue;
    Completion<Result<Lease>> done = std::move(it->done);
    queue.erase(it);
    done(Fail(ErrorCode::kDeadlineExceeded, "no connection to the database was free"));
    return;
  }
}

std::size_t Pool::waiting() const {
  std::size_t sum = 0;
  for (const std::deque<Waiter>& queue : waiters_) sum += queue.size();
  return sum;
}

bool Pool::MayTake(Urgency urgency) const {
  return urgency != Urgency::kSecond || second_in_use_ < std::max(1, limit() - 1);
}

std::deque<Pool::Waiter>* Pool::NextQueue() {
  for (std::size_t i = 0; i < kUrgencies; ++i) {
    if (!waiters_[i].empty() && MayTake(static_cast<Urgency>(i))) return &waiters_[i];
  }
  return nullptr;
}

Lease Pool::TakeIdle(Urgency urgency) {
  std::unique_ptr<PgConnection> connection = std::move(idle_.back().connection);
  idle_.pop_back();
  connection->UnwatchIdle();
  ++in_use_;
  if (urgency == Urgency::kSecond) ++second_in_use_;
  return {*this, urgency, std::move(connection)};
}

void Pool::Pump() {
  for (;;) {
    std::deque<Waiter>* const queue = NextQueue();
    if (queue == nullptr || !HasIdle()) break;
    Waiter waiter = std::move(queue->front());
    queue->pop_front();
    parts_.loop.Cancel(waiter.timer);
    waiter.done(TakeIdle(static_cast<Urgency>(queue - waiters_)));
  }
  OpenMore();
  ShowGauges();
}

void Pool::OpenMore() {
  const int wanted = static_cast<int>(waiting());
  if (parts_.loop.Now() < pause_until_) {
    if (wanted > 0 && total() == 0) FailWaiters(last_failure_->error);
    return;
  }
  while (!closed_ && opening_ < wanted && total() < limit()) {
    ++opening_;
    net::Task<void> task = OpenOne();
    if (!parts_.tasks.Spawn(std::move(task))) {
      --opening_;
      return;
    }
    // The first attempt after a failure is made alone.
    if (failures_ > 0) return;
  }
}

net::Task<void> Pool::OpenOne() {
  auto connection = std::make_unique<PgConnection>(parts_.context);
  const int failures_before = failures_;
  const bool open = co_await connection->Open();
  --opening_;
  if (!open) {
    OnFailure(connection->failure(), failures_before == failures_);
    co_return;
  }
  failures_ = 0;
  last_failure_.reset();
  pause_until_ = {};
  server_connections_max_ = connection->server_connections_max();
  static_cast<void>(parts_.lives.Learn(connection->wire()));
  if (!connection->warning().empty()) {
    parts_.log.Warn("database", {{"warning", connection->warning()}});
  }
  connection->set_retire_at(RetireAt());
  AddIdle(std::move(connection));
}

// With jitter, so that connections of one moment do not end in one moment.
BootTime Pool::RetireAt() {
  const auto life = options_.connection_lifetime.count();
  if (life <= 0) return kNever;
  const auto less = random_.Below(static_cast<std::uint64_t>(life) / 10 + 1);
  return parts_.loop.Now() + milliseconds(life) - milliseconds(less);
}

void Pool::OnFailure(const PgConnection::Failure& failure, bool first) {
  parts_.context.metrics.ConnectionError(failure.reason).Add();
  parts_.log.Warn("no connection to the database",
                  {{"reason", failure.reason}, {"error", failure.message}});
  last_failure_ = failure;
  if (first) {
    const int doublings = std::min(failures_++, 10);
    const milliseconds pause =
        std::min(options_.backoff_max, options_.backoff_min * (1 << doublings));
    const auto spread = static_cast<std::uint64_t>(pause.count());
    pause_until_ = parts_.loop.Now() + pause / 2 + milliseconds(random_.Below(spread / 2 + 1));
  }
  if (total() == 0) FailWaiters(failure.error);
  ShowGauges();
}

void Pool::FailWaiters(const Error& error) {
  for (std::deque<Waiter>& queue : waiters_) {
    for (Waiter& waiter : std::exchange(queue, {})) {
      parts_.loop.Cancel(waiter.timer);
      waiter.done(Fail(error));
    }
  }
}

void Pool::GiveBack(Urgency urgency, std::unique_ptr<PgConnection> connection) {
  --in_use_;
  if (urgency == Urgency::kSecond) --second_in_use_;
  if (!connection->usable()) {
    const PgConnection::Failure& failure = connection->failure();
    parts_.context.metrics.ConnectionError(failure.reason).Add();
    parts_.log.Warn("a connection to the database ended",
                    {{"reason", failure.reason}, {"error", failure.message}});
    connection.reset();
    Pump();
    return;
  }
  AddIdle(std::move(connection));
}

void Pool::AddIdle(std::unique_ptr<PgConnection> connection) {
  if (closed_ || total() >= limit() || connection->retire_at() <= parts_.loop.Now()) {
    connection.reset();
    if (!closed_) return Pump();
    ShowGauges();
    return;
  }
  PgConnection* const raw = connection.get();
  raw->WatchIdle([this, raw] { DropIdle(raw); });
  idle_.push_back({std::move(connection), parts_.loop.Now()});
  Pump();
  ArmShrink();
}

void Pool::DropIdle(PgConnection* connection) {
  const auto it = std::find_if(idle_.begin(), idle_.end(), [connection](const Idle& idle) {
    return idle.connection.get() == connection;
  });
  if (it == idle_.end()) return;
  const std::unique_ptr<PgConnection> dropped = std::move(it->connection);
  idle_.erase(it);
  parts_.context.metrics.ConnectionError(dropped->failure().reason).Add();
  parts_.log.Warn("a connection to the database ended",
                  {{"reason", dropped->failure().reason}, {"error", dropped->failure().message}});
  ShowGauges();
}

bool Pool::HasIdle() {
  while (!idle_.empty() && !idle_.back().connection->StillOpen()) {
    DropIdle(idle_.back().connection.get());
  }
  return !idle_.empty();
}

void Pool::ArmShrink() {
  if (shrink_timer_.value != 0) return;
  shrink_timer_ = parts_.loop.At(parts_.loop.Now() + options_.idle_timeout / 2, [this] {
    shrink_timer_ = {};
    Shrink();
  });
}

// The longest idle ones are at the front.
void Pool::Shrink() {
  if (closed_) return;
  const BootTime before = parts_.loop.Now() - options_.idle_timeout;
  while (idle_.size() > 1 && idle_.front().since < before) idle_.erase(idle_.begin());
  const BootTime now = parts_.loop.Now();
  std::erase_if(idle_, [now](const Idle& idle) { return idle.connection->retire_at() <= now; });
  if (idle_.size() > 1 || (!idle_.empty() && options_.connection_lifetime.count() > 0)) ArmShrink();
  ShowGauges();
}

void Pool::SetConnectionsMax(int connections_max) {
  connections_max_ = std::max(1, connections_max);
  CloseSurplus();
  Pump();
}

void Pool::CloseSurplus() {
  while (!idle_.empty() && total() > limit()) idle_.erase(idle_.begin());
}

void Pool::Close() {
  closed_ = true;
  parts_.loop.Cancel(shrink_timer_);
  FailWaiters({ErrorCode::kDraining, "the store is stopping", {}});
  idle_.clear();
  ShowGauges();
}

void Pool::ShowGauges() {
  StoreMetrics& metrics = parts_.context.metrics;
  const auto show = [](telemetry::Gauge& gauge, int& shown, int now) {
    if (shown != now) gauge.Add(now - std::exchange(shown, now));
  };
  show(metrics.connections_in_use, shown_.in_use, in_use_);
  show(metrics.connections_idle, shown_.idle, static_cast<int>(idle_.size()));
  show(metrics.connections_limit, shown_.limit, limit());
}

}  // namespace coolkit::store
