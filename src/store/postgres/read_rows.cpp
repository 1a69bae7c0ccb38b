#include "store/postgres/read_rows.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "model/limits.h"
#include "store/judge.h"
#include "store/postgres/batch.h"

namespace coolkit::store {
namespace {

// Columns of `read`: collection, key, then those of ReadHeader. `list` has no collection.
constexpr int kReadVersion = 2;
constexpr int kListVersion = 1;

// Above every key: as many of the highest code point as a key has room for, and one more.
std::string BeyondAllKeys() {
  std::string beyond;
  for (std::size_t i = 0; i <= model::kMaxKeyBytes / 4; ++i) beyond += "\xf4\x8f\xbf\xbf";
  return beyond;
}

// Null for what can't be kept: plain SQL may write values of up to 1 GB.
model::EntryPtr EntryOf(const PgResult& result, int row, int column, std::string_view collection,
                        std::string_view key, bool present) {
  if (key.size() > model::kMaxKeyBytes ||
      result.Bytes(row, column + 1).size() >= model::Entry::kValueBytesLimit) {
    return {};
  }
  model::Entry::Fields fields;
  fields.collection = collection;
  fields.key = key;
  fields.version = {result.Int(row, column)};
  fields.present = present;
  fields.modified_at = result.Time(row, column + 3);
  if (fields.present) {
    fields.value = result.Bytes(row, column + 1);
    // Plain SQL may have written a longer one than the service ever does.
    const std::string_view type = result.Bytes(row, column + 2);
    fields.content_type = type.size() <= model::kMaxContentTypeBytes ? type : std::string_view();
    fields.expires_at = result.OptionalTime(row, column + 4);
  }
  return model::Entry::Create(fields);
}

bool Less(const model::Key* a, const model::Key* b) { return *a < *b; }

Error Unreadable() {
  return {ErrorCode::kStorageError, "the database holds a row that can't be kept", {}};
}

// Completes one read; a key without an entry fails it.
void Answer(const Snapshot& snapshot, const std::vector<const model::Key*>& keys,
            const std::vector<model::EntryPtr>& entries, PgRead& read) {
  ReadAnswer answer;
  answer.snapshot = snapshot;
  answer.entries.reserve(read.keys.size());
  for (const model::Key& key : read.keys) {
    const auto it = std::lower_bound(keys.begin(), keys.end(), &key, &Less);
    const model::EntryPtr& entry = entries[static_cast<std::size_t>(it - keys.begin())];
    if (!entry) return read.done(Fail(Unreadable()));
    answer.entries.push_back(entry);
  }
  read.done(std::move(answer));
}

}  // namespace

std::vector<const model::Key*> DistinctKeys(const std::vector<PgRead>& batch) {
  std::vector<const model::Key*> keys;
  for (const PgRead& read : batch) {
    for (const model::Key& key : read.keys) keys.push_back(&key);
  }
  std::sort(keys.begin(), keys.end(), &Less);
  const auto end =
      std::unique(keys.begin(), keys.end(), [](const auto* a, const auto* b) { return *a == *b; });
  keys.erase(end, keys.end());
  return keys;
}

Step ReadStep(const std::vector<const model::Key*>& keys) {
  if (!keys.empty() && keys.front()->collection != keys.back()->collection) {
    return StepOf(StatementId::kReadMany, KeyParameters(keys));
  }
  std::vector<std::optional<std::string_view>> texts;
  texts.reserve(keys.size());
  for (const model::Key* key : keys) texts.emplace_back(key->key);
  Parameters parameters;
  parameters.AddText(keys.empty() ? std::string_view() : std::string_view(keys[0]->collection));
  parameters.AddTextArray(texts);
  return StepOf(StatementId::kRead, std::move(parameters));
}

Result<void> AnswerReads(const PgResult& result, BootTime sent_at, Lives& lives,
                         const std::vector<const model::Key*>& keys, std::vector<PgRead>& batch) {
  const Result<Header> header = ReadHeader(result, kReadVersion, sent_at, lives);
  if (!header) return Fail(header.error());
  std::vector<model::EntryPtr> entries(keys.size());
  std::vector<bool> found(keys.size());
  for (int row = 1; row < result.rows(); ++row) {
    const std::pair name(result.Bytes(row, 0), result.Bytes(row, 1));
    const auto it = std::lower_bound(
        keys.begin(), keys.end(), name, [](const model::Key* key, const auto& text) {
          return std::pair<std::string_view, std::string_view>(key->collection, key->key) < text;
        });
    if (it == keys.end() || (*it)->collection != name.first || (*it)->key != name.second) {
      return Fail(ErrorCode::kStorageError, "the database gave a row that nobody asked for");
    }
    const auto i = static_cast<std::size_t>(it - keys.begin());
    found[i] = true;
    entries[i] = EntryOf(result, row, kReadVersion, name.first, name.second,
                         !result.IsNull(row, kReadVersion + 1));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (found[i]) continue;
    model::Entry::Fields fields;
    fields.collection = keys[i]->collection;
    fields.key = keys[i]->key;
    fields.version = header->absent;
    entries[i] = model::Entry::Create(fields);
  }
  for (PgRead& read : batch) Answer(header->snapshot, keys, entries, read);
  return {};
}

Step ListStep(const ListRequest& request) {
  Parameters parameters;
  parameters.AddText(request.collection);
  parameters.AddText(request.from);
  parameters.AddText(request.below.empty() ? BeyondAllKeys() : request.below);
  parameters.AddInt4(static_cast<std::int32_t>(request.limit + 1));
  parameters.AddBool(request.with_values);
  parameters.AddInt8(static_cast<std::int64_t>(request.bytes_max));
  return StepOf(StatementId::kList, std::move(parameters));
}

Result<ListAnswer> TakeList(const PgResult& result, const ListRequest& request, BootTime sent_at,
                            Lives& lives) {
  const Result<Header> header = ReadHeader(result, kListVersion, sent_at, lives);
  if (!header) return Fail(header.error());
  ListAnswer answer;
  answer.snapshot = header->snapshot;
  std::size_t bytes = 0;
  for (int row = 1; row < result.rows(); ++row) {
    ListRow listed;
    const std::string_view key = result.Bytes(row, 0);
    listed.value_bytes = static_cast<std::uint64_t>(result.Int(row, kListVersion + 5));
    bytes += ListedBytes(key.size(), request.with_values ? listed.value_bytes : 0);
    if (answer.rows.size() == request.limit ||
        (!answer.rows.empty() && bytes > request.bytes_max)) {
      answer.more = true;
      break;
    }
    listed.entry = EntryOf(result, row, kListVersion, request.collection, key, true);
    if (!listed.entry) return Fail(Unreadable());
    answer.rows.push_back(std::move(listed));
  }
  return answer;
}

}  // namespace coolkit::store
