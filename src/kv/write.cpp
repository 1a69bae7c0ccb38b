// The write path: at the owner of the key, so that writes coalesce and its entry is fresh at once;
// the store decides and commits; what was acknowledged enters the cache by R5.
#include <algorithm>
#include <map>
#include <utility>

#include "base/rules.h"
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
  const bool same_life = before.incarnation == snapshot.incarnation;
  if (Kept(Rule::kR12OwnWriteLife) && !same_life) return;  // `applied` counts in another life
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
  model::Proof proof{before.applied, snapshot.position, {snapshot.sent_at, snapshot.db_now}};
  if (!Kept(Rule::kR6OwnWriteAsOf)) proof.as_of = snapshot.position;
  if (!Kept(Rule::kR7OwnWriteFresh)) proof.fresh.at = parts_.clock.Now();
  parts_.cache.Admit(model::Entry::Create(fields), proof, snapshot.incarnation);
}

net::Task<Result<store::WriteAnswer>> Service::WriteOne(store::WriteOp op, BootTime deadline,
                                                        net::Loop& loop) {
  using Answer = Result<store::WriteAnswer>;
  const feed::Sample before = parts_.state.Read();
  MayPreempt();
  const auto write = [this, &op, deadline](Completion<Answer> done) {
    parts_.store.Write(op, deadline, std::move(done));
  };
  Answer answer = co_await net::AwaitCompletion<Answer>(loop, write);
  if (!Kept(Rule::kR18NoRetry) && !answer && answer.error().code == ErrorCode::kOutcomeUnknown) {
    answer = co_await net::AwaitCompletion<Answer>(loop, write);
  }
  if (!Kept(Rule::kR10WritePosition) && answer) {
    answer->snapshot.position = parts_.state.Read().applied;
  }
  if (answer) {
    silence_.Heard(parts_.clock.Now());
    MeetLife(answer->snapshot);
    AdmitWrite(op, answer->outcome, answer->snapshot, before);
  }
  co_return answer;
}

net::Task<std::vector<Result<store::WriteAnswer>>> Service::WriteHere(
    std::vector<store::WriteOp> ops, BootTime deadline, net::Loop& loop) {
  // Tasks start in order and each hands its write to the store before it waits, so writes of one
  // key apply in order.
  std::vector<net::Task<Result<store::WriteAnswer>>> writes;
  writes.reserve(ops.size());
  for (store::WriteOp& op : ops) writes.push_back(WriteOne(std::move(op), deadline, loop));
  std::vector<Result<store::WriteAnswer>> answers =
      co_await net::WhenAll<Result<store::WriteAnswer>>(std::move(writes));
  co_return answers;
}

net::Task<Result<WriteAnswer>> Service::Write(store::WriteOp op, WriteOptions options,
                                              net::Loop& loop) {
  const ring::Route route = RouteOf(op.key.ref());
  Result<store::WriteAnswer> answer{store::WriteAnswer{}};
  if (route.owner == nullptr) {
    answer = co_await WriteOne(std::move(op), options.deadline, loop);
  } else {
    std::vector<store::WriteOp> ops;
    ops.push_back(std::move(op));
    std::vector<Result<store::WriteAnswer>> answers =
        co_await WriteAtOwner(std::move(ops), route, options.deadline, loop);
    answer = std::move(answers.front());
  }
  if (!answer) co_return Fail(std::move(answer.error()));
  WriteAnswer result;
  result.outcome = answer->outcome;
  result.token = TokenOf(answer->snapshot, options.token);
  co_return result;
}

net::Task<std::vector<Result<WriteAnswer>>> Service::WriteMany(std::vector<store::WriteOp> ops,
                                                               WriteOptions options,
                                                               net::Loop& loop) {
  // By owner, each share in the order of the ops: writes of one key have one owner.
  struct Share {
    ring::Route route;
    std::vector<store::WriteOp> ops;
    std::vector<std::size_t> at;
  };
  std::map<ring::MemberId, Share> shares;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    ring::Route route = RouteOf(ops[i].key.ref());
    Share& share = shares[route.owner == nullptr ? ring::kNobody : route.owner->id];
    share.route = std::move(route);
    share.ops.push_back(std::move(ops[i]));
    share.at.push_back(i);
  }
  using Answers = std::vector<Result<store::WriteAnswer>>;
  std::vector<net::Task<Answers>> writes;
  for (auto& [owner, share] : shares) {
    writes.push_back(share.route.owner == nullptr
                         ? WriteHere(std::move(share.ops), options.deadline, loop)
                         : WriteAtOwner(std::move(share.ops), share.route, options.deadline, loop));
  }
  std::vector<Answers> done = co_await net::WhenAll<Answers>(std::move(writes));
  std::vector<Result<WriteAnswer>> results(ops.size(), Fail(Error{}));
  std::size_t n = 0;
  for (auto& [owner, share] : shares) {
    Answers& answers = done[n++];
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) {
        results[share.at[i]] = Fail(std::move(answers[i].error()));
        continue;
      }
      WriteAnswer result;
      result.outcome = answers[i]->outcome;
      result.token = TokenOf(answers[i]->snapshot, options.token);
      results[share.at[i]] = result;
    }
  }
  co_return results;
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
  MeetLife(answer->snapshot);
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
  MeetLife(answer->snapshot);
  ListAnswer result;
  result.rows = std::move(answer->rows);
  result.more = answer->more;
  result.token = TokenOf(answer->snapshot, options.token);
  result.db_now = answer->snapshot.db_now;
  co_return result;
}

}  // namespace coolkit::kv
