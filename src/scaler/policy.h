// Why: everything that the answer depends on besides what the pods do: set by the operator per
// workload, the same for the service and the simulator. Values.
#pragma once

#include <cstdint>
#include <string>

namespace coolkit::scaler {

// Which memory the pods must have room for.
enum class WorkingSet {
  kNone,      // no memory floor
  kMeasured,  // what the caches hold now; never asks for more pods than there are
  kGiven,     // Policy::working_set_bytes
};

struct Policy {
  int min = 10;
  int max = 100;

  // Requests per second that one pod should get. 0: learned from CPU and latency.
  double per_pod_target = 500;
  // What one pod can do at most, as a multiple of its target: 1 / 0.7.
  double capacity_factor = 1.43;
  double cpu_target = 0.7;      // share of a pod's CPU that may be used; 0: CPU does not count
  double latency_max_s = 0;     // mean latency above which pods count as full; 0: does not count
  double refused_share = 0.02;  // more refused answers than this: the load is not known, only large

  int zones = 1;  // with n > 1, the load must fit when one of n zones is lost
  WorkingSet working_set = WorkingSet::kNone;
  std::uint64_t working_set_bytes = 0;
  double cache_fill = 0.9;       // share of a pod's cache that a working set may fill
  int database_connections = 0;  // budget of all pods; 0: no ceiling
  int connections_per_pod = 2;   // a pod must get at least so many
  double surge = 0.1;            // maxSurge of the rollout: those pods connect as well

  double tolerance = 0.1;  // the autoscaler's; 0 where the cluster sets it per HPA

  // Windows, in seconds.
  double stable_s = 60;
  double panic_s = 10;
  double panic_threshold = 2.0;  // the panic window asks for so many times the serving pods
  double hold_s = 300;           // a lower answer waits for so long
  double lead_s = 45;            // decision to ready, until it has been measured
  double forecast_s = 120;       // the longest stretch that a trend is read from
  double forecast_growth_max = 3.0;
  double learn_s = 900;

  // Of the answer.
  double stale_s = 120;        // without enough pods the last answer stands so long, marked
  double reporting_min = 0.5;  // share of the pods found that must report
};

}  // namespace coolkit::scaler
