// Why: one run: pods that do not know of each other, one database, clients, psql, and faults, all
// from one seed. Then the faults stop and everything has to end. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/client.h"
#include "sim/outsider.h"
#include "sim/plan.h"
#include "sim/ring_world.h"

namespace coolkit::sim {

struct RunOptions {
  std::uint64_t seed = 1;
  bool long_run = false;
  RingMode ring = RingMode::kNone;
  std::size_t pods = 0;  // 0: as the seed chooses
  DatabaseRules rules;
  bool cached_clock = false;  // R8 broken
  std::size_t trace_lines = 0;
};

struct RunResult {
  std::optional<std::string> violation;
  std::string trace;
};

class Simulation {
 public:
  Simulation(const RunOptions& options, Instruments& instruments, Coverage& coverage);
  ~Simulation();

  // For what must know which scheduler runs.
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  RunResult Run();

 private:
  void MakeRing();
  void AddPod(std::size_t index);
  [[nodiscard]] Node* AnyPod();
  [[nodiscard]] nanoseconds AnyMoment();
  void PlanFaults();
  // `drained`: it wants to end, also when the faults have stopped.
  void KillPod(std::size_t index, bool drained = false);
  void RestartDatabase();
  [[nodiscard]] bool Violated();
  [[nodiscard]] bool Idle() const;
  [[nodiscard]] bool Recovered();
  void ReadLast(Node& pod);
  // The faults have stopped.
  void Calm();
  void Finish();

  RunOptions options_;
  SeededRandom random_;
  Trace trace_;
  Plan plan_;
  Scheduler scheduler_;
  Keyspace keys_;
  Database database_;
  Instruments& instruments_;
  Coverage& coverage_;
  Checker checker_;
  Clients shared_;
  std::vector<std::unique_ptr<Client>> clients_;
  Outsiders outsiders_;
  nanoseconds span_;  // roughly how long the clients take
  std::vector<std::unique_ptr<Node>> pods_;
  std::unique_ptr<RingWorld> ring_;  // null: the pods do not know of each other
  std::vector<std::unique_ptr<Node>> dead_pods_;
  bool calm_ = false;
  bool last_reads_sent_ = false;
  std::size_t last_reads_left_ = 0;
};

RunResult RunOnce(const RunOptions& options, Instruments& instruments, Coverage& coverage,
                  const std::function<void(Scheduler*)>& running = nullptr);

}  // namespace coolkit::sim
