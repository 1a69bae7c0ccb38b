#include "api/item_read.h"

#include "api/answers.h"
#include "api/freshness.h"
#include "api/query.h"

namespace coolkit::api {
namespace {

struct ReadRequest {
  ItemKey key;
  kv::ReadOptions options;
  Preconditions preconditions;
};

Result<void> Parse(const Call& call, ReadRequest& read) {
  Result<void> good = read.key.Parse(call.location);
  if (!good) return good;
  good = ParseNoQuery(call.location.query);
  if (!good) return good;
  read.options.arrived = call.head.arrived;
  read.options.deadline = call.deadline;
  good = ParseFreshness(call.head, read.options);
  if (!good || !HasPreconditions(call.head)) return good;
  Result<Preconditions> preconditions = ParsePreconditions(call.head);
  if (!preconditions) return Fail(preconditions.error());
  read.preconditions = std::move(*preconditions);
  return {};
}

}  // namespace

net::Task<http::Response> ReadItem(const Environment& environment, const http::Request& request,
                                   Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  ReadRequest read;
  if (const Result<void> good = Parse(call, read); !good) {
    co_return AnswerError(call, good.error());
  }
  if (const auto hit = environment.service.TryRead(read.key.ref(), read.options)) {
    co_return AnswerRead(call, *hit, read.preconditions);
  }
  model::Key key(read.key.ref());
  kv::ReadOptions options = read.options;
  const Result<kv::ReadAnswer> answer =
      co_await environment.service.Read(std::move(key), options, loop);
  if (!answer) co_return AnswerError(call, answer.error());
  co_return AnswerRead(call, *answer, read.preconditions);
}

}  // namespace coolkit::api
