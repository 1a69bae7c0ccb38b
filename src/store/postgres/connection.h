// Why: one connection of libpq as coroutines on a loop: opened, checked, and then used for one
// conversation after the other, each a pipeline of statements that ends with what the server said
// to each. Everything belongs to the loop.
#pragma once

#include <libpq-fe.h>

#include <bitset>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/incarnation.h"
#include "net/readiness.h"
#include "net/task.h"
#include "store/postgres/conninfo.h"
#include "store/postgres/parameters.h"
#include "store/postgres/pg_result.h"
#include "store/postgres/postgres_options.h"
#include "store/postgres/sqlstate.h"
#include "store/postgres/statements.h"
#include "store/store_metrics.h"

namespace coolkit::store {

// One step of a conversation: a statement, or a Sync, which ends a transaction.
struct Step {
  const Statement* statement = nullptr;  // null: Sync
  Parameters parameters;
};
[[nodiscard]] inline Step StepOf(StatementId id, Parameters parameters = {}) {
  return {&StatementOf(id), std::move(parameters)};
}
[[nodiscard]] inline Step SyncStep() { return {}; }

struct Conversation {
  BootTime sent_at{};
  // One per step that was answered, in order: fewer than there were steps when the connection was
  // lost.
  std::vector<PgResult> replies;
  bool lost = false;
  bool synced = false;  // the first Sync may have reached the server

  [[nodiscard]] bool AllOk() const { return !lost && Succeeded(replies.size()); }
  // The first `end` steps did what they were asked for.
  [[nodiscard]] bool Succeeded(std::size_t end) const;
  // One of the first `end` steps was refused by the server.
  [[nodiscard]] bool Refused(std::size_t end) const;
  [[nodiscard]] bool Answered(std::size_t step) const { return step < replies.size(); }
  [[nodiscard]] bool Ok(std::size_t step) const { return Answered(step) && replies[step].ok(); }
  // Why the steps up to (not including) `end` did not all succeed: the first refusal, or the loss.
  [[nodiscard]] Refusal Why(std::size_t end) const;
};

class PgConnection {
 public:
  struct Context {
    net::Readiness& readiness;
    const PostgresOptions& options;
    const PostgresUrl& url;
    StoreMetrics& metrics;
    std::size_t& host_turn;    // the host of the URL that is tried first: the last good one
    Dialer* dialer = nullptr;  // prepares each connection; null: the URL says all
  };
  explicit PgConnection(const Context& context) : context_(context) {}
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // What went wrong when Open failed, or why the connection is of no use any more.
  struct Failure {
    Error error;
    std::string_view reason;  // of coolkit_database_connection_errors_total
    std::string message;      // for the log
  };
  // Connects to the first host of the URL that will do, sets the session up and checks it. Errors
  // in failure().
  net::Task<bool> Open();

  // Sends all steps at once and waits for what comes of them. Not while another one is under way.
  // `lock_timeout` of a statement is the session's.
  net::Task<Conversation> Run(std::vector<Step> steps) {
    return Run(std::move(steps), context_.options.statement_timeout + context_.options.reply_slack);
  }
  // The same; without all answers after `time` the connection counts as lost.
  net::Task<Conversation> Run(std::vector<Step> steps, milliseconds time);

  // When it is to be replaced; kNever: not for its age.
  void set_retire_at(BootTime when) { retire_at_ = when; }
  [[nodiscard]] BootTime retire_at() const { return retire_at_; }

  // Good for another conversation?
  [[nodiscard]] bool usable() const { return usable_; }
  // Looks at once whether the server has closed it, whatever the loop has been told so far; then it
  // is not usable. What is sent on a closed connection ends with an unknown outcome, for nothing.
  bool StillOpen();
  [[nodiscard]] const Failure& failure() const { return failure_; }
  // The incarnation's wire text that Open saw.
  [[nodiscard]] const std::string& wire() const { return wire_; }
  // The server's max_connections, less those that are reserved, that Open saw.
  [[nodiscard]] int server_connections_max() const { return server_connections_max_; }
  // It will not be used again after this conversation.
  void Discard(const Refusal& why) { Fail(why.code, why.reason, std::string(why.words), {}); }
  [[nodiscard]] const std::string& warning() const { return warning_; }

  // Between conversations: `ended` is called, later and once, when the server closed the
  // connection. Stop watching before the next conversation.
  void WatchIdle(Function<void()> ended);
  void UnwatchIdle();

 private:
  net::Task<bool> OpenAt(std::size_t host);
  net::Task<bool> Dial();
  net::Task<bool> Connect(std::size_t host, BootTime deadline);
  net::Task<bool> SetUp();
  bool CheckSession(const Conversation& talk);
  // What libpq will give a result for; those before a step's own only count when they fail.
  struct Slot {
    std::size_t step = 0;
    const Statement* prepared = nullptr;  // a Parse
    bool own = false;
  };
  bool Enqueue(const std::vector<Step>& steps, std::vector<Slot>& slots, bool& synced);
  bool Send(const Statement& statement, const Parameters& parameters);
  net::Task<bool> Receive(Conversation& talk, const std::vector<Slot>& slots);
  net::Task<bool> AwaitReply();  // false: the connection is lost
  net::Task<void> Wait(net::Interest interest);
  void Fail(ErrorCode code, std::string_view reason, std::string words, std::string message);
  void FailConnecting();
  void FailClosed();
  void Observe(const std::vector<Step>& steps, const Conversation& talk);
  [[nodiscard]] Parameters SessionParameters() const;

  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  const Context& context_;
  std::unique_ptr<PGconn, Finish> connection_;
  std::unique_ptr<net::FdWatch> watch_;
  std::bitset<kStatementCount> prepared_;
  bool usable_ = false;
  bool timed_out_ = false;
  bool unsent_ = false;         // bytes wait in libpq
  std::shared_ptr<bool> idle_;  // true while the connection is watched between conversations
  Failure failure_;
  Route route_;
  BootTime retire_at_ = kNever;
  std::string wire_;
  int server_connections_max_ = 0;
  std::string warning_;
};

}  // namespace coolkit::store
