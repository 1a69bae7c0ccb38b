// The write path: the store decides and commits; what was acknowledged enters the cache by R5.
#include <algorithm>
#include <utility>

#include "kv/service.h"
#include "net/await.h"
#include "net/when_all.h"

namespace coolkit::kv {
namespace {

// R10: an acknowledged write carries the position of a snapshot taken after its COMMIT.
model::Token TokenOf(const store::Snapshot& snapshot, const std::optional<model::Token>& token) {
  model::Token result{snapshot.incarnation, snapshot.position};
  if (token && token->incarnation == snapshot.incarnation) {
    result.position = std::max(result.position, token->position);
  }
  return result;
}

}  // namespace

void Service::AdmitWrite(const store::WriteOp& op, const store::WriteOutcome& outcome,
                         const store::Snapshot& snapshot, const feed::Sample& before) {
  if (outcome.kind != store::WriteOutcome::Kind::kWritten) return;
  if (!(before.incarnation == snapshot.incarnation)) return;  // `applied` counts in another life
  const bool put = op.kind == store::WriteOp::Kind::kPut;
  model::Entry::Fields fields;
  fields.collection = op.key.collection;
  fields.key = op.key.key;
  fields.version = outcome.version;
  fields.present = put;
  fields.modified_at = outcome.modified_at;
  if (put) {
    fields.content_type = op.content_type;
    fields.value = *op.value;
    fields.expires_at = outcome.expires_at;
  }
  // R6: as_of is the position applied before the statement was sent, never one from after the
  // commit: another write may have come between.
  const model::Proof proof{before.applied, snapshot.position, {snapshot.sent_at, snapshot.db_now}};
  parts_.cache.Admit(model::Entry::Create(fields), proof, snapshot.incarnation);
}

net::Task<Result<WriteAnswer>> Service::Write(store::WriteOp op, WriteOptions options,
                                              net::Loop& loop) {
  using Answer = Result<store::WriteAnswer>;
  const feed::Sample before = parts_.state.Read();
  const BootTime deadline = options.deadline;
  const Answer answer =
      co_await net::AwaitCompletion<Answer>(loop, [this, &op, deadline](Completion<Answer> done) {
        parts_.store.Write(op, deadline, std::move(done));
      });
  if (!answer) co_return Fail(answer.error());
  AdmitWrite(op, answer->outcome, answer->snapshot, before);
  WriteAnswer result;
  result.outcome = answer->outcome;
  result.token = TokenOf(answer->snapshot, options.token);
  co_return result;
}

net::Task<std::vector<Result<WriteAnswer>>> Service::WriteMany(std::vector<store::WriteOp> ops,
                                                               WriteOptions options,
                                                               net::Loop& loop) {
  // Tasks start in order and each hands its write to the store before it waits, so writes of one
  // key apply in order.
  std::vector<net::Task<Result<WriteAnswer>>> writes;
  writes.reserve(ops.size());
  for (store::WriteOp& op : ops) writes.push_back(Write(std::move(op), options, loop));
  std::vector<Result<WriteAnswer>> answers =
      co_await net::WhenAll<Result<WriteAnswer>>(std::move(writes));
  co_return answers;
}

net::Task<Result<AtomicAnswer>> Service::WriteAtomic(std::vector<store::WriteOp> ops,
                                                     WriteOptions options, net::Loop& loop) {
  using Answer = Result<store::AtomicAnswer>;
  const feed::Sample before = parts_.state.Read();
  const BootTime deadline = options.deadline;
  Answer answer =
      co_await net::AwaitCompletion<Answer>(loop, [this, &ops, deadline](Completion<Answer> done) {
        parts_.store.WriteAtomic(ops, deadline, std::move(done));
      });
  if (!answer) co_return Fail(answer.error());
  if (answer->committed) {
    for (std::size_t i = 0; i < ops.size(); ++i) {
      AdmitWrite(ops[i], answer->outcomes[i], answer->snapshot, before);
    }
  }
  AtomicAnswer result;
  result.committed = answer->committed;
  result.outcomes = std::move(answer->outcomes);
  result.token = TokenOf(answer->snapshot, options.token);
  co_return result;
}

net::Task<Result<UpdateAnswer>> Service::Update(model::Key key, Transform transform,
                                                WriteOptions options, net::Loop& loop) {
  ReadOptions read_options;
  read_options.deadline = options.deadline;
  read_options.strong = true;
  read_options.token = options.token;
  for (int attempt = 0; attempt < options_.compare_and_set_tries_max; ++attempt) {
    if (attempt > 0) parts_.metrics.compare_and_set_retries.Add();
    read_options.arrived = loop.Now();
    Result<ReadAnswer> read = co_await Read(key, read_options, loop);
    if (!read) co_return Fail(std::move(read.error()));
    const Current current{read->entry, read->token};
    Result<store::WriteOp> op = transform(current);
    if (!op) {
      UpdateAnswer refused{Fail(std::move(op.error())), read->token};
      co_return refused;
    }
    if (read->entry->present()) {
      op->condition = {model::Condition::Kind::kIn, {read->entry->version()}};
    } else {
      op->condition = {model::Condition::Kind::kAbsent, {}};
    }
    Result<WriteAnswer> written = co_await Write(std::move(*op), options, loop);
    if (!written) co_return Fail(std::move(written.error()));
    if (written->outcome.kind == store::WriteOutcome::Kind::kWritten) {
      UpdateAnswer done{written->outcome, written->token};
      co_return done;
    }
    // Somebody else wrote in between, or the value expired: look again.
  }
  parts_.metrics.contention.Add();
  co_return Fail(ErrorCode::kContention, "the key changed during each of several tries");
}

net::Task<Result<ListAnswer>> Service::List(store::ListRequest request, WriteOptions options,
                                            net::Loop& loop) {
  using Answer = Result<store::ListAnswer>;
  const BootTime deadline = options.deadline;
  Answer answer = co_await net::AwaitCompletion<Answer>(
      loop, [this, &request, deadline](Completion<Answer> done) {
        parts_.store.List(std::move(request), deadline, std::move(done));
      });
  if (!answer) co_return Fail(answer.error());
  ListAnswer result;
  result.rows = std::move(answer->rows);
  result.more = answer->more;
  result.token = TokenOf(answer->snapshot, options.token);
  result.db_now = answer->snapshot.db_now;
  co_return result;
}

}  // namespace coolkit::kv
