// Any rows from a database that lies: whatever they hold, reads, lists, writes and polls end with
// an answer to what was asked or with an error. The first byte says how many columns there are;
// then cells follow, each after a byte that says what it is: NULL, text, a number, or what belongs
// there.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "model/limits.h"
#include "store/postgres/batch.h"
#include "store/postgres/feed_rows.h"
#include "store/postgres/read_rows.h"
#include "unit/store/postgres/rows.h"

namespace {

using namespace coolkit;
using store::PgCell;

constexpr std::size_t kCellsMax = 200;
constexpr std::string_view kLife = "7.5.000102030405060708090a0b0c0d0e0f.100";
constexpr std::string_view kSnapshot = "90:100:95,97";

std::vector<model::Key> Asked() { return {{"a", "k1"}, {"a", "k2"}, {"b", "k"}}; }

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }
  std::string Take(std::size_t size) {
    const std::string taken(bytes_.substr(0, size));
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

PgCell Cell(Input& input) {
  const std::uint8_t kind = input.Byte();
  switch (kind) {
    case 0:
      return std::nullopt;
    case 1:
      return std::string(kLife);
    case 2:
      return std::string(kSnapshot);
    case 3:
      return "a";
    case 4:
      return "b";
    case 5:
      return "k1";
    case 6:
      return "k2";
    case 7:
      return "k";
    case 8:
      return input.Take(8);
    case 9:
      return std::string(600, 'x');
    default:
      return kind < 128 ? store::PgInt(kind - 10) : input.Take(kind - 128);
  }
}

store::PgCells Cells(Input& input, std::size_t columns) {
  store::PgCells rows;
  for (std::size_t cell = 0; !input.AtEnd() && cell < kCellsMax; ++cell) {
    if (cell % columns == 0) rows.emplace_back();
    rows.back().push_back(Cell(input));
  }
  return rows;
}

void TryReads(const store::PgResult& rows) {
  const std::vector<model::Key> asked = Asked();
  std::vector<store::PgRead> batch(2);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].keys = i == 0 ? asked : std::vector<model::Key>{asked[1]};
    batch[i].done = [&answered, &batch, i](Result<store::ReadAnswer> answer) {
      ++answered;
      if (!answer) return;
      CHECK(answer->entries.size() == batch[i].keys.size());
      for (std::size_t k = 0; k < answer->entries.size(); ++k) {
        CHECK(answer->entries[k]->key_ref() == batch[i].keys[k].ref());
      }
    };
  }
  store::Lives lives;
  const auto keys = store::DistinctKeys(batch);
  const auto done = store::AnswerReads(rows, BootTime(seconds(1)), lives, keys, batch);
  CHECK(answered == (done ? batch.size() : 0));
}

void TryList(const store::PgResult& rows) {
  store::ListRequest request;
  request.collection = "a";
  request.limit = 3;
  request.with_values = true;
  store::Lives lives;
  const auto answer = store::TakeList(rows, request, BootTime(seconds(1)), lives);
  if (!answer) return;
  CHECK(answer->rows.size() <= request.limit);
  for (const store::ListRow& row : answer->rows) CHECK(row.entry->collection() == "a");
}

void TryWrites(const store::PgResult& rows) {
  std::vector<store::WriteOp> ops(4);
  const std::vector<model::Key> asked = Asked();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    ops[i].key = asked[i % asked.size()];
    ops[i].kind = i == 1 ? store::WriteOp::Kind::kDelete : store::WriteOp::Kind::kPut;
    if (i != 1) ops[i].value = std::make_shared<const std::string>("v");
    ops[i].expiry.kind = i == 2 ? store::Expiry::Kind::kKeep : store::Expiry::Kind::kAfter;
    ops[i].expiry.after = milliseconds(model::kMaxTtlMs);
  }
  std::vector<const store::WriteOp*> refs;
  for (const store::WriteOp& op : ops) refs.push_back(&op);
  for (const bool fold : {false, true}) {
    std::vector<store::WriteOutcome> outcomes(ops.size());
    for (const store::WriteRound& round : store::PlanRounds(refs, fold)) {
      if (!store::TakeOutcomes(rows, round, refs, outcomes)) continue;
      for (const store::WriteOutcome& outcome : outcomes) CHECK(outcome.version.value >= 0);
    }
  }
}

void TryFeed(const store::PgResult& rows) {
  store::Lives lives;
  const store::FeedCursor cursor{*model::ParseIncarnation(kLife), {98}, std::string(kSnapshot)};
  const auto since = store::ParsePgSnapshot(kSnapshot);
  auto fed = store::TakeFeed(rows, cursor, since, 5, BootTime(seconds(1)), lives);
  if (!fed) return;
  const store::FeedAnswer& answer = fed->answer;
  CHECK(answer.next.position == answer.snapshot.position);
  CHECK(!fed->overflow || answer.changes.keys.empty());
  CHECK(answer.gap || answer.snapshot.position >= cursor.position);
  for (std::size_t i = 1; i < answer.changes.keys.size(); ++i) {
    CHECK(answer.changes.keys[i - 1].version <= answer.changes.keys[i].version);
  }
  store::TakeFeedCollections(rows, fed->answer);
  const auto& collections = fed->answer.changes.collections;
  CHECK(std::set<std::string>(collections.begin(), collections.end()).size() == collections.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({reinterpret_cast<const char*>(data), size});
  const std::size_t columns = 1 + input.Byte() % 9;
  const store::PgResult rows = store::PgRows(columns, Cells(input, columns));
  TryReads(rows);
  TryList(rows);
  TryWrites(rows);
  TryFeed(rows);
  store::Lives lives;
  static_cast<void>(store::ReadPosition(rows, BootTime(seconds(1)), lives));
  return 0;
}
