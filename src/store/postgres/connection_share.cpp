#include "store/postgres/connection_share.h"

#include <algorithm>
#include <cstdint>

namespace coolkit::store {

int UsableConnections(int server_max) {
  return static_cast<int>(std::int64_t{server_max} * kServerSharePercent / 100);
}

int ConnectionShare(const ConnectionBudget& budget, int server_max, int members) {
  if (server_max <= 0) return 1;
  const int all = std::min(budget.all_pods, UsableConnections(server_max));
  return std::max(1, std::min(budget.per_pod, all / std::max(1, members)));
}

}  // namespace coolkit::store
