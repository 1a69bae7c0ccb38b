#include "api/item_write.h"

#include <memory>
#include <utility>

#include "api/answers.h"
#include "api/write_request.h"
#include "json/patch.h"

namespace coolkit::api {
namespace {

using WriteKind = store::WriteOp::Kind;

store::WriteOp MakeOp(const WriteRequest& write, WriteKind kind) {
  store::WriteOp op;
  op.kind = kind;
  op.key = model::Key(write.key.ref());
  if (write.ttl) op.expiry = {store::Expiry::Kind::kAfter, *write.ttl};
  op.content_type = write.content_type;
  return op;
}

// What the preconditions say to the state that a strong read found; nothing: go on.
std::optional<Error> Judge(const Preconditions& preconditions, const model::Entry& current) {
  if (Evaluate(preconditions, current, false) == Verdict::kProceed) return std::nullopt;
  return Error{ErrorCode::kPreconditionFailed, {}, {}};
}

// Writes `op` if the preconditions hold, whatever they are; the outcome carries the position.
net::Task<Result<kv::UpdateAnswer>> WriteIf(const Call& call, store::WriteOp op,
                                            Preconditions preconditions, kv::WriteOptions options) {
  kv::Service& service = call.environment.service;
  if (auto condition = ToCondition(preconditions)) {
    op.condition = std::move(*condition);
    const Result<kv::WriteAnswer> answer =
        co_await service.Write(std::move(op), options, call.loop);
    if (!answer) co_return Fail(answer.error());
    co_return kv::UpdateAnswer{answer->outcome, answer->token};
  }
  model::Key key = op.key;
  kv::Transform transform = [op = std::move(op), preconditions = std::move(preconditions)](
                                const kv::Current& current) -> Result<store::WriteOp> {
    if (op.kind == WriteKind::kDelete && !current.entry->present()) {
      return Fail(ErrorCode::kNotFound, "");
    }
    if (auto refusal = Judge(preconditions, *current.entry)) return Fail(*std::move(refusal));
    return op;
  };
  co_return co_await service.Update(std::move(key), std::move(transform), options, call.loop);
}

http::Response AnswerOutcome(const Call& call, const Result<kv::UpdateAnswer>& answer,
                             bool tells_created) {
  if (!answer) return AnswerError(call, answer.error());
  if (!answer->outcome) return AnswerRefused(call, answer->outcome.error(), answer->token);
  const store::WriteOutcome& outcome = *answer->outcome;
  switch (outcome.kind) {
    case store::WriteOutcome::Kind::kConditionFailed:
      return AnswerRefused(call, Error{ErrorCode::kPreconditionFailed, {}, {}}, answer->token);
    case store::WriteOutcome::Kind::kNotFound:
      return AnswerRefused(call, Error{ErrorCode::kNotFound, {}, {}}, answer->token);
    case store::WriteOutcome::Kind::kWritten:
      break;
  }
  return AnswerWritten(call, tells_created && outcome.created ? 201 : 204, outcome.version,
                       answer->token);
}

// What PATCH makes of the current entry.
class Patch {
 public:
  Patch(const WriteRequest& write, std::string_view body, std::size_t value_bytes_max)
      : format_(write.format),
        preconditions_(write.preconditions),
        body_(std::make_shared<const std::string>(body)),
        value_bytes_max_(value_bytes_max) {}

  Result<store::WriteOp> operator()(const kv::Current& current) const {
    const model::Entry& entry = *current.entry;
    if (!entry.present()) return Fail(ErrorCode::kNotFound, "");
    if (auto refusal = Judge(preconditions_, entry)) return Fail(*std::move(refusal));
    Result<std::string> patched =
        format_ == PatchFormat::kMerge
            ? json::ApplyMergePatch(entry.value(), *body_, value_bytes_max_)
            : json::ApplyJsonPatch(entry.value(), *body_, value_bytes_max_);
    if (!patched) return Fail(patched.error());
    store::WriteOp op;
    op.key = model::Key(entry.key_ref());
    op.value = std::make_shared<const std::string>(std::move(*patched));
    op.content_type = entry.content_type();
    op.expiry.kind = store::Expiry::Kind::kKeep;
    return op;
  }

 private:
  PatchFormat format_;
  Preconditions preconditions_;
  std::shared_ptr<const std::string> body_;
  std::size_t value_bytes_max_;
};

}  // namespace

net::Task<http::Response> PutItem(const Environment& environment, const http::Request& request,
                                  Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  WriteRequest write;
  if (const Result<void> good = write.Parse(call.head, location); !good) {
    co_return AnswerError(call, good.error());
  }
  store::WriteOp op = MakeOp(write, WriteKind::kPut);
  op.value = std::make_shared<const std::string>(call.body);
  const kv::WriteOptions options = call.MakeWriteOptions(write.position);
  const Result<kv::UpdateAnswer> answer =
      co_await WriteIf(call, std::move(op), std::move(write.preconditions), options);
  co_return AnswerOutcome(call, answer, true);
}

net::Task<http::Response> DeleteItem(const Environment& environment, const http::Request& request,
                                     Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  WriteRequest write;
  if (const Result<void> good = write.Parse(call.head, location); !good) {
    co_return AnswerError(call, good.error());
  }
  store::WriteOp op = MakeOp(write, WriteKind::kDelete);
  const kv::WriteOptions options = call.MakeWriteOptions(write.position);
  const Result<kv::UpdateAnswer> answer =
      co_await WriteIf(call, std::move(op), std::move(write.preconditions), options);
  co_return AnswerOutcome(call, answer, false);
}

net::Task<http::Response> PatchItem(const Environment& environment, const http::Request& request,
                                    Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  WriteRequest write;
  if (const Result<void> good = write.Parse(call.head, location); !good) {
    co_return AnswerError(call, good.error());
  }
  model::Key key(write.key.ref());
  kv::Transform transform = Patch(write, call.body, environment.options.max_value_bytes);
  const kv::WriteOptions options = call.MakeWriteOptions(write.position);
  const Result<kv::UpdateAnswer> answer =
      co_await environment.service.Update(std::move(key), std::move(transform), options, loop);
  co_return AnswerOutcome(call, answer, false);
}

}  // namespace coolkit::api
