// Why: a pod that restarts alone must not wait for the quota of the Admin API, and a hundred pods
// that start together must. A pod can tell which it is: peers that serve answer at once, peers that
// start do not answer yet. On one loop.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "cloudsql/web.h"
#include "net/loop.h"
#include "net/task.h"

namespace coolkit::cloudsql {

struct CensusLimits {
  std::size_t asked_max = 16;       // peers, chosen at random
  milliseconds answer_time{1'000};  // a peer that serves answers far sooner
};

// About how many of `peers` (`host:port` of their API; this pod may be one) are starting: the share
// of those asked that did not answer. All outlive the task.
[[nodiscard]] net::Task<int> CountStarting(net::Loop& loop, Web& web, Random& random,
                                           std::vector<std::string> peers, CensusLimits limits);

}  // namespace coolkit::cloudsql
