#include "api/list.h"

#include <algorithm>

#include "api/answers.h"
#include "api/entry_json.h"
#include "api/freshness.h"
#include "api/page_token.h"
#include "api/query.h"
#include "base/text.h"

namespace coolkit::api {
namespace {

struct ListCall {
  ListQuery query;
  store::ListRequest request;
  std::optional<model::Token> position;
};

Result<ListCall> Parse(const Call& call) {
  Result<std::string> collection = DecodeCollection(call.location);
  if (!collection) return Fail(collection.error());
  Result<ListQuery> query = ParseListQuery(call.location.query);
  if (!query) return Fail(query.error());
  const Result<std::optional<model::Token>> position = ParsePosition(call.head);
  if (!position) return Fail(position.error());

  ListCall list;
  list.position = *position;
  list.request.from = query->prefix;
  if (query->page_token) {
    Result<std::string> from = ReadPageToken(*query->page_token, *collection, query->prefix);
    if (!from) return Fail(from.error());
    list.request.from = std::move(*from);
  }
  list.request.below = PrefixEnd(query->prefix);
  list.request.limit = query->page_size;
  list.request.with_values = query->values;
  list.request.bytes_max = model::kMaxBatchBytes;
  list.request.collection = std::move(*collection);
  list.query = std::move(*query);
  return list;
}

std::optional<milliseconds> TtlLeft(const model::Entry& entry, DbTime now) {
  const auto expires_at = entry.expires_at();
  if (!expires_at) return std::nullopt;
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(*expires_at - now));
}

// The page: as many rows as fit into the limit of an answer, but at least one.
std::string Render(const ListCall& list, std::string_view collection,
                   const kv::ListAnswer& answer) {
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("items").BeginArray();
  std::string_view last_key;
  bool more = answer.more;
  for (const store::ListRow& row : answer.rows) {
    const json::Writer::Mark mark = writer.mark();
    const model::Entry& entry = *row.entry;
    if (!IsValidUtf8(entry.key())) {  // written by plain SQL; JSON can't name it
      last_key = entry.key();
      continue;
    }
    writer.BeginObject();
    writer.Field("key", entry.key());
    WriteEntryMembers(writer, entry, row.value_bytes, TtlLeft(entry, answer.db_now));
    if (list.query.values) WriteValue(writer, entry.value());
    writer.EndObject();
    if (writer.size() > model::kMaxBatchBytes && !last_key.empty()) {
      writer.Rewind(mark);
      more = true;
      break;
    }
    last_key = entry.key();
  }
  writer.EndArray();
  if (more && !last_key.empty()) {
    writer.Field("next_page_token", MakePageToken(collection, list.query.prefix, last_key));
  }
  writer.EndObject();
  return body;
}

}  // namespace

net::Task<http::Response> ListItems(const Environment& environment, const http::Request& request,
                                    Location location, net::Loop& loop) {
  const Call call(environment, request, location, loop);
  const Result<ListCall> list = Parse(call);
  if (!list) co_return AnswerError(call, list.error());
  store::ListRequest rows = list->request;
  const kv::WriteOptions options = call.MakeWriteOptions(list->position);
  const Result<kv::ListAnswer> answer =
      co_await environment.service.List(std::move(rows), options, loop);
  if (!answer) co_return AnswerError(call, answer.error());
  std::string body = Render(*list, list->request.collection, *answer);
  co_return AnswerMany(call, 200, std::move(body), answer->token, "fwd=bypass");
}

}  // namespace coolkit::api
