#include "store/postgres/connection_share.h"

#include <algorithm>
#include <cstdint>

namespace coolkit::store {

int ConnectionShare(const ConnectionBudget& budget, int server_max, int members) {
  if (server_max <= 0) return 1;
  const std::int64_t usable = std::int64_t{server_max} * kServerSharePercent / 100;
  const std::int64_t all = std::min<std::int64_t>(budget.all_pods, usable);
  const std::int64_t share = std::min<std::int64_t>(budget.per_pod, all / std::max(1, members));
  return static_cast<int>(std::max<std::int64_t>(1, share));
}

}  // namespace coolkit::store
