#include "sim/store.h"

#include <algorithm>
#include <utility>

namespace coolkit::sim {
namespace {

constexpr nanoseconds kLockPoll = microseconds(500);

Error Broken() { return {ErrorCode::kDatabaseUnavailable, "the connection broke", {}}; }

}  // namespace

struct ModelStore::Statement {
  std::vector<WaitingRead> reads;
  BootTime sent_at;
  bool answered = false;
};

struct ModelStore::Batch {
  std::vector<WaitingWrite> writes;
  std::vector<std::vector<store::WriteOutcome>> outcomes;
  std::set<std::size_t> keys;
  BootTime sent_at;
  BootTime sent;          // the world's
  std::uint64_t run = 0;  // of the server, that it was sent to
  Database::TransactionPtr transaction;
  store::Snapshot before;  // a snapshot of the write's own statement (R10 broken)
  store::Snapshot after;
  bool ended = false;  // at the pod
};

ModelStore::Pending& ModelStore::WaitingWrite::pending() const {
  return call ? static_cast<Pending&>(*call) : *atomic;
}

ModelStore::ModelStore(Scheduler& scheduler, Database& database, const Keyspace& keys,
                       Thread& thread, const Network& network, Options options)
    : scheduler_(scheduler),
      database_(database),
      keys_(keys),
      thread_(thread),
      network_(network),
      options_(options),
      alive_(std::make_shared<Alive>(this)) {}

ModelStore::~ModelStore() { alive_->store = nullptr; }

void ModelStore::Stop() {
  alive_->store = nullptr;
  for (const auto& call : std::exchange(pending_, {})) {
    if (std::exchange(call->ended, true)) continue;
    thread_.Post([call] { call->Fail({ErrorCode::kDraining, "stopping", {}}); });
  }
}

template <class Answer>
ModelStore::CallPtr<Answer> ModelStore::Expect(BootTime deadline, Completion<Result<Answer>> done) {
  auto call = std::make_shared<Call<Answer>>();
  call->deadline = deadline;
  call->done = std::move(done);
  if (alive_->store == nullptr) {
    call->ended = true;
    call->Fail({ErrorCode::kDraining, "stopped", {}});
  } else {
    pending_.push_back(call);
  }
  return call;
}

void ModelStore::Forget(const Pending& call) {
  std::erase_if(pending_, [&](const auto& other) { return other.get() == &call; });
}

// On the store's thread.
template <class Answer>
void ModelStore::Answered(const CallPtr<Answer>& call, Result<Answer> answer) {
  if (std::exchange(call->ended, true)) return;
  Forget(*call);
  call->done(std::move(answer));
}

void ModelStore::Failed(Pending& call, ErrorCode code) {
  if (std::exchange(call.ended, true)) return;
  const auto keep =
      *std::ranges::find_if(pending_, [&](const auto& other) { return other.get() == &call; });
  Forget(call);
  Error error = Broken();
  error.code = code;
  call.Fail(std::move(error));
}

// `work` runs at the server whether or not this pod lives on.
template <class Work>
void ModelStore::ToServer(Work work) {
  scheduler_.After(network_.Delay(scheduler_.random()), std::move(work));
}

template <class Work>
void ModelStore::ToPod(Work work) {
  Later(network_.Delay(scheduler_.random()), std::move(work));
}

template <class Work>
void ModelStore::Later(nanoseconds delay, Work work) {
  scheduler_.After(delay, [alive = alive_, work = std::move(work)]() mutable {
    if (alive->store != nullptr) alive->store->thread_.Post(std::move(work));
  });
}

// ---------------------------------------------------------------------------- statements

template <class Answer, class Work>
void ModelStore::Ask(BootTime deadline, Completion<Result<Answer>> done, Work work) {
  const CallPtr<Answer> call = Expect(deadline, std::move(done));
  if (call->ended) return;
  thread_.Post([this, alive = alive_, call, work = std::move(work)]() mutable {
    if (call->ended) return;
    const BootTime sent_at = PodNow();
    if (call->deadline <= sent_at) return Failed(*call, ErrorCode::kDeadlineExceeded);
    if (!database_.up()) return Failed(*call, ErrorCode::kDatabaseUnavailable);
    Later(options_.answer_timeout,
          [this, call] { Failed(*call, ErrorCode::kDatabaseUnavailable); });
    if (network_.Loses(scheduler_.random())) return;
    const std::uint64_t run = database_.run();
    ToServer([this, alive, call, sent_at, run, work = std::move(work)]() mutable {
      if (alive->store == nullptr || database_.run() != run) return;
      Answer answer = work(sent_at);
      if (network_.Loses(scheduler_.random())) return;
      ToPod([this, call, answer = std::move(answer)]() mutable {
        Answered<Answer>(call, std::move(answer));
      });
    });
  });
}

void ModelStore::Poll(std::optional<store::FeedCursor> cursor, BootTime deadline,
                      Completion<Result<store::FeedAnswer>> done) {
  Ask<store::FeedAnswer>(
      deadline, std::move(done), [this, cursor = std::move(cursor)](BootTime sent_at) {
        auto answer = database_.Poll(cursor, sent_at, options_.changes_per_poll_max);
        scheduler_.trace().Add(scheduler_.now(), thread_.process().name(), "polls from",
                               cursor ? cursor->position.value : -1, "to",
                               answer.snapshot.position.value, "finds", answer.changes.keys.size(),
                               answer.gap ? "and a gap" : "");
        return answer;
      });
}

void ModelStore::Collect(milliseconds retention, std::size_t limit,
                         Completion<Result<std::size_t>> done) {
  Ask<std::size_t>(kNever, std::move(done), [this, retention, limit](BootTime /*sent_at*/) {
    return database_.Collect(retention, limit);
  });
}

void ModelStore::Prune(store::FeedCursor mark, std::size_t limit,
                       Completion<Result<std::size_t>> done) {
  Ask<std::size_t>(kNever, std::move(done),
                   [this, mark = std::move(mark), limit](BootTime /*sent_at*/) {
                     return database_.Prune(mark, limit);
                   });
}

void ModelStore::List(store::ListRequest request, BootTime deadline,
                      Completion<Result<store::ListAnswer>> done) {
  Ask<store::ListAnswer>(deadline, std::move(done),
                         [this, request = std::move(request)](BootTime sent_at) {
                           store::ListAnswer answer;
                           answer.snapshot = database_.TakeSnapshot(sent_at);
                           for (std::size_t key = 0; key < keys_.size(); ++key) {
                             if (keys_.Name(key).collection != request.collection) continue;
                             store::ListRow row;
                             row.entry = database_.Read(key);
                             if (row.entry->present()) answer.rows.push_back(std::move(row));
                           }
                           return answer;
                         });
}

void ModelStore::Read(std::vector<model::Key> keys, BootTime deadline,
                      Completion<Result<store::ReadAnswer>> done) {
  WaitingRead read;
  for (const model::Key& key : keys) read.keys.push_back(keys_.NumberOf(key));
  read.call = Expect(deadline, std::move(done));
  if (read.call->ended) return;
  if (!database_.rules().batch_closed_when_sent) {
    const auto statement = last_statement_.lock();
    if (statement && !statement->answered) return statement->reads.push_back(std::move(read));
  }
  reads_.push_back(std::move(read));
  if (std::exchange(send_reads_posted_, true)) return;
  thread_.Post([this] {
    send_reads_posted_ = false;
    SendReads();
  });
}

void ModelStore::SendReads() {
  const auto statement = std::make_shared<Statement>();
  statement->sent_at = PodNow();
  for (WaitingRead& read : std::exchange(reads_, {})) {
    if (read.call->ended) continue;
    if (read.call->deadline <= statement->sent_at) {
      Failed(*read.call, ErrorCode::kDeadlineExceeded);
    } else if (!database_.up()) {
      Failed(*read.call, ErrorCode::kDatabaseUnavailable);
    } else {
      statement->reads.push_back(std::move(read));
    }
  }
  if (statement->reads.empty() || alive_->store == nullptr) return;
  last_statement_ = statement;
  Later(options_.answer_timeout, [this, statement] {
    statement->answered = true;
    for (const WaitingRead& read : statement->reads) {
      Failed(*read.call, ErrorCode::kDatabaseUnavailable);
    }
  });
  if (network_.Loses(scheduler_.random())) return;
  const std::uint64_t run = database_.run();
  ToServer([this, alive = alive_, statement, run] {
    if (alive->store == nullptr || database_.run() != run) return;
    store::Snapshot snapshot = database_.TakeSnapshot(statement->sent_at);
    const bool primary = database_.rules().reads_on_primary;
    if (!primary) snapshot.position.value -= 2;
    std::vector<model::EntryPtr> rows;
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      rows.push_back(primary ? database_.Read(key) : database_.ReadOld(key, snapshot.position));
    }
    if (network_.Loses(scheduler_.random())) return;
    ToPod([this, statement, snapshot, rows = std::move(rows)] {
      statement->answered = true;
      for (const WaitingRead& read : statement->reads) {
        store::ReadAnswer answer;
        answer.snapshot = snapshot;
        for (const std::size_t key : read.keys) answer.entries.push_back(rows[key]);
        Answered<store::ReadAnswer>(read.call, std::move(answer));
      }
    });
  });
}

