// Why: the estimator knows no sockets and no metric names: it sees, once per scrape, what all pods
// of a workload did since the scrape before. Values; any thread.
#pragma once

#include <limits>

namespace coolkit::scaler {

struct Sample {
  double at_s = 0;     // of any clock; grows from sample to sample
  int discovered = 0;  // pods that exist, starting and leaving ones included
  int reporting = 0;   // pods whose figures are in this sample
  int serving = 0;     // of those, ready for traffic
  int leaving = 0;     // of those, draining
  int cut_off = 0;     // of those, without the database
  int revisions = 1;   // different builds: two during a rollout

  // Of all pods together; those that do not report are counted like the others.
  double load = 0;       // requests per second, refused ones included
  double refused = 0;    // of those, answered 429 or 503; not where the database failed
  double cpu_cores = 0;  // used
  double latency_s = 0;  // mean of the answers; 0: none
  double cache_bytes = 0;

  double cpu_cores_per_pod = 0;    // what one pod may use; 0: not known
  double cache_bytes_per_pod = 0;  // what one pod may keep; 0: not known
};

}  // namespace coolkit::scaler
