#include "store/postgres/batch.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace coolkit::store {
namespace {

using ConditionKind = model::Condition::Kind;
using Text = std::optional<std::string_view>;

constexpr std::int64_t kKeepEnd = -1;
constexpr std::int16_t kDeleteCode = 10;

// Is `put` enough, and may it be folded?
bool IsPlainPut(const WriteOp& op) {
  return op.kind == WriteOp::Kind::kPut && op.condition.kind == ConditionKind::kAlways &&
         op.expiry.kind != Expiry::Kind::kKeep;
}

std::int16_t CodeOf(const WriteOp& op) {
  std::int16_t code = 0;
  switch (op.condition.kind) {
    case ConditionKind::kAlways:
      code = 0;
      break;
    case ConditionKind::kAbsent:
      code = 1;
      break;
    case ConditionKind::kPresent:
      code = 2;
      break;
    case ConditionKind::kIn:
      code = 3;
      break;
    case ConditionKind::kNotIn:
      code = 4;
      break;
  }
  const bool deletes = op.kind == WriteOp::Kind::kDelete;
  return static_cast<std::int16_t>(deletes ? code + kDeleteCode : code);
}

std::optional<std::int64_t> TtlOf(const WriteOp& op) {
  if (op.kind == WriteOp::Kind::kDelete) return 0;
  switch (op.expiry.kind) {
    case Expiry::Kind::kNone:
      return std::nullopt;
    case Expiry::Kind::kAfter:
      return op.expiry.after.count();
    case Expiry::Kind::kKeep:
      return kKeepEnd;
  }
  return std::nullopt;
}

// What a key's writes have come to while rounds are planned.
struct Planned {
  std::size_t round = 0;
  std::size_t row = 0;
};

// The columns of a round, position by position.
struct Columns {
  std::vector<Text> collections, keys, values, types;
  std::vector<std::optional<std::int64_t>> ttls, versions;
  std::vector<std::int16_t> conditions, folds, first, last;

  void AddFoldedAway() {
    collections.emplace_back();
    keys.emplace_back();
    values.emplace_back();
    types.emplace_back();
    ttls.emplace_back();
    Add(0, 1, 1, 0);
  }
  void Add(std::int16_t condition, std::int16_t fold, std::size_t from, std::size_t to) {
    conditions.push_back(condition);
    folds.push_back(fold);
    first.push_back(static_cast<std::int16_t>(from));
    last.push_back(static_cast<std::int16_t>(to));
  }
};

void AddRow(const WriteOp& op, std::size_t folded, Columns& columns) {
  for (std::size_t i = 1; i < folded; ++i) columns.AddFoldedAway();
  const bool put = op.kind == WriteOp::Kind::kPut;
  columns.collections.emplace_back(op.key.collection);
  columns.keys.emplace_back(op.key.key);
  columns.values.push_back(put ? Text(*op.value) : std::nullopt);
  const bool typed = put && !op.content_type.empty();
  columns.types.push_back(typed ? Text(op.content_type) : std::nullopt);
  columns.ttls.push_back(TtlOf(op));
  const std::size_t from = columns.versions.size() + 1;
  for (const model::Version version : op.condition.versions) {
    columns.versions.emplace_back(version.value);
  }
  columns.Add(CodeOf(op), static_cast<std::int16_t>(folded), from, columns.versions.size());
}

// A row that came back stands for all writes that were folded into it. False: versions begin at 1.
bool Assign(const PgResult& result, int row, const WriteRow& written, OpRefs ops,
            std::span<WriteOutcome> outcomes) {
  const std::int64_t version = result.Int(row, 2);
  const bool created = result.Bool(row, 3);
  const DbTime modified = result.Time(row, 4);
  const std::size_t count = written.ops.size();
  if (version < static_cast<std::int64_t>(count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const WriteOp& op = *ops[written.ops[i]];
    WriteOutcome& outcome = outcomes[written.ops[i]];
    outcome.kind = WriteOutcome::Kind::kWritten;
    outcome.version = {version - static_cast<std::int64_t>(count - 1 - i)};
    outcome.modified_at = modified;
    if (op.kind != WriteOp::Kind::kPut) continue;
    outcome.created = created && i == 0;
    if (op.expiry.kind == Expiry::Kind::kAfter) outcome.expires_at = modified + op.expiry.after;
    if (op.expiry.kind == Expiry::Kind::kKeep) outcome.expires_at = result.Timestamp(row, 5);
  }
  return true;
}

}  // namespace

std::vector<WriteRound> PlanRounds(OpRefs ops, bool fold) {
  std::vector<WriteRound> rounds;
  std::unordered_map<model::KeyRef, Planned, model::KeyHash, std::equal_to<>> planned;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const auto [it, first] = planned.try_emplace(ops[i]->key.ref());
    Planned& at = it->second;
    if (!first) {
      WriteRow& row = rounds[at.round].rows[at.row];
      if (fold && IsPlainPut(*ops[i]) && IsPlainPut(*ops[row.ops.back()])) {
        row.ops.push_back(i);
        continue;
      }
      ++at.round;
    }
    if (at.round == rounds.size()) rounds.emplace_back();
    at.row = rounds[at.round].rows.size();
    rounds[at.round].rows.push_back({{i}});
    if (!IsPlainPut(*ops[i])) rounds[at.round].statement = StatementId::kWrite;
  }
  for (WriteRound& round : rounds) {
    std::sort(round.rows.begin(), round.rows.end(), [&](const WriteRow& a, const WriteRow& b) {
      return ops[a.ops.front()]->key < ops[b.ops.front()]->key;
    });
  }
  return rounds;
}

