#include "store/postgres/connection.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "net/await.h"
#include "net/wait_ready.h"
#include "store/postgres/migrate.h"

namespace coolkit::store {
namespace {

void IgnoreNotice(void* /*context*/, const PGresult* /*notice*/) {}

// Wakes a wait when its time is over.
class Alarm {
 public:
  Alarm(net::Loop& loop, BootTime when, net::FdWatch* const& watch, bool& rang)
      : loop_(loop), timer_(loop.At(when, [&watch, &rang] {
          rang = true;
          if (watch != nullptr) watch->Wake();
        })) {}
  ~Alarm() { loop_.Cancel(timer_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  net::Loop& loop_;
  net::TimerId timer_;
};

}  // namespace

bool Conversation::Succeeded(std::size_t end) const {
  if (replies.size() < end) return false;
  return std::all_of(replies.begin(), replies.begin() + static_cast<std::ptrdiff_t>(end),
                     [](const PgResult& reply) { return reply.ok(); });
}

bool Conversation::Refused(std::size_t end) const {
  return std::any_of(replies.begin(),
                     replies.begin() + static_cast<std::ptrdiff_t>(std::min(end, replies.size())),
                     [](const PgResult& reply) { return !reply.ok(); });
}

Refusal Conversation::Why(std::size_t end) const {
  for (std::size_t i = 0; i < end && i < replies.size(); ++i) {
    const PgResult& reply = replies[i];
    if (!reply.ok() && reply.status() != PGRES_PIPELINE_ABORTED) return RefusalOf(reply.sqlstate());
  }
  return RefusalOf({});
}

PgConnection::~PgConnection() { UnwatchIdle(); }

void PgConnection::Fail(ErrorCode code, std::string_view reason, std::string words,
                        std::string message) {
  usable_ = false;
  failure_ = {Error{code, std::move(words), {}}, reason, std::move(message)};
}

void PgConnection::FailConnecting() {
  if (route_.news != nullptr) {
    if (std::optional<DialFailure> known = route_.news->failure()) {
      return Fail(ErrorCode::kDatabaseUnavailable, known->reason, "the database can't be reached",
                  std::move(known->message));
    }
  }
  const std::string message = PQerrorMessage(connection_.get());
  const std::string_view reason = ConnectReason(message);
  const std::string_view state = SqlstateInMessage(message);
  const std::string_view words =
      state.empty() ? "the database can't be reached" : RefusalOf(state).words;
  Fail(ErrorCode::kDatabaseUnavailable, reason, std::string(words), InOneLine(message));
}

net::Task<void> PgConnection::Wait(net::Interest interest) {
  if (timed_out_) co_return;
  net::UntilReady ready(*watch_, interest);
  co_await ready;
}

net::Task<bool> PgConnection::Connect(std::size_t host, BootTime deadline) {
  watch_.reset();
  prepared_.reset();
  connection_.reset(StartConnecting(context_.url, host, route_, "coolkit"));
  PGconn* const connection = connection_.get();
  PQsetNoticeReceiver(connection, &IgnoreNotice, nullptr);
  net::FdWatch* watching = nullptr;
  timed_out_ = false;
  Alarm alarm(context_.readiness.loop(), deadline, watching, timed_out_);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  if (PQstatus(connection) == CONNECTION_BAD) next = PGRES_POLLING_FAILED;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    // The socket may be another one at every step: libpq tries one address after the other.
    Result<std::unique_ptr<net::FdWatch>> watch = context_.readiness.Watch(PQsocket(connection));
    if (!watch) {
      Fail(ErrorCode::kDatabaseUnavailable, "other", watch.error().detail, watch.error().detail);
      co_return false;
    }
    watch_ = std::move(*watch);
    watching = watch_.get();
    const net::Interest interest =
        next == PGRES_POLLING_READING ? net::Interest::kReadable : net::Interest::kWritable;
    co_await Wait(interest);
    watching = nullptr;
    if (timed_out_) {
      Fail(ErrorCode::kDatabaseUnavailable, "timeout", "the database can't be reached",
           "the connection was not made in time");
      co_return false;
    }
    next = PQconnectPoll(connection);
  }
  watch_.reset();
  if (next == PGRES_POLLING_OK) {
    Result<std::unique_ptr<net::FdWatch>> watch = context_.readiness.Watch(PQsocket(connection));
    if (watch) {
      watch_ = std::move(*watch);
      co_return true;
    }
  }
  FailConnecting();
  co_return false;
}

Parameters PgConnection::SessionParameters() const {
  const PostgresOptions& options = context_.options;
  Parameters parameters;
  parameters.AddText(std::to_string(options.statement_timeout.count()));
  parameters.AddText(std::to_string(options.lock_timeout.count()));
  parameters.AddText(std::to_string(options.idle_in_transaction_timeout.count()));
  parameters.AddBool(context_.url.transaction_pooler);
  return parameters;
}

net::Task<bool> PgConnection::Open() {
  StatementMetrics& metrics = context_.metrics.Statement("connect");
  const BootTime began = context_.readiness.loop().Now();
  metrics.calls->Add();
  bool open = false;
  std::string messages;
  for (std::size_t i = 0; i < context_.url.attempts() && !open; ++i) {
    open = co_await OpenAt(context_.host_turn);
    if (open) break;
    if (!messages.empty()) messages += "; ";
    messages += failure_.message;
    ++context_.host_turn;
  }
  if (!open) failure_.message = std::move(messages);
  metrics.duration_seconds->ObserveSeconds(context_.readiness.loop().Now() - began);
  if (!open) metrics.errors->Add();
  co_return open;
}

net::Task<bool> PgConnection::Dial() {
  using Dialed = std::expected<Route, DialFailure>;
  net::Loop& loop = context_.readiness.loop();
  const BootTime deadline = loop.Now() + context_.options.dial_timeout;
  Dialed dialed =
      co_await net::AwaitCompletion<Dialed>(loop, [this, deadline](Completion<Dialed> done) {
        context_.dialer->Dial(deadline, std::move(done));
      });
  if (dialed) {
    route_ = std::move(*dialed);
    co_return true;
  }
  Fail(ErrorCode::kDatabaseUnavailable, dialed.error().reason, "the database can't be reached",
       std::move(dialed.error().message));
  co_return false;
}

net::Task<bool> PgConnection::OpenAt(std::size_t host) {
  failure_ = {};
  if (context_.dialer != nullptr) {
    const bool dialed = co_await Dial();
    if (!dialed) co_return false;
  }
  const milliseconds time = context_.url.connect_timeout.value_or(context_.options.connect_timeout);
  const bool connected = co_await Connect(host, context_.readiness.loop().Now() + time);
  if (!connected) co_return false;
  PQsetnonblocking(connection_.get(), 1);
  PQenterPipelineMode(connection_.get());
  usable_ = true;
  const bool ready = co_await SetUp();
  co_return ready;
}

// The settings and the look at what came of them are two statements of two transactions, so that
// the second one sees what the first one left.
net::Task<bool> PgConnection::SetUp() {
  std::vector<Step> steps;
  if (!context_.url.transaction_pooler) {
    steps.push_back(StepOf(StatementId::kSession, SessionParameters()));
    steps.push_back(SyncStep());
  }
  steps.push_back(StepOf(StatementId::kIncarnation));
  steps.push_back(SyncStep());
  const std::size_t count = steps.size();
  Conversation talk = co_await Run(std::move(steps));
  if (talk.replies.size() == count && talk.Ok(count - 2) && talk.Ok(count - 1) && talk.Ok(0)) {
    co_return CheckSession(talk);
  }
  if (failure_.reason.empty() || talk.replies.size() == count) {
    const Refusal why = talk.Why(count);
    std::string message;
    for (const PgResult& reply : talk.replies) {
      if (!reply.ok() && message.empty()) message = reply.message();
    }
    Fail(why.code, why.reason, std::string(why.words), std::move(message));
  }
  co_return false;
}

bool PgConnection::CheckSession(const Conversation& talk) {
  const PgResult& row = talk.replies[talk.replies.size() - 2];
  const auto refuse = [&](std::string_view reason, const std::string& words) {
    Fail(ErrorCode::kStorageError, reason, words, words);
    return false;
  };
  if (row.rows() != 1) return refuse("schema", "the database has no incarnation");
  wire_ = row.Bytes(0, 0);
  server_connections_max_ = static_cast<int>(row.Int(0, 10));
  if (row.Bytes(0, 9) != "off") {
    Fail(ErrorCode::kDatabaseUnavailable, "standby", "the database is read-only",
         "transaction_read_only is on");
    return false;
  }
  if (row.Int(0, 6) > static_cast<std::int64_t>(KnownPostgresMigrations().size())) {
    return refuse("schema", "the schema of the database is too new for this release");
  }
  if (context_.url.transaction_pooler) return true;
  const std::string_view commit = row.Bytes(0, 2);
  if (commit != "on" && commit != "remote_apply") {
    return refuse("schema", "synchronous_commit could not be set to on");
  }
  if (row.Bytes(0, 7) != "force_generic_plan" || row.Bytes(0, 8) != "off") {
    return refuse("pooler",
                  "the session's settings did not take; behind a transaction pooler say "
                  "pooler=transaction in the URL");
  }
  if (row.Int(0, 4) > 0) {
    warning_ = "max_prepared_transactions is above 0: two-phase commit is not supported";
  }
  return true;
}

bool PgConnection::Send(const Statement& statement, const Parameters& parameters) {
  constexpr std::size_t kParametersMax = 12;
  const std::vector<std::string>& values = parameters.values();
  std::array<const char*, kParametersMax> pointers{};
  std::array<int, kParametersMax> lengths{};
  std::array<int, kParametersMax> formats{};
  CHECK(values.size() <= kParametersMax);
  for (std::size_t i = 0; i < values.size(); ++i) {
    pointers[i] = values[i].data();
    lengths[i] = static_cast<int>(values[i].size());
    formats[i] = 1;
  }
  const int count = static_cast<int>(values.size());
  if (context_.url.transaction_pooler) {
    return PQsendQueryParams(connection_.get(), statement.text, count, nullptr, pointers.data(),
                             lengths.data(), formats.data(), 1) == 1;
  }
  return PQsendQueryPrepared(connection_.get(), statement.name.data(), count, pointers.data(),
                             lengths.data(), formats.data(), 1) == 1;
}

bool PgConnection::Enqueue(const std::vector<Step>& steps, std::vector<Slot>& slots, bool& synced) {
  PGconn* const connection = connection_.get();
  const bool pooled = context_.url.transaction_pooler;
  std::bitset<kStatementCount> known = prepared_;
  bool begins = true;  // the next statement is the first of its transaction
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Statement* const statement = steps[i].statement;
    if (statement == nullptr) {
      slots.push_back({i, nullptr, true});
      synced = true;  // it tries to send
      if (PQpipelineSync(connection) != 1) return false;
      begins = true;
      continue;
    }
    const auto id = static_cast<std::size_t>(statement->id);
    if (pooled && begins) {
      slots.push_back({i, nullptr, false});
      if (!Send(StatementOf(StatementId::kSession), SessionParameters())) return false;
    } else if (!pooled && !known[id]) {
      known[id] = true;
      slots.push_back({i, statement, false});
      if (PQsendPrepare(connection, statement->name.data(), statement->text, 0, nullptr) != 1) {
        return false;
      }
    }
    begins = false;
    slots.push_back({i, nullptr, true});
    if (!Send(*statement, steps[i].parameters)) return false;
  }
  return true;
}

net::Task<bool> PgConnection::AwaitReply() {
  PGconn* const connection = connection_.get();
  for (;;) {
    if (unsent_) {
      const int left = PQflush(connection);
      unsent_ = left == 1;
      if (left < 0) co_return true;  // what was read before is still to be taken
    }
    if (PQisBusy(connection) == 0) co_return true;
    const net::Interest interest = unsent_ ? net::Interest::kEither : net::Interest::kReadable;
    co_await Wait(interest);
    if (timed_out_) co_return false;
    if (PQconsumeInput(connection) == 0) co_return true;
  }
}

net::Task<bool> PgConnection::Receive(Conversation& talk, const std::vector<Slot>& slots) {
  PGconn* const connection = connection_.get();
  std::size_t at = 0;
  while (at < slots.size()) {
    const bool answered = co_await AwaitReply();
    if (!answered) co_return false;
    PgResult result(PQgetResult(connection));
    if (result.IsEnd()) {
      if (PQstatus(connection) == CONNECTION_BAD) co_return false;
      continue;
    }
    if (!result.ok() && result.status() != PGRES_PIPELINE_ABORTED && result.sqlstate().empty()) {
      co_return false;  // libpq's own: the connection failed
    }
    const Slot& slot = slots[at++];
    if (slot.own) {
      // When something before it failed, that stands for it already.
      if (talk.replies.size() == slot.step) talk.replies.push_back(std::move(result));
    } else if (!result.ok() && result.status() != PGRES_PIPELINE_ABORTED) {
      talk.replies.push_back(std::move(result));
    } else if (result.ok() && slot.prepared != nullptr) {
      prepared_[static_cast<std::size_t>(slot.prepared->id)] = true;
    }
  }
  co_return true;
}

void PgConnection::Observe(const std::vector<Step>& steps, const Conversation& talk) {
  const nanoseconds took = context_.readiness.loop().Now() - talk.sent_at;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].statement == nullptr) continue;
    StatementMetrics& metrics = context_.metrics.Statement(steps[i].statement->name);
    metrics.calls->Add();
    if (!talk.Ok(i)) metrics.errors->Add();
    metrics.duration_seconds->ObserveSeconds(took);
  }
}