// ---------------------------------------------------------------------------- writes

void ModelStore::Write(store::WriteOp op, BootTime deadline,
                       Completion<Result<store::WriteAnswer>> done) {
  WaitingWrite write;
  write.ops.push_back(std::move(op));
  write.call = Expect(deadline, std::move(done));
  if (write.call->ended) return;
  writes_.push_back(std::move(write));
  if (std::exchange(send_writes_posted_, true)) return;
  thread_.Post([this] { SendWrites(); });
}

void ModelStore::WriteAtomic(std::vector<store::WriteOp> ops, BootTime deadline,
                             Completion<Result<store::AtomicAnswer>> done) {
  WaitingWrite write;
  write.ops = std::move(ops);
  write.atomic = Expect(deadline, std::move(done));
  if (write.atomic->ended) return;
  writes_.push_back(std::move(write));
  if (std::exchange(send_writes_posted_, true)) return;
  thread_.Post([this] { SendWrites(); });
}

// The first of what waits, in its order, on keys that no batch under way writes; an atomic one goes
// alone.
std::shared_ptr<ModelStore::Batch> ModelStore::TakeBatch() {
  auto batch = std::make_shared<Batch>();
  std::set<std::size_t> taken = writing_;
  std::vector<WaitingWrite> left;
  for (WaitingWrite& write : writes_) {
    std::set<std::size_t> keys;
    for (const store::WriteOp& op : write.ops) keys.insert(keys_.NumberOf(op.key));
    const bool blocked = std::ranges::any_of(keys, [&](auto key) { return taken.contains(key); });
    const bool fits = batch->writes.empty() || (!write.atomic && !batch->writes.front().atomic &&
                                                batch->writes.size() < options_.batch_max);
    const bool mine = !blocked && fits;
    // What is left holds up later writes of its keys; what is taken goes before them.
    if (!mine) taken.insert(keys.begin(), keys.end());
    if (mine) batch->keys.insert(keys.begin(), keys.end());
    (mine ? batch->writes : left).push_back(std::move(write));
  }
  writes_ = std::move(left);
  return batch;
}

