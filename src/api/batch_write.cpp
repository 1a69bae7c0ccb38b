#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "api/answers.h"
#include "api/batch.h"
#include "api/batch_request.h"
#include "api/entry_json.h"
#include "api/error_table.h"
#include "api/freshness.h"
#include "api/positions.h"

namespace coolkit::api {
namespace {

using OutcomeKind = store::WriteOutcome::Kind;

// What became of one item: a code, or the write.
struct ItemResult {
  std::optional<ErrorCode> code;
  store::WriteOutcome outcome;
};

ItemResult FromOutcome(const store::WriteOutcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::kConditionFailed:
      return {ErrorCode::kPreconditionFailed, {}};
    case OutcomeKind::kNotFound:
      return {ErrorCode::kNotFound, {}};
    case OutcomeKind::kWritten:
      break;
  }
  return {std::nullopt, outcome};
}

std::string Render(const BatchWriteRequest& request, const std::vector<ItemResult>& results) {
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("items").BeginArray();
  for (std::size_t i = 0; i < request.items.size(); ++i) {
    const ItemResult& result = results[i];
    writer.BeginObject();
    writer.Field("key", request.items[i].key_text);
    if (result.code) {
      const ErrorRow& row = ErrorRowOf(*result.code);
      writer.Field("status", row.status);
      writer.Field("code", ErrorCodeName(row.code));
    } else {
      writer.Field("status", result.outcome.created ? 201 : 204);
      WriteVersion(writer, result.outcome.version);
    }
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return body;
}

// What the store has no condition for: judged on a strong read, written by compare-and-set.
net::Task<Result<kv::UpdateAnswer>> WriteConditional(const Call& call, const BatchWriteItem& item,
                                                     kv::WriteOptions options) {
  model::Key key = item.op.key;
  kv::Transform transform = [&item](const kv::Current& current) -> Result<store::WriteOp> {
    const bool deleting = item.op.kind == store::WriteOp::Kind::kDelete;
    if (deleting && !current.entry->present()) return Fail(ErrorCode::kNotFound, "");
    if (Evaluate(item.preconditions, *current.entry, false) != Verdict::kProceed) {
      return Fail(ErrorCode::kPreconditionFailed, "");
    }
    return item.op;
  };
  co_return co_await call.environment.service.Update(std::move(key), std::move(transform), options,
                                                     call.loop);
}

// A batch whose items stand for themselves. Items apply in order: what goes together as one call
// ends at an item that needs a read first.
class Separate {
 public:
  Separate(const Call& call, BatchWriteRequest& request, kv::WriteOptions options)
      : call_(call), request_(request), options_(options), results_(request.items.size()) {}

  net::Task<http::Response> Run() {
    for (std::size_t i = 0; i < request_.items.size(); ++i) {
      BatchWriteItem& item = request_.items[i];
      if (item.error) {
        results_[i].code = item.error->code;
      } else if (item.conditional) {
        co_await Flush();
        const Result<kv::UpdateAnswer> answer = co_await WriteConditional(call_, item, options_);
        Note(i, answer);
      } else {
        waiting_.push_back(i);
      }
    }
    co_await Flush();
    if (!position_) position_ = options_.token;  // nothing was learnt
    std::string body = Render(request_, results_);
    co_return AnswerMany(call_, 200, std::move(body), position_, "fwd=method");
  }

 private:
  net::Task<void> Flush() {
    if (waiting_.empty()) co_return;
    std::vector<store::WriteOp> ops;
    ops.reserve(waiting_.size());
    for (const std::size_t i : waiting_) ops.push_back(std::move(request_.items[i].op));
    const std::vector<Result<kv::WriteAnswer>> answers =
        co_await call_.environment.service.WriteMany(std::move(ops), options_, call_.loop);
    for (std::size_t k = 0; k < waiting_.size(); ++k) {
      const Result<kv::WriteAnswer>& answer = answers[k];
      if (!answer) {
        results_[waiting_[k]].code = answer.error().code;
        continue;
      }
      results_[waiting_[k]] = FromOutcome(answer->outcome);
      position_ = LaterPosition(position_, answer->token);
    }
    waiting_.clear();
  }

  void Note(std::size_t i, const Result<kv::UpdateAnswer>& answer) {
    if (!answer) {
      results_[i].code = answer.error().code;
      return;
    }
    position_ = LaterPosition(position_, answer->token);
    if (answer->outcome) {
      results_[i] = FromOutcome(*answer->outcome);
    } else {
      results_[i].code = answer->outcome.error().code;
    }
  }

  const Call& call_;
  BatchWriteRequest& request_;
  kv::WriteOptions options_;
  std::vector<ItemResult> results_;
  std::vector<std::size_t> waiting_;  // items of the next WriteMany
  std::optional<model::Token> position_;
};

// How often an atomic batch that was judged on reads is tried again after a lost race.
constexpr int kAtomicTriesMax = 8;

// An atomic batch: one transaction.
class Atomic {
 public:
  Atomic(const Call& call, const BatchWriteRequest& request, kv::WriteOptions options)
      : call_(call), request_(request), options_(options) {}

  net::Task<http::Response> Run() {
    for (int attempt = 0; attempt < kAtomicTriesMax; ++attempt) {
      std::vector<store::WriteOp> ops;
      ops.reserve(request_.items.size());
      const Result<void> judged = co_await Judge(ops);
      if (!judged) co_return AnswerError(call_, judged.error());
      const Result<kv::AtomicAnswer> answer =
          co_await call_.environment.service.WriteAtomic(std::move(ops), options_, call_.loop);
      if (!answer) co_return AnswerError(call_, answer.error());
      if (!answer->committed && LostRace(answer->outcomes)) continue;
      co_return Finish(*answer);
    }
    const Error contention{ErrorCode::kContention, {}, {}};
    co_return AnswerError(call_, contention);
  }

 private:
  // Appends the items' writes with conditions that the store can judge.
  net::Task<Result<void>> Judge(std::vector<store::WriteOp>& ops) {
    read_.assign(request_.items.size(), false);
    for (std::size_t i = 0; i < request_.items.size(); ++i) {
      const BatchWriteItem& item = request_.items[i];
      store::WriteOp op = item.op;
      if (item.conditional) {
        Result<model::Condition> condition = co_await Resolve(i, ops);
        if (!condition) co_return Fail(condition.error());
        op.condition = std::move(*condition);
      }
      ops.push_back(std::move(op));
    }
    co_return Result<void>();
  }

  // Present, and none of some versions. An earlier item of the same key decides that alone: the
  // version that it makes is newer than all that a client can name.
  net::Task<Result<model::Condition>> Resolve(std::size_t i,
                                              const std::vector<store::WriteOp>& ops) {
    using Kind = model::Condition::Kind;
    const BatchWriteItem& item = request_.items[i];
    const auto earlier = std::find_if(ops.rbegin(), ops.rend(), [&item](const store::WriteOp& op) {
      return op.key == item.op.key;
    });
    const model::Condition never{Kind::kIn, {}};
    if (earlier != ops.rend()) {
      const model::Condition present{Kind::kPresent, {}};
      co_return earlier->kind == store::WriteOp::Kind::kPut ? present : never;
    }
    kv::ReadOptions options;
    options.arrived = call_.loop.Now();
    options.deadline = options_.deadline;
    options.strong = true;
    options.token = options_.token;
    model::Key key = item.op.key;
    const Result<kv::ReadAnswer> answer =
        co_await call_.environment.service.Read(std::move(key), options, call_.loop);
    if (!answer) co_return Fail(answer.error());
    const model::Entry& entry = *answer->entry;
    if (Evaluate(item.preconditions, entry, false) != Verdict::kProceed) co_return never;
    read_[i] = true;
    model::Condition unchanged{Kind::kIn, {}};
    unchanged.versions.push_back(entry.version());
    co_return unchanged;
  }

  // Is an item that a read had allowed the one that failed?
  [[nodiscard]] bool LostRace(const std::vector<store::WriteOutcome>& outcomes) const {
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].kind != OutcomeKind::kWritten && read_[i]) return true;
    }
    return false;
  }

  http::Response Finish(const kv::AtomicAnswer& answer) const {
    std::vector<ItemResult> results;
    results.reserve(answer.outcomes.size());
    for (const store::WriteOutcome& outcome : answer.outcomes) {
      results.push_back(FromOutcome(outcome));
      if (!answer.committed && !results.back().code) {
        results.back().code = ErrorCode::kDependencyFailed;
      }
    }
    return AnswerMany(call_, answer.committed ? 200 : 412, Render(request_, results), answer.token,
                      "fwd=method");
  }

  const Call& call_;
  const BatchWriteRequest& request_;
  kv::WriteOptions options_;
  std::vector<bool> read_;  // items whose condition comes from a read of this try
};

