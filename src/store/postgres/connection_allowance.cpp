#include "store/postgres/connection_allowance.h"

#include <algorithm>

namespace coolkit::store {
namespace {

constexpr int kReserveParts = 8;  // one of so many parts of the budget

}  // namespace

int ConnectionAllowance::Reserve(int budget) {
  return budget < 2 ? 0 : std::max(1, budget / kReserveParts);
}

void ConnectionAllowance::OnMembers(int members, BootTime now) {
  members = std::max(1, members);
  if (!since_ || now - heard_at_ > options_.knowledge_max) {
    since_ = now;
    counts_.clear();
  }
  heard_at_ = now;
  if (!counts_.empty() && counts_.back().members == members) return;
  if (!counts_.empty()) counts_.back().until = now;
  // A smaller count before a larger one never decides.
  while (!counts_.empty() && counts_.back().members < members) counts_.pop_back();
  counts_.push_back({members, kNever});
}

int ConnectionAllowance::Share(int server_max, BootTime now) {
  if (!since_ || now - heard_at_ > options_.knowledge_max) {
    since_.reset();
    return 1;
  }
  if (now - *since_ < options_.hold) return 1;
  while (counts_.front().until != kNever && now - counts_.front().until >= options_.hold) {
    counts_.pop_front();
  }
  ConnectionBudget budget = options_.budget;
  budget.all_pods = std::min(budget.all_pods, UsableConnections(server_max));
  budget.all_pods -= Reserve(budget.all_pods);
  return ConnectionShare(budget, server_max, counts_.front().members);
}

}  // namespace coolkit::store