void ModelStore::SendWrites() {
  send_writes_posted_ = false;
  const BootTime sent_at = PodNow();
  std::erase_if(writes_, [&](const WaitingWrite& write) {
    Pending& call = write.pending();
    const bool late = call.deadline <= sent_at;
    if (!call.ended && (late || !database_.up())) {
      Failed(call, late ? ErrorCode::kDeadlineExceeded : ErrorCode::kDatabaseUnavailable);
    }
    return call.ended;
  });
  if (alive_->store == nullptr) return;
  for (;;) {
    const std::shared_ptr<Batch> batch = TakeBatch();
    if (batch->writes.empty()) return;
    batch->sent_at = sent_at;
    batch->sent = scheduler_.now();
    batch->run = database_.run();
    writing_.insert(batch->keys.begin(), batch->keys.end());
    Later(options_.answer_timeout, [this, batch] { EndBatch(batch, ErrorCode::kOutcomeUnknown); });
    if (network_.Loses(scheduler_.random())) continue;
    ToServer([this, alive = alive_, batch] {
      if (alive->store != nullptr) BeginBatch(batch);
    });
  }
}

void ModelStore::BeginBatch(const std::shared_ptr<Batch>& batch) {
  if (database_.run() != batch->run) return;
  batch->transaction = database_.Begin();
  RunBatch(batch);
}

