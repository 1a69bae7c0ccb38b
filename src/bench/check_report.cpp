#include "bench/check_report.h"

#include <algorithm>

#include "bench/history_json.h"
#include "json/writer.h"

namespace coolkit::bench {
namespace {

// Milliseconds with three decimals.
std::string Millis(std::int64_t ns) {
  const std::uint64_t size =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  std::string decimals = std::to_string(size / 1000 % 1000);
  decimals.insert(0, 3 - decimals.size(), '0');
  return (ns < 0 ? "-" : "") + std::to_string(size / 1'000'000) + "." + decimals;
}

std::string Padded(std::string text, std::size_t width) {
  text.append(width - std::min(width, text.size()), ' ');
  return text;
}

std::string RightAligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string TokenText(std::uint8_t incarnation, std::int64_t position) {
  return "#" + std::to_string(incarnation) + ":" + std::to_string(position);
}

// One operation as a line, its times relative to the violation's.
std::string Line(const Operation& operation, const Violation& violation) {
  std::string mark = "   ";
  if (operation == violation.operation) {
    mark = " > ";
  } else if (violation.has_other && operation == violation.other) {
    mark = " * ";
  }
  const std::int64_t zero = violation.operation.start_ns;
  std::string line = mark + RightAligned(Millis(Minus(operation.start_ns, zero)), 12) + " .. " +
                     RightAligned(Millis(Minus(operation.end_ns, zero)), 12) + " ms  client ";
  const std::string client = std::to_string(operation.client >> kClientBits) + "." +
                             std::to_string(operation.client & kClientMask);
  line += Padded(client, 8) + Padded(std::string(KindName(operation.kind)), 7) +
          Padded(std::string(OutcomeName(operation.outcome)), 8);
  if (operation.version != 0) line += " version " + std::to_string(operation.version);
  if (operation.limit_ms != 0) {
    line += (operation.IsWrite() ? " ttl " : " max-staleness ") +
            std::to_string(operation.limit_ms) + "ms";
  }
  if (operation.given_incarnation != 0) {
    line += " given " + TokenText(operation.given_incarnation, operation.given_position);
  }
  if (operation.received_incarnation != 0) {
    line += " received " + TokenText(operation.received_incarnation, operation.received_position);
  }
  if (operation.Has(kStrongMark)) line += " strong";
  if (operation.Has(kStaleMark)) line += " stale";
  if (operation.Has(kBatchMark)) line += " batch";
  return line + "\n";
}

std::string Extent(const Violation& violation) {
  std::string text;
  if (violation.needed_version != 0) {
    text +=
        "version " + std::to_string(violation.needed_version) + " or a later one was to be seen";
  }
  if (violation.has_other) {
    if (!text.empty()) text += "; ";
    text += "the operation marked * ended " + Millis(violation.late_ns) + " ms before it was sent";
    if (violation.fault == Fault::kStaleRead) {
      text += ", allowed are " + Millis(violation.allowed_ns);
      text += ": " + Millis(Minus(violation.late_ns, violation.allowed_ns)) + " ms too stale";
    }
  }
  return text;
}

std::string Describe(const CheckReport& report, const Violation& violation, std::size_t number) {
  std::string text = "\nViolation " + std::to_string(number) + " of " +
                     std::string(FaultPromise(violation.fault)) + " (" +
                     std::string(FaultName(violation.fault)) + "), key " +
                     std::string(report.history.keys().Name(violation.operation.key)) + ":\n  " +
                     std::string(FaultMeaning(violation.fault)) + "\n";
  const std::string extent = Extent(violation);
  if (!extent.empty()) text += "  " + extent + "\n";
  for (const Operation& operation : violation.around) text += Line(operation, violation);
  return text;
}

std::string Counted(std::uint64_t count, std::string_view what) {
  return "  " + RightAligned(std::to_string(count), 10) + "  " + std::string(what) + "\n";
}

std::string Checked(const CheckReport& report) {
  const CheckCounts& counts = report.result.counts;
  return "Checked " + std::to_string(counts.operations) + " operations on " +
         std::to_string(counts.keys) + " keys\n" +
         Counted(counts.bounded_reads, "reads within " +
                                           Millis(report.options.staleness_max.count()) +
                                           " ms (G2); the stalest missed what was acknowledged " +
                                           Millis(counts.staleness_seen_ns) + " ms before") +
         Counted(counts.session_reads, "reads with a position token (G3)") +
         Counted(counts.strong_reads, "strong reads (G1, G4)") +
         Counted(counts.writes, "acknowledged writes (G1, G4)");
}

std::string NotSeen(const CheckReport& report) {
  const CheckCounts& counts = report.result.counts;
  std::string text;
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count > 0) text += Counted(count, what);
  };
  add(counts.unknown_writes, "writes with an unknown outcome");
  add(counts.unknown_writes_seen, "of those were seen by a read: they took effect");
  add(counts.maybe_absences, "absences that only such a write, or an outside writer, explains");
  add(counts.outside_versions, "versions of writers outside of the history");
  add(counts.stale_answers, "answers that said they were stale: exempt from G2");
  add(counts.without_version, "answers without a version: not compared");
  add(counts.keys_not_read_back, "keys without a strong read after their last write: G1 not shown");
  if (report.cut_off)
    text += "  A history ends without its end: its last operations are missing.\n";
  return text.empty() ? text : "Not seen, or not judged\n" + text;
}