// An item that can't be done fails an atomic batch like one whose condition fails.
std::optional<std::vector<ItemResult>> Unwritable(const BatchWriteRequest& request) {
  std::vector<ItemResult> results;
  bool any = false;
  for (const BatchWriteItem& item : request.items) {
    any = any || item.error.has_value();
    results.push_back({item.error ? item.error->code : ErrorCode::kDependencyFailed, {}});
  }
  if (!any) return std::nullopt;
  return results;
}

}  // namespace

net::Task<http::Response> BatchWrite(const Environment& environment, const http::Request& request,
                                     Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  if (const Result<void> good = CheckBatch(call.head, location); !good) {
    co_return AnswerError(call, good.error());
  }
  const Result<std::string> collection = DecodeCollection(location);
  Result<BatchWriteRequest> batch =
      ParseBatchWrite(call.body, *collection, environment.options.max_value_bytes);
  if (!batch) co_return AnswerError(call, batch.error());
  const Result<std::optional<model::Token>> position = ParsePosition(call.head);
  const kv::WriteOptions options = call.MakeWriteOptions(*position);
  if (batch->items.empty()) {
    std::string body = Render(*batch, {});
    co_return AnswerMany(call, 200, std::move(body), *position, "fwd=method");
  }
  if (!batch->atomic) {
    Separate separate(call, *batch, options);
    co_return co_await separate.Run();
  }
  if (const auto results = Unwritable(*batch)) {
    std::string body = Render(*batch, *results);
    co_return AnswerMany(call, 412, std::move(body), *position, "fwd=method");
  }
  Atomic atomic(call, *batch, options);
  co_return co_await atomic.Run();
}

}  // namespace coolkit::api
