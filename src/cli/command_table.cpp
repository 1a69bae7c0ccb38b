#include "cli/command_table.h"

#include <algorithm>

#include "cli/setting_table.h"

namespace coolkit::cli {
namespace {

constexpr std::string_view kKeyName = "COLLECTION/KEY";

FlagSpec FlagOf(const SettingRow& row) {
  FlagSpec flag;
  flag.name = row.flag;
  flag.value_name = row.value_name;
  flag.meaning = row.meaning;
  flag.environment = row.environment;
  if (row.secret) flag.environment += ", " + flag.environment + "_FILE";
  flag.default_text = row.default_text;
  flag.group = GroupTitle(row.group);
  if (const auto* choice = std::get_if<ChoiceField>(&row.field)) {
    flag.choices.assign(choice->choices.begin(), choice->choices.end());
  }
  return flag;
}

FlagSpec Switch(std::string name, std::string meaning, char short_name = 0) {
  FlagSpec flag;
  flag.name = std::move(name);
  flag.short_name = short_name;
  flag.meaning = std::move(meaning);
  return flag;
}

FlagSpec Valued(std::string name, std::string value_name, std::string meaning,
                char short_name = 0) {
  FlagSpec flag = Switch(std::move(name), std::move(meaning), short_name);
  flag.value_name = std::move(value_name);
  return flag;
}

// The flags of get, put, del and ls besides their own.
std::vector<FlagSpec> ClientFlags(std::vector<FlagSpec> own) {
  FlagSpec url = Valued("url", "URL", "where coolkit serves its API");
  url.environment = "COOLKIT_URL";
  url.default_text = kDefaultUrl;
  FlagSpec timeout = Valued("timeout", "DURATION", "how long to wait for an answer");
  timeout.environment = "COOLKIT_TIMEOUT";
  timeout.default_text = kDefaultClientTimeout;
  for (FlagSpec flag :
       {url, timeout, Switch("json", "print JSON, for scripts"),
        Switch("verbose", "show requests and response headers on standard error", 'v')}) {
    flag.group = "Client";
    own.push_back(std::move(flag));
  }
  return own;
}

constexpr std::string_view kClientExits =
    "Exit status: 0 done, 1 not found or precondition failed, 2 wrong usage, 3 the server or the "
    "network failed.";

CommandSpec Serve() {
  CommandSpec command;
  command.name = "serve";
  command.summary = "Run the service";
  command.description =
      "Serves the API on port 8080 and health, metrics and the ring view on port 2345. Without any "
      "setting it keeps its data in the SQLite file coolkit.db of the working directory.\n"
      "A flag wins over its environment variable, which wins over the default. Durations are "
      "written 250ms, 90s, 5m, 24h or 7d; sizes 65536, 512KiB, 64MiB or 2GiB.\n"
      "SIGTERM drains and exits with 0; a second one ends at once.";
  for (const SettingRow& row : SettingTable()) command.flags.push_back(FlagOf(row));
  command.examples = {
      {"coolkit serve", "try it: SQLite in this directory"},
      {"coolkit serve --listen 127.0.0.1:8080 --database-url sqlite:/var/lib/coolkit/data.db",
       "a service of this machine only"},
      {"COOLKIT_LOG_LEVEL=debug COOLKIT_CACHE_BYTES=2GiB coolkit serve",
       "every flag is also a variable"},
  };
  return command;
}

CommandSpec Migrate() {
  CommandSpec command;
  command.name = "migrate";
  command.summary = "Bring the database's schema up to date, or show its state";
  command.description =
      "`serve` does the same at its start where it may. Safe while others do it too.\n"
      "Exit status: 0 done, 1 `status` or `--dry-run` found migrations to apply, 2 wrong usage, 3 "
      "the database failed.";
  command.arguments = {{"ACTION",
                        "apply (the default): apply what is missing; status: show what is there; "
                        "after-restore: after "
                        "data were put back by hand, make all caches start again; rotate-ring-key: "
                        "a new secret for pods to prove themselves to each other; roles: give the "
                        "schema's roles to database users, IAM users and groups among them",
                        false,
                        {"apply", "status", "after-restore", "rotate-ring-key", "roles"}}};
  for (const SettingRow& row : SettingTable()) {
    if (row.flag == "database-url") command.flags.push_back(FlagOf(row));
  }
  command.flags.front().group.clear();
  command.flags.push_back(
      Switch("dry-run", "print the SQL that apply or roles would run, and run nothing"));
  for (const auto& [flag, who] :
       {std::pair("owner", "who runs `coolkit migrate`"), std::pair("service", "the pods"),
        std::pair("writer", "who writes with plain SQL"),
        std::pair("reader", "who reads with plain SQL")}) {
    command.flags.push_back(Valued(flag, "USER,…", who));
    command.flags.back().group = "Roles";
  }
  command.flags.push_back(
      Valued("service-connections", "N", "connections that each user of --service may have"));
  command.flags.back().group = "Roles";
  command.examples = {{"coolkit migrate status", "what is applied, what is missing"},
                      {"coolkit migrate --dry-run > schema.sql", "to read it, or for psql"},
                      {"coolkit migrate --database-url sqlite:/var/lib/coolkit/data.db", ""}};
  return command;
}

CommandSpec CheckDatabase() {
  CommandSpec command;
  command.name = "check-database";
  command.summary = "Look for settings and faults of the database that break what coolkit promises";
  command.description =
      "Wrong settings, missing or disabled triggers, logical replication into the tables, prepared "
      "or forgotten transactions, a replica, missing rights. It looks as the user of the URL, best "
      "the one of the service, and changes nothing. With SQLite it reads the whole file.\n"
      "Exit status: 0 no findings, 1 findings, 2 wrong usage, 3 the database failed.";
  for (const SettingRow& row : SettingTable()) {
    if (row.flag == "database-url" || row.flag.starts_with("database-connections")) {
      command.flags.push_back(FlagOf(row));
      command.flags.back().group.clear();
    }
  }
  FlagSpec age = Valued("max-transaction-age", "DURATION", "an older transaction is a finding");
  age.default_text = "10m";
  command.flags.push_back(std::move(age));
  command.flags.push_back(Switch("json", "print JSON, for scripts"));
  command.examples = {{"coolkit check-database", "the database of DATABASE_URL"},
                      {"coolkit check-database --json | jq '.findings[].id'", ""}};
  return command;
}

CommandSpec Get() {
  CommandSpec command;
  command.name = "get";
  command.summary = "Print the value of a key";
  command.description = "Writes the bytes of the value to standard output, as they are.\n" +
                        std::string(kClientExits);
  command.arguments = {{std::string(kKeyName), "what to read; the key may contain '/'", true, {}}};
  command.flags = ClientFlags({
      Valued("output", "FILE", "write the value to this file", 'o'),
      Switch("strong", "read the database, not a cache: sees every write acknowledged before"),
  });
  command.examples = {{"coolkit get settings/theme", ""},
                      {"coolkit get images/logo.png -o logo.png", ""},
                      {"coolkit get settings/theme --json", "value, version, type and expiry"}};
  return command;
}

CommandSpec Put() {
  CommandSpec command;
  command.name = "put";
  command.summary = "Store a value under a key";
  command.description = std::string(kClientExits);
  command.arguments = {
      {std::string(kKeyName), "where to store it; the key may contain '/'", true, {}},
      {"VALUE",
       "the value; @FILE: the content of a file; - or nothing: standard input; put -- before a "
       "value that begins with a dash",
       false,
       {}}};
  command.flags = ClientFlags({
      Valued("ttl", "DURATION", "let it expire after this time: 90s, 5m, 24h, 7d"),
      Valued("content-type", "TYPE", "the type to store with it"),
      Valued("if-match", "VERSION", "only if the key has this version; * any"),
      Valued("if-none-match", "VERSION", "only if the key has not this version; *: only if absent"),
  });
  command.examples = {
      {"coolkit put settings/theme dark", ""},
      {"coolkit put sessions/42 @session.json --content-type application/json --ttl 30m", ""},
      {"date | coolkit put jobs/last-run", "from standard input"},
      {"coolkit put locks/backup me --if-none-match '*' --ttl 1h", "only if nobody else did"}};
  return command;
}

CommandSpec Del() {
  CommandSpec command;
  command.name = "del";
  command.summary = "Delete a key";
  command.description = std::string(kClientExits);
  command.arguments = {{std::string(kKeyName), "what to delete", true, {}}};
  command.flags =
      ClientFlags({Valued("if-match", "VERSION", "only if the key has this version; * any")});
  command.examples = {{"coolkit del settings/theme", ""}};
  return command;
}

CommandSpec Ls() {
  CommandSpec command;
  command.name = "ls";
  command.summary = "List the keys of a collection, in order";
  command.description =
      "One key a line. Control characters are shown as JSON escapes; --json prints one exact JSON "
      "object a line. With --values a tab and the value follow, base64 if it is not text.\n" +
      std::string(kClientExits);
  command.arguments = {{"COLLECTION", "what to list", true, {}}};
  command.flags = ClientFlags({
      Valued("prefix", "TEXT", "only keys that begin with this"),
      Switch("values", "with their values"),
  });
  command.examples = {{"coolkit ls settings", ""},
                      {"coolkit ls sessions --prefix eu/ --json", "for jq"}};
  return command;
}

CommandSpec Version() {
  CommandSpec command;
  command.name = "version";
  command.summary = "Print version and revision";
  command.flags = {Switch("json", "print JSON, for scripts")};
  return command;
}

CommandSpec Help() {
  CommandSpec command;
  command.name = "help";
  command.summary = "Explain a command";
  command.arguments = {{"COMMAND", "which one", false, {}}};
  return command;
}

CommandSpec Completion() {
  CommandSpec command;
  command.name = "completion";
  command.summary = "Print a script that completes commands and flags in a shell";
  command.arguments = {{"SHELL", "bash, zsh or fish", true, {"bash", "zsh", "fish"}}};
  command.examples = {
      {"source <(coolkit completion bash)", "in ~/.bashrc"},
      {"coolkit completion zsh > ~/.zsh/completions/_coolkit", "a directory of $fpath"},
      {"coolkit completion fish > ~/.config/fish/completions/coolkit.fish", ""}};
  return command;
}

CommandSpec Docs() {
  CommandSpec command;
  command.name = "docs";
  command.summary = "Print a page of the generated reference, in Markdown";
  command.arguments = {
      {"PAGE", "which one", true, {"settings", "metrics", "errors", "routes", "scaler"}}};
  command.hidden = true;
  return command;
}

CommandSpec Resolve() {
  CommandSpec command;
  command.name = "resolve";
  command.summary = "Ask DNS for names as `serve --peers dns:NAME` does";
  command.arguments = {{"NAME", "a name", true, {}, true}};
  for (const SettingRow& row : SettingTable()) {
    if (row.flag == "dns-server") command.flags.push_back(FlagOf(row));
  }
  command.flags.front().group.clear();
  FlagSpec timeout;
  timeout.name = "timeout";
  timeout.value_name = "DURATION";
  timeout.meaning = "how long to wait for all answers";
  timeout.default_text = "5s";
  command.flags.push_back(std::move(timeout));
  command.hidden = true;
  return command;
}

}  // namespace

std::vector<CommandSpec> CommandTable() {
  std::vector<CommandSpec> table = {
      Serve(),        Migrate(),      CheckDatabase(), Get(),        Put(),  Del(),  Ls(),
      BenchCommand(), CheckCommand(), Version(),       Completion(), Help(), Docs(), Resolve()};
  // Beside the other commands that serve and measure, before `version`.
  std::vector<CommandSpec> scaler = ScalerCommands();
  const auto version = std::find_if(table.begin(), table.end(),
                                    [](const CommandSpec& c) { return c.name == "version"; });
  table.insert(version, scaler.begin(), scaler.end());
  CommandSpec* help = nullptr;
  std::vector<std::string> names;
  for (CommandSpec& command : table) {
    if (command.name == "help") help = &command;
    if (!command.hidden) names.push_back(command.name);
    command.flags.push_back(Switch("help", "show this help", 'h'));
  }
  help->arguments.front().choices = std::move(names);
  return table;
}

const CommandSpec* FindCommand(const std::vector<CommandSpec>& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const CommandSpec& command) { return command.name == name; });
  return found == table.end() ? nullptr : &*found;
}

bool IsAction(const CommandSpec& command) { return command.name.find(' ') != std::string::npos; }

bool IsPathName(std::string_view value_name) {
  return value_name == "PATH" || value_name == "FILE" || value_name == "HISTORY";
}

}  // namespace coolkit::cli
