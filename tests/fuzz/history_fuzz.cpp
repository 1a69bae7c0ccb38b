// Any bytes as what the load generator and the checker read. The first byte says as what: a binary
// history as it is, or as the payload of a block with a good head; JSON lines; a service's answer;
// a trace. A history that is read is judged, and comes back the same from JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "bench/batch_answer.h"
#include "bench/check_report.h"
#include "bench/checker.h"
#include "bench/history_format.h"
#include "bench/history_json.h"
#include "bench/history_reader.h"
#include "bench/response_reader.h"
#include "bench/trace_file.h"

namespace {

using coolkit::bench::History;
using coolkit::bench::Operation;

std::string Lines(const History& history) {
  std::string lines;
  for (std::uint32_t shard = 0; shard < History::kShards; ++shard) {
    for (const Operation& operation : history.Shard(shard)) {
      AppendJsonLine(history, operation, lines);
    }
  }
  return lines;
}

void Judge(History& history, bool outside_writers) {
  const std::string lines = Lines(history);
  History again;
  const auto count = ReadJsonHistory(lines, again);
  CHECK(count.has_value() && *count == history.size());
  // Shards go by the order in which keys appear, which may be another one now.
  CHECK(Lines(again).size() == lines.size());
  coolkit::bench::CheckOptions options;
  options.outside_writers = outside_writers;
  const std::uint64_t size = history.size();
  const auto result = CheckHistory(history, options, coolkit::bench::SerialWorkers());
  CHECK(result.counts.operations == size);
  static_cast<void>(coolkit::bench::CheckText({history, options, result}));
  static_cast<void>(coolkit::bench::CheckJson({history, options, result}));
}

// A history of one block with this payload, whose first two bytes say how much of it are names and
// how many operations it has.
std::string WithHead(std::string_view bytes) {
  using coolkit::bench::AppendFixed;
  if (bytes.size() < 3) return {};
  const auto names = static_cast<std::uint8_t>(bytes[0]);
  const auto operations = static_cast<std::uint8_t>(bytes[1]);
  const std::string_view payload = bytes.substr(2);
  std::string head;
  AppendFixed(head, static_cast<std::uint32_t>(payload.size()));
  AppendFixed(head, static_cast<std::uint32_t>(names));
  AppendFixed(head, static_cast<std::uint32_t>(operations));
  AppendFixed(head, std::uint32_t{0});
  AppendFixed(head, std::int64_t{1'000'000'000});
  AppendFixed(head, coolkit::Hash64(payload, coolkit::Hash64(head)));
  std::string end(coolkit::bench::kBlockHeadBytes - 8, '\0');
  AppendFixed(end, std::uint64_t{operations});
  return std::string(coolkit::bench::kHistoryMagic) + head + std::string(payload) + end;
}

void ReadBinary(std::string_view bytes) {
  History history;
  History parts;
  const auto one = ReadBinaryHistory(bytes, coolkit::bench::SerialWorkers(1), history);
  const auto two = ReadBinaryHistory(bytes, coolkit::bench::SerialWorkers(3), parts);
  CHECK(one.has_value() == two.has_value());
  if (!one) return;
  CHECK(history.size() == one->operations && parts.size() == history.size());
  Judge(history, one->cut_off);
}

void ReadAnswers(std::string_view bytes) {
  for (const bool to_head : {false, true}) {
    coolkit::bench::Answer answer;
    std::size_t size = 0;
    const auto state = ReadAnswer(bytes, to_head, answer, size);
    if (state == coolkit::bench::ReadState::kNeedMore) CHECK(size > bytes.size());
    if (state != coolkit::bench::ReadState::kComplete) continue;
    CHECK(size <= bytes.size());
    coolkit::bench::Answer again;
    CHECK(ReadAnswer(bytes.substr(0, size), to_head, again, size) == state);
    CHECK(again.status == answer.status && again.body == answer.body);
  }
  static_cast<void>(coolkit::bench::ParseBatchAnswer(bytes, 2));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'b':
      ReadBinary(bytes);
      break;
    case 'p':
      ReadBinary(WithHead(bytes));
      break;
    case 'j': {
      History history;
      if (ReadJsonHistory(bytes, history)) Judge(history, false);
      break;
    }
    case 'a':
      ReadAnswers(bytes);
      break;
    case 't':
      for (const auto format :
           {coolkit::bench::TraceFormat::kBigEndian32, coolkit::bench::TraceFormat::kBigEndian64}) {
        const auto trace = ParseTrace(bytes, format);
        if (trace) CHECK(trace->keys <= trace->requests.size());
      }
      break;
    default:
      break;
  }
  return 0;
}
