// Why: the entry point: the only place that reads the environment, and the dispatch to subcommands.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "cli/commands.h"
#include "cli/machine.h"
#include "cli/scaler_serve.h"
#include "cli/serve.h"
#include "net/signals.h"

namespace coolkit::cli {
namespace {

std::map<std::string, std::string> ReadEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

int Serve(const Invocation& invocation, Console& console) {
  const auto settings = LoadSettings(invocation.flags, ReadMachine(console.environment));
  if (!settings) {
    console.errors << "coolkit serve: " << settings.error().detail << '\n';
    return static_cast<int>(ExitCode::kUsage);
  }
  net::BlockSignals();
  return RunServe(*settings);
}

int ServeScaler(const Invocation& invocation, Console& console) {
  const auto options = LoadScalerOptions(invocation, ReadMachine(console.environment));
  if (!options) {
    console.errors << "coolkit scaler serve: " << options.error().detail << '\n';
    return static_cast<int>(ExitCode::kUsage);
  }
  net::BlockSignals();
  return RunScalerServe(*options);
}

ExitCode Run(const Invocation& invocation, Console& console) {
  using ClientCommand = ExitCode (*)(const Client&);
  constexpr std::array<std::pair<std::string_view, ClientCommand>, 4> kClientCommands{
      {{"get", RunGet}, {"put", RunPut}, {"del", RunDel}, {"ls", RunLs}}};
  using LocalCommand = ExitCode (*)(const Invocation&, Console&);
  constexpr std::array<std::pair<std::string_view, LocalCommand>, 9> kLocalCommands{
      {{"bench", RunBench},
       {"check", RunCheck},
       {"scaler simulate", RunScalerSimulate},
       {"scaler validate", RunScalerValidate},
       {"resolve", RunResolve},
       {"version", RunVersion},
       {"help", RunHelp},
       {"completion", RunCompletion},
       {"docs", RunDocs}}};
  for (const auto& [name, run] : kClientCommands) {
    if (name == invocation.command) return RunWithServer(invocation, console, run);
  }
  for (const auto& [name, run] : kLocalCommands) {
    if (name == invocation.command) return run(invocation, console);
  }
  if (invocation.command == "check-database") {
    return RunCheckDatabase(invocation, console, ReadMachine(console.environment));
  }
  return RunMigrate(invocation, console, ReadMachine(console.environment));
}

int Main(const std::vector<std::string>& words) {
  Console console{std::cout, std::cerr, std::cin, ReadEnvironment(), ReadWholeFile, WriteWholeFile};
  const auto table = CommandTable();
  auto invocation = ParseCommandLine(table, words);
  if (!invocation) {
    const bool known = FindCommand(table, words.front()) != nullptr;
    console.errors << "coolkit: " << invocation.error().detail << "\nTry coolkit "
                   << (known ? words.front() + " " : "") << "--help\n";
    return static_cast<int>(ExitCode::kUsage);
  }
  if (invocation->version) invocation->command = "version";
  if (invocation->help || invocation->command.empty()) {
    invocation->arguments = {{"COMMAND", invocation->command}};
    invocation->command = "help";
  }
  if (invocation->command == "serve") return Serve(*invocation, console);
  if (invocation->command == "scaler serve") return ServeScaler(*invocation, console);
  const ExitCode code = Run(*invocation, console);
  if (!console.output.flush()) {
    console.errors << "coolkit: can't write standard output\n";
    return static_cast<int>(ExitCode::kFailure);
  }
  return static_cast<int>(code);
}

}  // namespace
}  // namespace coolkit::cli

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return coolkit::cli::Main({argv + std::min(argc, 1), argv + argc});
}