// At the server: waits for the rows, writes them, and later commits.
void ModelStore::RunBatch(const std::shared_ptr<Batch>& batch) {
  Database::Transaction& transaction = *batch->transaction;
  if (!transaction.running()) return;  // the server died
  const bool free = std::ranges::all_of(
      batch->keys, [&](std::size_t key) { return database_.IsFree(key, &transaction); });
  if (!free) {
    if (scheduler_.now() - batch->sent > options_.answer_timeout / 2) {
      database_.Abort(transaction);  // lock_timeout: surely not written
      return ToPod([this, batch] { EndBatch(batch, ErrorCode::kDeadlineExceeded); });
    }
    return scheduler_.After(kLockPoll, [this, &database = database_, alive = alive_, batch] {
      if (alive->store != nullptr) return RunBatch(batch);
      database.Abort(*batch->transaction);
    });
  }
  bool all = true;
  for (const WaitingWrite& write : batch->writes) {
    std::vector<store::WriteOutcome>& outcomes = batch->outcomes.emplace_back();
    for (const store::WriteOp& op : write.ops) {
      outcomes.push_back(database_.Write(transaction, op));
      all &= outcomes.back().kind == store::WriteOutcome::Kind::kWritten;
    }
  }
  batch->before = database_.TakeSnapshot(batch->sent_at);
  if (batch->writes.front().atomic && !all) {
    database_.Abort(transaction);
    batch->after = database_.TakeSnapshot(batch->sent_at);
    return ToPod([this, batch] { AnswerBatch(batch); });
  }
  // The pod may die meanwhile: the server commits what it was sent, or sees the end first.
  const bool in_time = scheduler_.random().Below(2) == 0;
  scheduler_.After(network_.Delay(scheduler_.random()),
                   [this, &database = database_, alive = alive_, batch, in_time] {
                     if (alive->store != nullptr) return CommitBatch(batch);
                     if (in_time) return database.Commit(*batch->transaction);
                     database.Abort(*batch->transaction);
                   });
}

void ModelStore::CommitBatch(const std::shared_ptr<Batch>& batch) {
  Database::Transaction& transaction = *batch->transaction;
  if (!transaction.running()) return;
  const DatabaseRules& rules = database_.rules();
  if (!rules.position_outside) {
    batch->after = database_.TakeSnapshot(batch->sent_at, &transaction);
  }
  database_.Commit(transaction);
  // The position is read by the next statement of the pipeline.
  scheduler_.After(network_.Delay(scheduler_.random()) / 4, [this, alive = alive_, batch] {
    if (alive->store == nullptr || database_.run() != batch->run) return;
    if (database_.rules().position_outside) {
      batch->after = database_.TakeSnapshot(batch->sent_at);
    }
    if (!database_.rules().position_after_commit) batch->after = batch->before;
    if (network_.Loses(scheduler_.random())) return;
    ToPod([this, batch] { AnswerBatch(batch); });
  });
}

void ModelStore::AnswerBatch(const std::shared_ptr<Batch>& batch) {
  if (std::exchange(batch->ended, true)) return;
  for (const std::size_t key : batch->keys) writing_.erase(key);
  for (std::size_t i = 0; i < batch->writes.size(); ++i) {
    const WaitingWrite& write = batch->writes[i];
    if (write.call) {
      Answered<store::WriteAnswer>(write.call,
                                   store::WriteAnswer{batch->after, batch->outcomes[i].front()});
      continue;
    }
    store::AtomicAnswer answer;
    answer.snapshot = batch->after;
    answer.committed = batch->transaction->state == Database::Transaction::State::kCommitted;
    answer.outcomes = batch->outcomes[i];
    Answered<store::AtomicAnswer>(write.atomic, std::move(answer));
  }
  SendWrites();
}

void ModelStore::EndBatch(const std::shared_ptr<Batch>& batch, ErrorCode code) {
  if (std::exchange(batch->ended, true)) return;
  for (const std::size_t key : batch->keys) writing_.erase(key);
  const bool again = code == ErrorCode::kOutcomeUnknown && !database_.rules().write_not_repeated;
  for (WaitingWrite& write : batch->writes) {
    if (again) {
      writes_.push_back(write);
    } else {
      Failed(write.pending(), code);
    }
  }
  SendWrites();
}

}  // namespace coolkit::sim
