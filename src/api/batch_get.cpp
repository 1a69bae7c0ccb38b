#include <algorithm>
#include <utility>
#include <vector>

#include "api/answers.h"
#include "api/batch.h"
#include "api/batch_request.h"
#include "api/entry_json.h"
#include "api/error_table.h"
#include "api/freshness.h"
#include "api/positions.h"
#include "api/query.h"
#include "api/write_request.h"

namespace coolkit::api {
namespace {

void BeginError(json::Writer& writer, std::string_view key, ErrorCode code) {
  const ErrorRow& row = ErrorRowOf(code);
  writer.BeginObject();
  writer.Field("key", key);
  writer.Field("status", row.status);
  writer.Field("code", ErrorCodeName(row.code));
}

void WriteError(json::Writer& writer, std::string_view key, ErrorCode code) {
  BeginError(writer, key, code);
  writer.EndObject();
}

// With the database gone an item says for itself what Cache-Status says of a single answer.
void WriteStaleness(json::Writer& writer, const kv::ReadAnswer& answer) {
  const bool relayed = answer.relay && answer.relay->stale;
  if (answer.source != kv::Source::kStale && !relayed) return;
  writer.Field("stale", true);
  writer.Field("staleness_ms", std::chrono::ceil<milliseconds>(answer.staleness).count());
}

void WriteAnswer(json::Writer& writer, std::string_view key, const kv::ReadAnswer& answer) {
  const model::Entry& entry = *answer.entry;
  if (!entry.present()) {
    BeginError(writer, key, ErrorCode::kNotFound);
    WriteStaleness(writer, answer);
    writer.EndObject();
    return;
  }
  writer.BeginObject();
  writer.Field("key", key);
  writer.Field("status", 200);
  WriteEntryMembers(writer, entry, entry.value().size(), answer.ttl);
  WriteStaleness(writer, answer);
  WriteValue(writer, entry.value());
  writer.EndObject();
}

// About what the answer will have: values may be quoted to more.
std::size_t BytesOf(const std::vector<BatchGetItem>& items,
                    const std::vector<Result<kv::ReadAnswer>>& answers) {
  constexpr std::size_t kMembers = 200;  // of one item beside its texts
  std::size_t bytes = 64;
  for (const BatchGetItem& item : items) bytes += item.key_text.size() + kMembers;
  for (const Result<kv::ReadAnswer>& answer : answers) {
    if (answer) bytes += answer->entry->value().size();
  }
  return std::min<std::size_t>(bytes, model::kMaxBatchBytes);
}

// Items in the order asked; `answers` has one for each item without an error. Once an answer does
// not fit any more, all the rest are 413 (but the first always fits).
std::string Render(const std::vector<BatchGetItem>& items,
                   const std::vector<Result<kv::ReadAnswer>>& answers) {
  std::string body;
  body.reserve(BytesOf(items, answers));
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("items").BeginArray();
  bool full = false;
  bool any = false;
  auto answer = answers.begin();
  for (const BatchGetItem& item : items) {
    if (item.error) {
      WriteError(writer, item.key_text, item.error->code);
      continue;
    }
    const Result<kv::ReadAnswer>& read = *answer++;
    if (full) {
      WriteError(writer, item.key_text, ErrorCode::kPayloadTooLarge);
      continue;
    }
    if (!read) {
      WriteError(writer, item.key_text, read.error().code);
      continue;
    }
    const json::Writer::Mark mark = writer.mark();
    WriteAnswer(writer, item.key_text, *read);
    if (writer.size() > model::kMaxBatchBytes && any) {
      writer.Rewind(mark);
      full = true;
      WriteError(writer, item.key_text, ErrorCode::kPayloadTooLarge);
    }
    any = true;
  }
  writer.EndArray();
  writer.EndObject();
  return body;
}

}  // namespace

Result<void> CheckBatch(const http::RequestHead& head, const Location& location) {
  const Result<std::string> collection = DecodeCollection(location);
  if (!collection) return Fail(collection.error());
  Result<void> good = ParseNoQuery(location.query);
  if (!good) return good;
  const Result<std::string> type = MediaType(head);
  if (!type) return Fail(type.error());
  if (*type != "application/json") {
    return Fail(ErrorCode::kUnsupportedMediaType, "a batch is application/json");
  }
  good = RefuseContentCoding(head);
  if (!good) return good;
  const Result<std::optional<model::Token>> position = ParsePosition(head);
  if (!position) return Fail(position.error());
  return {};
}

net::Task<http::Response> BatchGet(const Environment& environment, const http::Request& request,
                                   Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  kv::ReadOptions options;
  options.arrived = call.head.arrived;
  options.deadline = call.deadline;
  Result<void> good = CheckBatch(call.head, location);
  if (good) good = ParseFreshness(call.head, options);
  if (!good) co_return AnswerError(call, good.error());
  const Result<std::vector<BatchGetItem>> items = ParseBatchGet(call.body);
  if (!items) co_return AnswerError(call, items.error());

  const Result<std::string> collection = DecodeCollection(location);
  std::vector<model::Key> keys;
  keys.reserve(items->size());
  for (const BatchGetItem& item : *items) {
    if (!item.error) keys.emplace_back(*collection, item.key_text);
  }
  std::vector<Result<kv::ReadAnswer>> answers;
  if (!keys.empty()) {
    answers = co_await environment.service.ReadMany(std::move(keys), options, loop);
  }
  std::optional<model::Token> position;
  for (const Result<kv::ReadAnswer>& answer : answers) {
    if (answer) position = LaterPosition(position, answer->token);
  }
  if (!position) position = options.token;  // nothing was learnt
  std::string body = Render(*items, answers);
  co_return AnswerMany(call, 200, std::move(body), position, "fwd=method");
}

}  // namespace coolkit::api
