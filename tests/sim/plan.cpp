#include "sim/plan.h"

namespace coolkit::sim {

Plan Plan::Of(Random& random, bool long_run) {
  const auto upto = [&](std::uint64_t most) { return random.Below(most + 1); };
  const auto one_in = [&](std::uint64_t n) { return random.Below(n) == 0; };
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return milliseconds(least +
                        static_cast<std::int64_t>(upto(static_cast<std::uint64_t>(most - least))));
  };
  Plan plan;
  plan.pods = 2 + (one_in(4) ? 1 : 0);
  plan.keys = 1 + upto(3);
  plan.clients = 3 + upto(3);
  plan.operations = long_run ? 2000 : 30 + upto(30);
  plan.bound = one_in(2) ? between(20, 80) : between(80, 250);
  plan.think_max = plan.bound * static_cast<std::int64_t>(5 + upto(75)) / 100;
  plan.poll_interval = one_in(2) ? plan.bound / 4 : plan.bound / 10 + milliseconds(2);
  plan.poll_timeout = between(50, 250);
  plan.answer_timeout = between(80, 300);
  plan.feed_retention = between(20, 150);
  plan.stale_while_down = one_in(2) ? milliseconds(0) : between(50, 1000);
  if (one_in(8)) plan.loads_in_flight_max = 1 + upto(2);
  if (one_in(8)) plan.flights = {1 + upto(2), 1 + upto(2)};
  plan.temper.preempt_every = one_in(3) ? 0 : 5 + upto(60);
  plan.temper.late_percent = one_in(2) ? 3 : 20;
  plan.temper.late_max = one_in(4) ? nanoseconds(plan.bound) : milliseconds(3);
  plan.temper.preempted_max = one_in(2) ? nanoseconds(plan.bound) * 2 : milliseconds(4);
  plan.database.usual_max = one_in(3) ? milliseconds(6) : milliseconds(1);
  plan.database.slow_max = plan.bound * (one_in(2) ? 2 : 1);
  plan.database.slow_percent = one_in(2) ? 2 : upto(25);
  plan.database.lost_percent = one_in(2) ? 0 : upto(8);
  plan.clients_network.slow_percent = one_in(2) ? 0 : 10;
  plan.clients_network.slow_max = plan.bound;
  plan.write_percent = 10 + upto(40);
  plan.token_percent = upto(100);
  const std::size_t scale = long_run ? 20 : 1;
  plan.outsiders = upto(8) * scale;
  plan.database_restarts = one_in(3) ? (1 + upto(1)) * scale : 0;
  plan.freezes = one_in(3) ? (1 + upto(2)) * scale : 0;
  plan.pod_crashes = one_in(4) ? (1 + upto(1)) * scale : 0;
  plan.truncates = one_in(4) ? (1 + upto(1)) * scale : 0;
  plan.evictions = upto(6) * scale;
  return plan;
}

}  // namespace coolkit::sim
