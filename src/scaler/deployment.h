// Why: the autoscaler sees spec, status and ready pods separately, and its worst habits (the surge
// ratchet of rollouts, pods that count before they serve) show only in a model that keeps them
// apart. Pure; not thread-safe. Times are seconds of any clock and never go back.
#pragma once

#include <vector>

#include "scaler/hpa.h"

namespace coolkit::scaler {

class Deployment {
 public:
  struct Options {
    double start_s = 20;           // from creation to ready: scheduled, pulled, started, joined
    int surge_percent = 10;        // rounded up
    int unavailable_percent = 10;  // rounded down
    double cold_capacity = 0.8;    // of a pod that has just become ready, against a warm one
    double warming_s = 30;         // time constant with which the rest comes
  };
  // All pods ready and warm.
  Deployment(Options options, int replicas);

  void SetReplicas(double now, int replicas);
  void StartRollout(double now);
  // Moves time on: pods become ready, a rollout goes on.
  void Advance(double now);

  [[nodiscard]] Replicas replicas() const;
  // Ready pods, cold ones counted as what they can do.
  [[nodiscard]] double WarmPods() const;
  // Ready, and for at least so long.
  [[nodiscard]] int ReadySince(double now, double seconds) const;
  [[nodiscard]] bool RollingOut() const { return old_pods_ > 0; }

 private:
  struct Pod {
    double ready_at = 0;
    int revision = 0;
    bool ready = false;
  };
  void Add(double now);
  // Ends one pod: not ready ones first, old revisions first, then the youngest.
  void RemoveOne(bool only_old);
  // Creates and ends pods until nothing more may happen now.
  void Settle(double now);

  Options options_;
  std::vector<Pod> pods_;
  int spec_;
  int ready_ = 0;
  int revision_ = 0;
  int old_pods_ = 0;
  double cold_ = 0;  // sum of what ready pods lack
  double now_ = 0;
  double next_ready_;  // the earliest
};

}  // namespace coolkit::scaler
