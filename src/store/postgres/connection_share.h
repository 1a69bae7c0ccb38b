// Why: PostgreSQL pays for each connection, and its limit is shared with everybody; all pods
// together keep to one budget without talking about it, because each can compute its share. Pure;
// any thread.
#pragma once

namespace coolkit::store {

struct ConnectionBudget {
  int all_pods = 400;  // of all live pods together
  int per_pod = 8;     // at most, however few pods there are
};

// The rest of what the server has is for people and backups.
inline constexpr int kServerSharePercent = 80;

// How many of the server's `server_max` connections (max_connections, less those that are reserved
// for superusers and for a managed server itself) all pods together may have.
[[nodiscard]] int UsableConnections(int server_max);

// Connections that one of `members` live pods may have, at least 1: the budget, cut to
// kServerSharePercent of `server_max` (as above; 0: not known yet, then 1), in equal
// parts. A pod works with 1; with more pods than budget the server's own limit is the last one.
[[nodiscard]] int ConnectionShare(const ConnectionBudget& budget, int server_max, int members);

}  // namespace coolkit::store
