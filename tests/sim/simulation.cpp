#include "sim/simulation.h"

#include <algorithm>
#include <utility>

namespace coolkit::sim {
namespace {

constexpr nanoseconds kCalmMax = seconds(2);  // by then everything has ended and works
constexpr std::uint64_t kStepsMax = 4'000'000;

}  // namespace

Simulation::Simulation(const RunOptions& options, Instruments& instruments, Coverage& coverage)
    : options_(options),
      random_(options.seed),
      trace_(options.trace_lines),
      plan_(Plan::Of(random_, options.long_run)),
      scheduler_(random_, trace_),
      keys_(plan_.keys),
      database_(scheduler_, keys_, options.rules),
      instruments_(instruments),
      coverage_(coverage),
      checker_(scheduler_, database_, keys_, coverage),
      shared_{scheduler_,      keys_, plan_, checker_, coverage, [this] { return AnyPod(); },
              plan_.operations},
      outsiders_(scheduler_, database_, keys_, plan_, coverage),
      span_(plan_.think_max * static_cast<std::int64_t>(plan_.operations / plan_.clients)) {
  if (options_.ring != RingMode::kNone) MakeRing();
  checker_.Mute(options_.ring == RingMode::kLies);
  scheduler_.temper = plan_.temper;
  pods_.resize(plan_.pods);
  for (std::size_t i = 0; i < plan_.pods; ++i) {
    const bool late = ring_ && i < ring_->plan().late_pods;
    if (!late) AddPod(i);
    if (late) scheduler_.After(AnyMoment(), [this, i] { AddPod(i); });
  }
  for (std::size_t i = 0; i < plan_.clients; ++i) {
    const bool with_token = random_.Below(100) < plan_.token_percent;
    clients_.push_back(
        std::make_unique<Client>(shared_, "client-" + std::to_string(i), with_token));
    clients_.back()->Start();
  }
  scheduler_.OnStep([this](Process& process) {
    for (const auto& pod : pods_) {
      if (!pod || &pod->process() != &process) continue;
      checker_.Step(*pod);
      if (ring_) ring_->Step(*pod);
    }
  });
  PlanFaults();
}

Simulation::~Simulation() = default;

void Simulation::MakeRing() {
  plan_.pods = options_.pods != 0 ? options_.pods : 2 + random_.Below(3);
  pods_.resize(plan_.pods);
  const RingPlan ring = RingPlan::Of(random_, options_.ring, plan_);
  span_ = plan_.think_max * static_cast<std::int64_t>(plan_.operations / plan_.clients);
  ring_ = std::make_unique<RingWorld>(RingWorld::Parts{scheduler_, database_, keys_, plan_,
                                                       instruments_, coverage_, checker_, pods_},
                                      ring);
  ring_->PublishFirst(plan_.pods);
}

void Simulation::AddPod(std::size_t index) {
  Node::Options options;
  options.name = "pod-" + std::to_string(index);
  options.clock_offset = seconds(static_cast<std::int64_t>(random_.Below(100'000)));
  options.service.staleness_max = plan_.bound;
  options.service.silence = {milliseconds(100), milliseconds(200), milliseconds(10)};
  options.service.loads_in_flight_max = plan_.loads_in_flight_max;
  options.flights = plan_.flights;
  options.service.stale_while_database_down = plan_.stale_while_down;
  options.tailer.poll_interval = plan_.poll_interval;
  options.tailer.poll_timeout = plan_.poll_timeout;
  options.tailer.retry_max = milliseconds(80);
  options.maintenance.tombstone_retention = milliseconds(5);
  options.maintenance.feed_retention = plan_.feed_retention;
  options.maintenance.interval = milliseconds(40);
  options.maintenance.rows_per_step = 4;
  options.store.answer_timeout = plan_.answer_timeout;
  if (ring_) ring_->Configure(options, index);
  pods_[index] = std::make_unique<Node>(scheduler_, database_, keys_, plan_.database, instruments_,
                                        std::move(options));
  pods_[index]->process().cached_clock = options_.cached_clock;
}

Node* Simulation::AnyPod() { return pods_[random_.Below(pods_.size())].get(); }

nanoseconds Simulation::AnyMoment() {
  return nanoseconds(
      static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(span_.count()))));
}

void Simulation::PlanFaults() {
  if (ring_) {
    ring_->PlanFaults([this] { return AnyMoment(); }, [this](std::size_t i) { KillPod(i, true); });
  }
  for (std::size_t i = 0; i < plan_.outsiders; ++i) {
    scheduler_.After(AnyMoment(), [this] { outsiders_.Transact(); });
  }
  for (std::size_t i = 0; i < plan_.truncates; ++i) {
    scheduler_.After(AnyMoment(), [this] { outsiders_.Truncate(); });
  }
  for (std::size_t i = 0; i < plan_.database_restarts; ++i) {
    scheduler_.After(AnyMoment(), [this] { RestartDatabase(); });
  }
  for (std::size_t i = 0; i < plan_.pod_crashes; ++i) {
    scheduler_.After(AnyMoment(), [this] { KillPod(random_.Below(pods_.size())); });
  }
  for (std::size_t i = 0; i < plan_.evictions; ++i) {
    scheduler_.After(AnyMoment(), [this] {
      Node* pod = AnyPod();
      if (pod == nullptr) return;
      pod->cache().Erase(keys_.Name(random_.Below(keys_.size())).ref(), {INT64_MAX});
    });
  }
  for (std::size_t i = 0; i < plan_.freezes; ++i) {
    scheduler_.After(AnyMoment(), [this] {
      Node* pod = AnyPod();
      if (pod == nullptr || calm_) return;
      ++coverage_.freezes;
      const auto most = static_cast<std::uint64_t>(plan_.bound.count()) * 3;
      const milliseconds span(static_cast<std::int64_t>(random_.Below(most) + 1));
      pod->process().FreezeUntil(scheduler_.now() + span);
      trace_.Add(scheduler_.now(), pod->process().name(), "is frozen for ms", span.count());
    });
  }
}

void Simulation::KillPod(std::size_t index, bool drained) {
  Node* pod = pods_[index].get();
  if (pod == nullptr || (calm_ && !drained)) return;
  if (pod->process().busy()) {  // preempted: a little later
    return scheduler_.After(milliseconds(1), [this, index, drained] { KillPod(index, drained); });
  }
  ++coverage_.pod_crashes;
  trace_.Add(scheduler_.now(), pod->process().name(), "is killed");
  const std::uint64_t preempt_every = std::exchange(scheduler_.temper.preempt_every, 0);
  pod->Kill(coverage_, ring_ && ring_->machine_dies());
  scheduler_.temper.preempt_every = preempt_every;
  for (const auto& client : clients_) client->Disconnected(*pod);
  dead_pods_.push_back(std::move(pods_[index]));
  const milliseconds gone(static_cast<std::int64_t>(random_.Below(40)));
  scheduler_.After(gone, [this, index] {
    if (!pods_[index]) AddPod(index);
  });
}

void Simulation::RestartDatabase() {
  if (!database_.up() || calm_) return;
  ++coverage_.database_restarts;
  database_.Stop();
  const std::uint64_t dice = random_.Below(5);
  const std::int64_t lost = dice < 2 ? 0 : static_cast<std::int64_t>(random_.Below(5));
  trace_.Add(scheduler_.now(), "the database stops; what comes", dice, "loses", lost);
  const nanoseconds down =
      milliseconds(2) + nanoseconds(static_cast<std::int64_t>(random_.Below(
                            static_cast<std::uint64_t>(nanoseconds(plan_.bound).count()))));
  scheduler_.After(down, [this, dice, lost] {
    trace_.Add(scheduler_.now(), "the database is back");
    if (dice == 4) return database_.Resume();
    ++coverage_.lives;
    database_.BeginLife(lost);
  });
}

bool Simulation::Violated() {
  if (database_.violation()) checker_.Violated(*database_.violation());
  return checker_.violation().has_value();
}

bool Simulation::Idle() const {
  return shared_.operations_left == 0 &&
         std::ranges::none_of(clients_, [](const auto& client) { return client->waiting(); });
}

// With the faults gone, a pod proves what it has, waits for nothing, and has room for a load.
bool Simulation::Recovered() {
  for (const auto& pod : pods_) {
    if (!pod || !database_.up()) return false;
    const BootTime horizon = pod->state().Read().horizon.at;
    if (horizon == kMinusInfinity) return false;
    if (scheduler_.now() - pod->process().WorldTime(horizon) > plan_.bound) return false;
    if (pod->flights().flights != 0) return false;
  }
  if (ring_ && !ring_->Agrees()) return false;
  for (const auto& pod : pods_) {
    const feed::Sample at = pod->state().Read();
    if (at.applied > database_.TakeSnapshot({}).position) return false;  // of somebody who lied
  }
  if (!std::exchange(last_reads_sent_, true)) {
    for (const auto& pod : pods_) ReadLast(*pod);
  }
  return last_reads_left_ == 0;
}

void Simulation::ReadLast(Node& pod) {
  ++last_reads_left_;
  pod.worker(0).Post([this, &pod] {
    kv::ReadOptions options;
    options.strong = true;
    options.arrived = pod.process().clock().Now();
    options.deadline = options.arrived + kCalmMax;
    const BootTime sent = scheduler_.now();
    net::Detach(pod.service().Read(keys_.Name(0), options, pod.worker(0)),
                [this, &pod, sent](const Result<kv::ReadAnswer>& answer) {
                  if (!pod.alive()) return;
                  --last_reads_left_;
                  if (!answer) {
                    checker_.Mute(false);
                    return checker_.Violated("a pod does not recover");
                  }
                  checker_.Read(pod, {0, sent, sent, nanoseconds(0), true, nullptr}, *answer);
                });
  });
}

void Simulation::Calm() {
  calm_ = true;
  plan_.database.lost_percent = 0;
  plan_.database.slow_percent = 0;
  scheduler_.temper.preempt_every = 0;
  scheduler_.temper.late_percent = 0;
  if (ring_) ring_->Calm();
}

void Simulation::Finish() {
  for (auto& pod : pods_) {
    if (!pod) continue;
    pod->Kill(coverage_);
  }
  if (ring_) ring_->Shutdown();
  if (!checker_.violation()) checker_.End();
  coverage_.steps += scheduler_.steps();
  coverage_.preemptions += scheduler_.preemptions();
  ++coverage_.schedules;
}

RunResult Simulation::Run() {
  const BootTime end = scheduler_.now() + span_ + span_ / 2;
  BootTime latest = kNever;
  while (!Violated()) {
    if (calm_ ? Idle() && Recovered() : (shared_.operations_left == 0 || scheduler_.now() > end)) {
      if (calm_) break;
      shared_.operations_left = 0;
      latest = scheduler_.now() + kCalmMax;
      Calm();
    }
    if (scheduler_.now() > latest || scheduler_.steps() > kStepsMax || !scheduler_.Step()) {
      checker_.Mute(false);
      checker_.Violated("G7: a request did not end, or a pod did not recover");
    }
  }
  Finish();
  return {checker_.violation(), trace_.Text()};
}

RunResult RunOnce(const RunOptions& options, Instruments& instruments, Coverage& coverage,
                  const std::function<void(Scheduler*)>& running) {
  Simulation simulation(options, instruments, coverage);
  if (running) running(&simulation.scheduler());
  RunResult result = simulation.Run();
  if (running) running(nullptr);
  return result;
}

}  // namespace coolkit::sim
