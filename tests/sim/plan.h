// Why: what one run is made of; a seed chooses it all before the run begins, so that most runs have
// little trouble and much to find, and some have a lot. Values.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/time.h"
#include "cache/flights.h"
#include "sim/network.h"
#include "sim/scheduler.h"

namespace coolkit::sim {

struct Plan {
  static Plan Of(Random& random, bool long_run);

  std::size_t pods = 2;
  std::size_t keys = 3;
  std::size_t clients = 4;
  std::size_t operations = 40;  // of all clients together
  nanoseconds think_max{milliseconds(20)};
  milliseconds bound{100};  // B
  milliseconds poll_interval{10};
  milliseconds poll_timeout{200};
  milliseconds answer_timeout{300};
  milliseconds feed_retention{100};
  milliseconds stale_while_down{0};
  std::size_t loads_in_flight_max = 4096;
  milliseconds patience_min{20};  // of clients
  bool errors_allowed = true;     // false: nothing is wrong that would excuse one
  cache::FlightsOptions flights;
  Scheduler::Temper temper;
  Network database;  // between pods and database
  Network clients_network;
  // In percent of the operations.
  std::uint64_t write_percent = 30;
  std::uint64_t token_percent = 50;  // of the clients
  // How many of each there will be.
  std::size_t outsiders = 4;
  std::size_t database_restarts = 0;
  std::size_t freezes = 0;
  std::size_t pod_crashes = 0;
  std::size_t truncates = 0;
  std::size_t evictions = 2;
};

}  // namespace coolkit::sim
