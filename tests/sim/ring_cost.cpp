#include "sim/ring_cost.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/node.h"
#include "sim/ring_world.h"

namespace coolkit::sim {
namespace {

constexpr seconds kAgreeMax{60};
constexpr seconds kSettle{5};  // hand-offs and newcomers

class QuietRing {
 public:
  QuietRing(std::size_t pods, Instruments& instruments) : instruments_(instruments) {
    scheduler_.temper = {0, 0, {}, {}};
    scheduler_.step_max /= static_cast<std::int64_t>(pods);  // each has a CPU
    plan_.pods = pods;
    plan_.database.slow_percent = 0;
    nodes_.resize(pods);
    RingPlan plan;
    plan.warm = false;
    plan.node.ring.ring = plan.node.feed.ring = "ring";
    plan.wires.slow_percent = 0;
    world_ =
        std::make_unique<RingWorld>(RingWorld::Parts{scheduler_, database_, keys_, plan_,
                                                     instruments_, coverage_, checker_, nodes_},
                                    plan);
    for (std::size_t i = 0; i < pods; ++i) Add(i);
  }
  ~QuietRing() {
    for (const auto& node : nodes_) node->Kill(coverage_);
    world_->Shutdown();
  }
  QuietRing(const QuietRing&) = delete;
  QuietRing& operator=(const QuietRing&) = delete;

  // Nothing: they never did.
  std::optional<nanoseconds> Agree() {
    const BootTime began = scheduler_.now();
    while (!world_->Agrees()) {
      if (scheduler_.now() > began + kAgreeMax) return std::nullopt;
      Run(milliseconds(20));
    }
    return scheduler_.now() - began;
  }
  void Run(nanoseconds span) {
    const BootTime end = scheduler_.now() + span;
    while (scheduler_.now() < end && scheduler_.Step()) {
    }
  }
  void Replace(std::size_t index) {
    nodes_[index]->Kill(coverage_);
    dead_.push_back(std::move(nodes_[index]));
    Add(index);
  }
  [[nodiscard]] Traffic traffic() const { return world_->wires().traffic(); }
  [[nodiscard]] std::size_t view_bytes() const {
    return ring::EncodeView(*nodes_.front()->ring()->router().view()).size();
  }

 private:
  void Add(std::size_t index) {
    Node::Options options;
    options.name = "pod-" + std::to_string(index);
    options.clock_offset = seconds(static_cast<std::int64_t>(index) * 100);
    world_->Configure(options, index);
    nodes_[index] = std::make_unique<Node>(scheduler_, database_, keys_, plan_.database,
                                           instruments_, std::move(options));
  }

  Instruments& instruments_;
  SeededRandom random_{1};
  Trace trace_{0};
  Scheduler scheduler_{random_, trace_};
  Keyspace keys_{1};
  Database database_{scheduler_, keys_, {}};
  Coverage coverage_;
  Checker checker_{scheduler_, database_, keys_, coverage_};
  Plan plan_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Node>> dead_;
  std::unique_ptr<RingWorld> world_;
};

}  // namespace

RingCost MeasureRing(std::size_t pods, seconds span, Instruments& instruments) {
  QuietRing ring(pods, instruments);
  RingCost cost;
  const auto agreed = ring.Agree();
  if (!agreed) return cost;
  cost.to_agree = *agreed;
  ring.Run(kSettle);
  const Traffic before = ring.traffic();
  ring.Run(span);
  const Traffic after = ring.traffic();
  const double each = static_cast<double>(pods) * static_cast<double>(span.count());
  cost.bytes = static_cast<double>(after.bytes - before.bytes) / each;
  cost.writes = static_cast<double>(after.writes - before.writes) / each;
  cost.view_bytes = ring.view_bytes();
  ring.Replace(0);
  const auto replaced = ring.Agree();
  if (!replaced) return cost;
  cost.to_replace = *replaced;
  cost.agreed = true;
  return cost;
}

}  // namespace coolkit::sim
