// The entries of `bench` and `check` in the command table.
#include "cli/command_table.h"

namespace coolkit::cli {
namespace {

FlagSpec Switch(std::string name, std::string meaning, std::string group = {}) {
  return MakeFlag(std::move(name), {}, std::move(meaning), {}, std::move(group));
}

}  // namespace

CommandSpec BenchCommand() {
  CommandSpec command;
  command.name = "bench";
  command.summary = "Load a service, measure it, and record what it answered";
  command.description =
      "With --rate calls are due by a schedule, whatever became of the ones before (an open loop): "
      "a latency counts from when its call was due, so a service that stalls can't hide it. "
      "Without it every connection asks again as soon as it is answered (a closed loop).\n"
      "It writes to its own collection, whose keys are k00000000, k00000001 and so on. With "
      "--history every call is recorded for `coolkit check`, and at the end every key is read back "
      "from the database; the collection should be new or preloaded then.\n"
      "Ctrl-C ends the load early, with its report. docs/bench.md says more.\n"
      "Exit status: 0 done, 2 wrong usage, 3 nothing was answered or a file can't be written.";
  const std::string load = "Load";
  const std::string calls = "Calls";
  const std::string results = "Results";
  FlagSpec target =
      MakeFlag("target", "URL", "where coolkit serves its API; may be repeated", kDefaultUrl, load);
  target.repeats = true;
  target.environment = "COOLKIT_URL";
  command.flags = {
      std::move(target),
      Switch("random-target", "choose a target for each call, not for each connection", load),
      MakeFlag("rate", "NUMBER", "calls per second, or max", "max", load),
      MakeFlag("connections", "NUMBER", "clients, each with one connection per target", "64", load),
      MakeFlag("pipeline", "NUMBER", "calls under way per connection", "1", load),
      MakeFlag("threads", "NUMBER", "that make the calls", "1", load),
      MakeFlag("duration", "DURATION", "how long to measure", "10s", load),
      MakeFlag("warm-up", "DURATION", "how long before that", "0", load),
      MakeFlag("calls", "NUMBER", "end after so many", {}, load),
      MakeFlag("timeout", "DURATION", "how long to wait for an answer", "10s", load),
      MakeFlag("seed", "NUMBER", "of keys, values and calls", "1", load),
      MakeFlag("mix", "LIST",
               "shares of the calls get, head, strong, session, put, delete, patch, batch-get, "
               "batch-put",
               "get=95,put=5", calls),
      MakeFlag("collection", "NAME", "where the keys are", "bench", calls),
      MakeFlag("keys", "NUMBER", "how many", "100000", calls),
      MakeFlag("key-law", "LAW", "uniform, zipf:EXPONENT or hotspot:SHARE:KEYS", "zipf:0.99",
               calls),
      MakeFlag("trace", "FILE", "take the keys from a recorded trace, over and over", {}, calls),
      MakeFlag("trace-format", "FORMAT", "of the trace, unpacked", "be32", calls),
      MakeFlag("batch-size", "NUMBER", "items of a batch", "10", calls),
      MakeFlag("value-bytes", "SIZES", "of a value: 100 or 100-5000", "100", calls),
      MakeFlag("ttl", "DURATION", "let what is written expire", {}, calls),
      MakeFlag("max-staleness", "DURATION", "that reads ask for", {}, calls),
      Switch("preload", "write every key once before", calls),
      MakeFlag("history", "FILE", "record every call for coolkit check", {}, results),
      MakeFlag("report", "FILE", "write the result as JSON", {}, results),
      MakeFlag("svg", "FILE", "draw rate and latency over time", {}, results),
      Switch("json", "print the result as JSON", results),
      Switch("quiet", "no progress on standard error", results),
  };
  for (FlagSpec& flag : command.flags) {
    if (flag.name == "trace-format") flag.choices = {"be32", "be64", "lines"};
  }
  command.examples = {
      {"coolkit bench --preload --mix get=100", "reads as fast as they go"},
      {"coolkit bench --rate 20000 --duration 1m --svg run.svg", "latency under a steady load"},
      {"coolkit bench --preload --history run.history --mix get=80,session=10,put=9,delete=1",
       "then: coolkit check run.history"}};
  return command;
}

CommandSpec CheckCommand() {
  CommandSpec command;
  command.name = "check";
  command.summary = "Judge recorded histories: durable, bounded, session and strong reads";
  command.description =
      "Reads what `coolkit bench --history` or another client recorded, on one machine, and shows "
      "every answer that breaks a promise: G1 durable, G2 no staler than the bound, G3 session, G4 "
      "linearizable. docs/checker.md has the exact conditions, docs/history-format.md the format.\n"
      "Exit status: 0 no violation, 1 violations, 2 wrong usage or a file that can't be read, 3 "
      "the export failed.";
  command.arguments = {
      {"HISTORY", "binary or JSON lines; several are judged together", true, {}, true}};
  command.flags = {
      MakeFlag("max-staleness", "DURATION", "the service's --max-staleness: the bound of G2",
               kDefaultCheckBound),
      Switch("outside-writers", "others wrote too: versions that nobody here wrote are theirs"),
      Switch("cut-off",
             "accept a history whose writer was killed; what is missing may show as "
             "versions that nobody wrote"),
      MakeFlag("show", "NUMBER", "how many violations to show", kDefaultShown),
      MakeFlag("export", "FILE", "write all operations to this file as JSON lines", {}),
      Switch("json", "print JSON, for scripts"),
  };
  command.examples = {{"coolkit check run.history", ""},
                      {"coolkit check --max-staleness 1s a.history b.history", "of two clients"},
                      {"coolkit check run.history --export run.jsonl", "for jq"}};
  return command;
}

}  // namespace coolkit::cli
