// Why: what the pods of all runs count, in one place: the metrics are how a test knows that its
// schedules were about something. One per program. Not thread-safe.
#pragma once

#include <string>

#include "kv/metrics.h"
#include "node/maintenance.h"
#include "node/ring_metrics.h"
#include "node/tailer.h"
#include "peer/peer_metrics.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace coolkit::sim {

struct Instruments {
  telemetry::Registry registry;
  kv::Metrics kv{registry};
  node::TailerMetrics tailer{registry};
  node::MaintenanceMetrics maintenance{registry};
  node::RingMetrics ring{registry};
  peer::PeerMetrics peer{registry};
  std::string log_text;
  telemetry::Log log{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "pod", &log_text};
};

// What the runs were about, beside what the instruments count.
struct Coverage {
  std::uint64_t schedules = 0;
  std::uint64_t steps = 0;
  std::uint64_t preemptions = 0;
  std::uint64_t operations = 0;
  std::uint64_t answers = 0;        // that were checked
  std::uint64_t session_reads = 0;  // of them, with a token
  std::uint64_t absent_answers = 0;
  std::uint64_t collapsed = 0;
  std::uint64_t ask_again = 0;
  std::uint64_t waiters_left = 0;
  std::uint64_t admissions = 0;
  std::uint64_t refusals = 0;
  std::uint64_t invalidations = 0;
  std::uint64_t commits = 0;
  std::uint64_t outsiders = 0;
  std::uint64_t long_transactions = 0;
  std::uint64_t aborted = 0;
  std::uint64_t truncates = 0;
  std::uint64_t bulk_statements = 0;
  std::uint64_t unknown_outcomes = 0;
  std::uint64_t conditions_failed = 0;
  std::uint64_t database_restarts = 0;
  std::uint64_t lives = 0;
  std::uint64_t lost_commits = 0;
  std::uint64_t freezes = 0;
  std::uint64_t pod_crashes = 0;
  std::uint64_t errors = 0;  // answers that were errors
  // Of a ring.
  std::uint64_t views = 0;
  std::uint64_t cuts = 0;
  std::uint64_t joins = 0;
  std::uint64_t drains = 0;
  std::uint64_t wild_views = 0;
  std::uint64_t clock_steps = 0;
  std::uint64_t lies = 0;
};

}  // namespace coolkit::sim