Parameters WriteParameters(const WriteRound& round, OpRefs ops,
                           const model::Incarnation& incarnation) {
  Columns columns;
  for (const WriteRow& row : round.rows) AddRow(*ops[row.ops.back()], row.ops.size(), columns);
  Parameters parameters;
  parameters.AddTextArray(columns.collections);
  parameters.AddTextArray(columns.keys);
  parameters.AddByteaArray(columns.values);
  parameters.AddTextArray(columns.types);
  parameters.AddInt8Array(columns.ttls);
  const bool conditions = round.statement == StatementId::kWrite;
  if (conditions) parameters.AddInt2Array(columns.conditions);
  parameters.AddInt2Array(columns.folds);
  if (conditions) {
    parameters.AddInt8Array(columns.versions);
    parameters.AddInt2Array(columns.first);
    parameters.AddInt2Array(columns.last);
  }
  parameters.AddUuid(incarnation.id);
  return parameters;
}

bool TakeOutcomes(const PgResult& result, const WriteRound& round, OpRefs ops,
                  std::span<WriteOutcome> outcomes) {
  for (const WriteRow& row : round.rows) {
    for (const std::size_t i : row.ops) {
      outcomes[i].kind = ops[i]->kind == WriteOp::Kind::kPut ? WriteOutcome::Kind::kConditionFailed
                                                             : WriteOutcome::Kind::kNotFound;
    }
  }
  for (int i = 0; i < result.rows(); ++i) {
    const std::pair found(result.Bytes(i, 0), result.Bytes(i, 1));
    const auto row = std::lower_bound(
        round.rows.begin(), round.rows.end(), found, [&](const WriteRow& a, const auto& key) {
          const model::Key& own = ops[a.ops.front()]->key;
          return std::pair<std::string_view, std::string_view>(own.collection, own.key) < key;
        });
    if (row == round.rows.end()) return false;
    const model::Key& key = ops[row->ops.front()]->key;
    if (key.collection != found.first || key.key != found.second) return false;
    if (result.IsNull(i, 2)) {
      // A delete that found a live row; it has another row, before this one, if it did something.
      WriteOutcome& outcome = outcomes[row->ops.front()];
      if (outcome.kind == WriteOutcome::Kind::kNotFound) {
        outcome.kind = WriteOutcome::Kind::kConditionFailed;
      }
    } else if (!Assign(result, i, *row, ops, outcomes)) {
      return false;
    }
  }
  return true;
}

Parameters KeyParameters(std::span<const model::Key* const> keys) {
  std::vector<Text> collections;
  std::vector<Text> texts;
  collections.reserve(keys.size());
  texts.reserve(keys.size());
  for (const model::Key* key : keys) {
    collections.emplace_back(key->collection);
    texts.emplace_back(key->key);
  }
  Parameters parameters;
  parameters.AddTextArray(collections);
  parameters.AddTextArray(texts);
  return parameters;
}

}  // namespace coolkit::store
