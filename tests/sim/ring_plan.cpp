#include "sim/ring_plan.h"

namespace coolkit::sim {
namespace {

node::RingNode::Options NodeOptions(Random& random, const Plan& plan) {
  node::RingNode::Options options;
  options.ring.ring = "ring";
  options.ring.tick = milliseconds(20);
  options.ring.heartbeat_interval = milliseconds(30);
  options.ring.discovery_interval = milliseconds(80);
  options.ring.lease_ttl = milliseconds(200);
  options.ring.lease_interval = milliseconds(60);
  options.ring.row_interval = milliseconds(100);
  options.ring.secrets_interval = milliseconds(500);
  options.ring.conflict_after = milliseconds(3'000);
  options.ring.join_wait = milliseconds(50);
  options.ring.membership.heartbeat_interval = options.ring.heartbeat_interval;
  options.ring.membership.failure_timeout = milliseconds(120);
  options.ring.membership.forget_after = milliseconds(2'000);
  options.ring.planner.newcomer_hold = milliseconds(80);
  options.ring.planner.leaver_hold = milliseconds(160);
  options.feed.ring = "ring";
  options.feed.poll_interval = plan.poll_interval;
  options.feed.poll_timeout = plan.poll_timeout;
  options.feed.ping_interval = plan.bound / 6;
  options.feed.seat_ttl = milliseconds(100);
  options.feed.seat_interval = milliseconds(30);
  options.feed.self_poll_after = plan.bound / 2;
  options.feed.resend_wait = milliseconds(10);
  if (random.Below(4) == 0) options.feed.resend_bytes_max = 400;
  options.hand_off.settle = milliseconds(10);
  options.hand_off.retry = milliseconds(10);
  options.hand_off.batch_items_max = 1 + random.Below(3);
  return options;
}

peer::Limits PeerLimits(Random& random) {
  peer::Limits limits;
  limits.connect_timeout = milliseconds(100);
  limits.handshake_timeout = milliseconds(100);
  limits.reconnect_min = milliseconds(5);
  limits.reconnect_max = milliseconds(60);
  limits.alias_retry = milliseconds(300);
  limits.keep_alive_after = milliseconds(30);
  limits.silence_max = milliseconds(120);
  limits.write_stall_max = milliseconds(200);
  limits.peer_timeout = milliseconds(20 + static_cast<std::int64_t>(random.Below(60)));
  limits.push_timeout = milliseconds(150);
  limits.breaker_open_min = milliseconds(20);
  limits.breaker_open_max = milliseconds(200);
  limits.request_time_max = milliseconds(2'000);
  return limits;
}

// A run in which nothing but the views is to blame.
void MakeQuiet(Plan& plan) {
  plan.database_restarts = 0;
  plan.freezes = 0;
  plan.pod_crashes = 0;
  plan.loads_in_flight_max = 4096;
  plan.flights = {};
  plan.temper.preempt_every = 0;
  plan.temper.late_percent = 3;
  plan.temper.late_max = milliseconds(1);
  plan.database.slow_percent = 0;
  plan.database.lost_percent = 0;
  plan.database.usual_max = milliseconds(1);
  plan.clients_network.slow_percent = 0;
  plan.outsiders = 0;
  plan.truncates = 0;
  plan.patience_min = milliseconds(1'000);
  plan.errors_allowed = false;
}

}  // namespace

RingPlan RingPlan::Of(Random& random, RingMode mode, Plan& plan) {
  const auto upto = [&](std::uint64_t most) { return random.Below(most + 1); };
  const auto one_in = [&](std::uint64_t n) { return random.Below(n) == 0; };
  plan.bound = milliseconds(40 + static_cast<std::int64_t>(upto(110)));
  plan.think_max = plan.bound * static_cast<std::int64_t>(5 + upto(40)) / 100;
  plan.poll_interval = plan.bound / static_cast<std::int64_t>(5 + upto(5));
  RingPlan ring;
  ring.node = NodeOptions(random, plan);
  ring.limits = PeerLimits(random);
  ring.hot_keys.threshold = 1 + static_cast<std::uint32_t>(upto(3));
  ring.hot_keys.counters = 64;
  ring.read_again = {milliseconds(1'000), 1 + static_cast<std::uint32_t>(upto(2)), 64};
  ring.only_hot_copies = one_in(3);
  if (one_in(2)) ring.router.previous_for = milliseconds(100);
  ring.wires.usual_max = one_in(4) ? milliseconds(3) : milliseconds(1);
  ring.wires.slow_percent = 0;
  ring.wild_views = mode == RingMode::kWildViews || (mode == RingMode::kTrouble && one_in(6));
  ring.absurd_lies = mode == RingMode::kAbsurdities;
  if (mode == RingMode::kAbsurdities || mode == RingMode::kLies) ring.lies = 3 + upto(10);
  if (mode == RingMode::kLies) plan.database_restarts = 0;  // a new life has other positions
  ring.wild_every = milliseconds(15 + static_cast<std::int64_t>(upto(50)));
  ring.warm = !one_in(4);
  if (mode == RingMode::kWildViews) {
    MakeQuiet(plan);
    ring.warm = true;
    // Nobody has to wait for so long but on a cycle of waits.
    ring.limits.peer_timeout = milliseconds(5'000);
    return ring;
  }
  ring.wires.slow_max = plan.bound;
  ring.wires.slow_percent = one_in(2) ? 1 : upto(10);
  if (one_in(4)) ring.wires.lost_percent = 1 + upto(1);
  if (one_in(2)) ring.rumours = {upto(15), upto(15), upto(30), milliseconds(15)};
  ring.late_pods = one_in(3) ? 1 : 0;
  ring.drains = one_in(3) ? 1 : 0;
  ring.cuts = one_in(3) ? 1 + upto(2) : 0;
  ring.cut_max = one_in(2) ? nanoseconds(plan.bound) : milliseconds(300);
  ring.clock_steps = one_in(4) ? 1 + upto(1) : 0;
  ring.other_releases_percent = one_in(3) ? 50 : 0;
  ring.discovery_lies_percent = one_in(3) ? 40 : 0;
  return ring;
}

}  // namespace coolkit::sim