net::Task<Conversation> PgConnection::Run(std::vector<Step> steps, milliseconds time) {
  CHECK(usable_);
  net::Loop& loop = context_.readiness.loop();
  Conversation talk;
  talk.sent_at = loop.Now();
  std::vector<Slot> slots;
  bool good = Enqueue(steps, slots, talk.synced);
  unsent_ = true;
  if (good) {
    timed_out_ = false;
    net::FdWatch* watching = watch_.get();
    Alarm alarm(loop, talk.sent_at + time, watching, timed_out_);
    good = co_await Receive(talk, slots);
  }
  if (!good || PQstatus(connection_.get()) == CONNECTION_BAD) {
    talk.lost = talk.replies.size() < steps.size();
    const std::string message = timed_out_ ? std::string("no answer in time")
                                           : std::string(PQerrorMessage(connection_.get()));
    Fail(ErrorCode::kDatabaseUnavailable, timed_out_ ? "timeout" : "closed",
         "the connection to the database was lost", message);
  }
  Observe(steps, talk);
  co_return talk;
}

void PgConnection::WatchIdle(Function<void()> ended) {
  CHECK(idle_ == nullptr);
  idle_ = std::make_shared<bool>(true);
  watch_->Wait(net::Interest::kReadable, [this, idle = idle_, ended = std::move(ended)]() mutable {
    if (!*idle) return;
    // Between conversations the server has nothing to say but that it goes, or a notice.
    const bool alive =
        PQconsumeInput(connection_.get()) == 1 && PQstatus(connection_.get()) == CONNECTION_OK;
    UnwatchIdle();
    if (alive) return WatchIdle(std::move(ended));
    FailClosed();
    ended();
  });
}

bool PgConnection::StillOpen() {
  if (usable_ && net::PeerEnded(PQsocket(connection_.get()))) FailClosed();
  return usable_;
}

void PgConnection::FailClosed() {
  Fail(ErrorCode::kDatabaseUnavailable, "closed", "the connection to the database was lost",
       "the server closed the idle connection");
}

void PgConnection::UnwatchIdle() {
  if (idle_ == nullptr) return;
  *idle_ = false;
  idle_.reset();
  watch_->Wake();
}

}  // namespace coolkit::store
