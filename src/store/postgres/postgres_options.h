// Why: the limits of the PostgreSQL store in one place; the composition root fills them. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"
#include "store/postgres/connection_share.h"
#include "store/postgres/dialer.h"

namespace coolkit::store {

struct PostgresOptions {
  std::string url;       // postgres://… with every parameter of libpq, and pooler=transaction
  std::string feed_url;  // of the feed, when the other one goes through a pooler; empty: the same
  Dialer* dialer = nullptr;       // of `url`; outlives the store; null: the URL says all
  Dialer* feed_dialer = nullptr;  // of `feed_url`
  bool migrate = true;  // apply what is pending at the start, where the user may; else an error
  milliseconds start_timeout{15'000};    // for a server that can't be reached at this moment
  std::function<bool()> start_given_up;  // asked between attempts, on the thread that starts

  ConnectionBudget connections;  // the pool keeps to this pod's share of it
  // In a ring the share follows SetMembers (connection_allowance.h); one connection before that.
  bool share_by_members = false;
  milliseconds share_hold{15'000};
  milliseconds members_known_max{6'000};
  milliseconds share_interval{500};  // how often time alone may change the share
  int reads_in_flight_max = 2;       // read statements at the same time
  int commits_in_flight_max = 3;     // of small values, at the same time; of different keys
  // A full commit's worth must wait for one more statement to begin beside others (two commits at
  // once take longer than one after the other: both wait for one disk), or the last one must have
  // begun so long ago: it may hang.
  std::size_t overlap_min = 64;
  milliseconds overlap_after{40};
  int locked_in_flight_max = 2;  // connections that wait for locked rows
  milliseconds connect_timeout{5'000};
  milliseconds dial_timeout{10'000};  // of a dialer, before that
  // A connection is closed after so long, less up to a tenth of it: a right that was revoked, or a
  // server that has moved, counts from then on. 0: never.
  milliseconds connection_lifetime{0};
  milliseconds idle_timeout{60'000};  // of a connection, before it is closed; one stays
  milliseconds backoff_min{50};       // between attempts to connect; doubled, with jitter
  milliseconds backoff_max{2'000};

  milliseconds statement_timeout{5'000};
  milliseconds lock_timeout{100};
  milliseconds idle_in_transaction_timeout{10'000};
  milliseconds reply_slack{2'000};  // beyond statement_timeout a silent connection counts as lost
  // A write that was sent gets so long beyond its deadline before it is told that nobody knows:
  // more than lock_timeout, so that who waits for a locked row learns that nothing happened.
  milliseconds answer_grace{250};
  int retries_max = 8;  // of a batch that surely did not happen

  std::size_t reads_queued_max = 4096;   // reads, lists and polls; beyond: kOverloaded
  std::size_t keys_per_read_max = 1000;  // keys that share one statement

  std::size_t writes_queued_max = 4096;            // beyond: kOverloaded
  std::size_t write_bytes_queued_max = 64u << 20;  // values; beyond: kOverloaded
  std::size_t rows_per_commit_max = 64;
  std::size_t bytes_per_commit_max = 1u << 20;   // a larger value is committed alone
  std::size_t versions_per_commit_max = 16'000;  // of conditions
  std::size_t large_value_bytes = 256u << 10;    // from here on, on a connection of their own

  // Of the ring's rows: from the call to the answer, and beyond that until the connection counts as
  // lost. Well below the time that a lease is taken for.
  milliseconds coordination_timeout{1'000};
  milliseconds coordination_slack{500};
  std::size_t coordination_queued_max = 64;  // beyond: kOverloaded

  std::size_t changes_per_poll_max = 100'000;  // beyond: collections instead of keys
  milliseconds sweep_interval{20};  // how exactly deadlines of waiting operations are kept
  std::uint64_t seed = 1;           // of jitter
};

}  // namespace coolkit::store
