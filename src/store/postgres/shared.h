// Why: what the parts of one PostgreSQL store share, and how they ask the database something that
// may be asked again. Everything belongs to the store's loop.
#pragma once

#include <vector>

#include "base/function.h"
#include "net/task_group.h"
#include "store/postgres/connection.h"
#include "store/postgres/life.h"
#include "store/postgres/pool.h"
#include "store/postgres/postgres_options.h"
#include "store/store.h"
#include "store/store_metrics.h"
#include "telemetry/log.h"

namespace coolkit::store {

// Where reader and writer get their work from, and whom they tell what they are busy with.
class Supply {
 public:
  virtual ~Supply() = default;
  // Queues what has come, here and with the others; starts nothing.
  virtual void Pull() = 0;
  // A statement begins; more may now beside it.
  virtual void Began() = 0;
  // One less is under way, and nothing is left that it could have gone on with.
  virtual void Ended() = 0;
};

struct PgShared {
  PgShared(PostgresOptions options_in, PostgresUrl url_in, net::Readiness& readiness,
           StoreMetrics& metrics_in, telemetry::Log& log_in)
      : options(std::move(options_in)),
        url(std::move(url_in)),
        loop(readiness.loop()),
        metrics(metrics_in),
        log(log_in),
        connections{readiness, options, url, metrics, host_turn, options.dialer},
        pool({loop, connections, lives, log, tasks}) {}

  // Sends what `make` gives and waits for it; sends it again, on another connection if need be, as
  // long as the database's refusal is one that this may cure. So the steps have no effect, or one
  // that may happen twice. Errors: as the store's; then some step was refused.
  net::Task<Result<Conversation>> Ask(Urgency urgency, BootTime deadline,
                                      Function<std::vector<Step>()> make);
  // Learns the present incarnation, or begins it.
  net::Task<Result<void>> Renew(BootTime deadline);
  // Looks at what a refusal means for the connection that it came on.
  void Note(Lease& lease, const Refusal& why);

  const PostgresOptions options;
  const PostgresUrl url;
  net::Loop& loop;
  StoreMetrics& metrics;
  telemetry::Log& log;
  Lives lives;
  net::TaskGroup tasks;
  std::size_t host_turn = 0;
  PgConnection::Context connections;
  Pool pool;
};

// Retries of one kind: a connection that turned out to be bad, an incarnation that ended.
inline constexpr int kReconnectsMax = 2;
inline constexpr int kRenewalsMax = 3;

[[nodiscard]] inline Error ErrorOf(const Refusal& why) {
  return {why.code, std::string(why.words), {}};
}
[[nodiscard]] inline Error TooLate() {
  return {ErrorCode::kDeadlineExceeded, "the database was not asked in time", {}};
}

// The header row of `read` and `list`, whose columns are behind (collection,) key.
struct Header {
  Snapshot snapshot;
  model::Version absent;  // of a key without a row
};
// The columns of a header or row: version, value, type or incarnation, modified or position,
// expires or db_now.
[[nodiscard]] Result<Header> ReadHeader(const PgResult& result, int first_column, BootTime sent_at,
                                        Lives& lives);

// From the statement `position`. Nothing: there is no incarnation.
[[nodiscard]] std::optional<Snapshot> ReadPosition(const PgResult& result, BootTime sent_at,
                                                   Lives& lives);

}  // namespace coolkit::store