std::string Verdict(const CheckReport& report) {
  const CheckCounts& counts = report.result.counts;
  if (counts.violations_total() == 0) return "0 violations\n";
  std::string text = std::to_string(counts.violations_total()) + " violations\n";
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (counts.violations[i] == 0) continue;
    const auto fault = static_cast<Fault>(i);
    text += Counted(counts.violations[i],
                    std::string(FaultPromise(fault)) + " " + std::string(FaultName(fault)));
  }
  return text;
}

void WriteCounts(json::Writer& writer, const CheckCounts& counts) {
  writer.Field("operations", counts.operations);
  writer.Field("keys", counts.keys);
  writer.Key("by_kind").BeginObject();
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    writer.Key(KindName(static_cast<Kind>(kind))).BeginObject();
    for (std::size_t outcome = 0; outcome < kOutcomeCount; ++outcome) {
      if (counts.by_kind[kind][outcome] == 0) continue;
      writer.Field(OutcomeName(static_cast<Outcome>(outcome)), counts.by_kind[kind][outcome]);
    }
    writer.EndObject();
  }
  writer.EndObject();
  writer.Key("checked").BeginObject();
  writer.Field("bounded_reads", counts.bounded_reads);
  writer.Field("session_reads", counts.session_reads);
  writer.Field("strong_reads", counts.strong_reads);
  writer.Field("writes", counts.writes);
  writer.EndObject();
  writer.Field("staleness_seen_ms", static_cast<double>(counts.staleness_seen_ns) / 1e6);
  writer.Key("not_seen").BeginObject();
  writer.Field("unknown_writes", counts.unknown_writes);
  writer.Field("unknown_writes_seen", counts.unknown_writes_seen);
  writer.Field("maybe_absences", counts.maybe_absences);
  writer.Field("outside_versions", counts.outside_versions);
  writer.Field("stale_answers", counts.stale_answers);
  writer.Field("without_version", counts.without_version);
  writer.Field("keys_not_read_back", counts.keys_not_read_back);
  writer.EndObject();
}

std::string OneOperation(const History& history, const Operation& operation) {
  std::string line;
  AppendJsonLine(history, operation, line);
  line.pop_back();
  return line;
}

void WriteViolation(json::Writer& writer, const History& history, const Violation& violation) {
  writer.BeginObject();
  writer.Field("promise", FaultPromise(violation.fault));
  writer.Field("fault", FaultName(violation.fault));
  writer.Field("key", history.keys().Name(violation.operation.key));
  if (violation.needed_version != 0) {
    writer.Field("needed_version", std::to_string(violation.needed_version));
  }
  if (violation.fault == Fault::kStaleRead) {
    writer.Field("stale_ms", static_cast<double>(violation.late_ns) / 1e6);
    writer.Field("allowed_ms", static_cast<double>(violation.allowed_ns) / 1e6);
  }
  writer.Key("operation").Raw(OneOperation(history, violation.operation));
  if (violation.has_other) writer.Key("other").Raw(OneOperation(history, violation.other));
  writer.Key("around").BeginArray();
  for (const Operation& operation : violation.around) writer.Raw(OneOperation(history, operation));
  writer.EndArray();
  writer.EndObject();
}

}  // namespace

std::string CheckText(const CheckReport& report) {
  std::string text;
  std::size_t number = 0;
  for (const Violation& violation : report.result.violations) {
    text += Describe(report, violation, ++number);
  }
  const std::uint64_t hidden = report.result.counts.violations_total() - number;
  if (number > 0 && hidden > 0) text += "\n" + std::to_string(hidden) + " more are not shown.\n";
  if (number > 0) text += "\n";
  return text + Checked(report) + NotSeen(report) + Verdict(report);
}

std::string CheckJson(const CheckReport& report) {
  const CheckResult& result = report.result;
  std::string text;
  json::Writer writer(text);
  writer.BeginObject();
  writer.Field("violations_total", result.counts.violations_total());
  writer.Key("violations_by_fault").BeginObject();
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (result.counts.violations[i] == 0) continue;
    writer.Field(FaultName(static_cast<Fault>(i)), result.counts.violations[i]);
  }
  writer.EndObject();
  writer.Field("max_staleness_ms", static_cast<double>(report.options.staleness_max.count()) / 1e6);
  writer.Field("cut_off", report.cut_off);
  WriteCounts(writer, result.counts);
  writer.Key("violations").BeginArray();
  for (const Violation& violation : result.violations) {
    WriteViolation(writer, report.history, violation);
  }
  writer.EndArray();
  writer.EndObject();
  return text + "\n";
}

}  // namespace coolkit::bench
