// Why: the subcommands' entry points, one short file each; main picks one. Each runs on the main
// thread and is called once.
#pragma once

#include "cli/client.h"
#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/settings.h"

namespace coolkit::cli {

// Runs one of the four below against the server of --url.
[[nodiscard]] ExitCode RunWithServer(const Invocation& invocation, Console& console,
                                     ExitCode (*command)(const Client&));
[[nodiscard]] ExitCode RunGet(const Client& client);
[[nodiscard]] ExitCode RunPut(const Client& client);
[[nodiscard]] ExitCode RunDel(const Client& client);
[[nodiscard]] ExitCode RunLs(const Client& client);

[[nodiscard]] ExitCode RunMigrate(const Invocation& invocation, Console& console,
                                  const Surroundings& surroundings);
// Its action `roles`.
[[nodiscard]] ExitCode RunMigrateRoles(const Invocation& invocation, Console& console,
                                       const Settings& settings);
[[nodiscard]] ExitCode RunBench(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunCheck(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunCheckDatabase(const Invocation& invocation, Console& console,
                                        const Surroundings& surroundings);
[[nodiscard]] ExitCode RunScalerSimulate(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunScalerValidate(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunResolve(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunVersion(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunHelp(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunCompletion(const Invocation& invocation, Console& console);
[[nodiscard]] ExitCode RunDocs(const Invocation& invocation, Console& console);

}  // namespace coolkit::cli
