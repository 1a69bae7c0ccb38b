// Why: what the pods of a ring have in common in one run (the wires, the ring's rows, what
// discovery says), what goes wrong between them, and what has to be true of their views: one per
// epoch at every step, one for all in the end. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/checker.h"
#include "sim/coordination.h"
#include "sim/ring_plan.h"
#include "sim/wire.h"

namespace coolkit::sim {

class RingWorld {
 public:
  // All outlive it. An empty pod: nobody is there now.
  struct Parts {
    Scheduler& scheduler;
    Database& database;
    const Keyspace& keys;
    const Plan& plan;
    Instruments& instruments;
    Coverage& coverage;
    Checker& checker;
    const std::vector<std::unique_ptr<Node>>& pods;
  };
  RingWorld(const Parts& parts, RingPlan plan);

  // What makes a pod the next life at that place of the ring.
  void Configure(Node::Options& options, std::size_t index);
  // All pods of the ring, as they will be made first, own slots from the beginning.
  void PublishFirst(std::size_t pods);
  // `moment` chooses when, `kill` ends a pod, which comes back.
  void PlanFaults(const std::function<nanoseconds()>& moment,
                  const std::function<void(std::size_t)>& kill);
  [[nodiscard]] bool machine_dies() { return parts_.scheduler.random().Below(2) == 0; }
  // After each step of a pod: one view per epoch.
  void Step(Node& node);
  // The faults have stopped.
  void Calm();
  // All pods follow one view, which names them all and nobody else, each with its share.
  [[nodiscard]] bool Agrees() const;
  void Shutdown() { wires_.Shutdown(); }

  [[nodiscard]] const RingPlan& plan() const { return plan_; }
  [[nodiscard]] Wires& wires() { return wires_; }
  [[nodiscard]] store::MemoryCoordination& rows() { return rows_; }

 private:
  [[nodiscard]] ring::Member MemberAt(std::size_t index, std::uint64_t life) const;
  void Discover(Completion<Result<std::vector<std::string>>> done);
  [[nodiscard]] Node* AnyPod();
  void Drain(std::size_t index, const std::function<void(std::size_t)>& kill);
  void CutSome();
  void GoWild(std::size_t index);
  void Lie();
  [[nodiscard]] ring::ViewPtr WildView();

  Parts parts_;
  RingPlan plan_;
  DatabaseClock database_clock_;
  ServerLoop server_{database_clock_};
  store::MemoryCoordination rows_;
  Wires wires_;
  RingPart::World shared_;
  std::vector<std::uint64_t> lives_;  // so far, by place
  std::map<ring::Epoch, ring::ViewPtr> views_;
  std::map<const RingPart*, const ring::View*> followed_;
  ring::Epoch wild_epoch_ = 0;
  bool calm_ = false;
};

}  // namespace coolkit::sim
