#include "cli/command_line.h"

#include <algorithm>
#include <span>

#include "cli/suggest.h"

namespace coolkit::cli {
namespace {

using Words = std::span<const std::string>;

Error Wrong(std::string detail) { return Error{ErrorCode::kInvalidRequest, std::move(detail), {}}; }

std::string DidYouMean(const std::string& nearest) {
  return nearest.empty() ? std::string() : "; did you mean " + nearest + "?";
}

// The name of a flag without what may follow it: that may be a secret.
std::string NameOf(const std::string& word) { return word.substr(0, word.find('=')); }

Error UnknownFlag(const CommandSpec& command, const std::string& word) {
  std::vector<std::string> names;
  for (const FlagSpec& flag : command.flags) names.push_back("--" + flag.name);
  const std::string name = NameOf(word);
  std::string help = DidYouMean(Nearest(name, names));
  if (help.empty() && command.arguments.size() > 1) help = "; put -- before a value like this";
  return Wrong("unknown flag " + name + " of " + command.name + help);
}

Error UnknownCommand(const std::vector<CommandSpec>& table, const std::string& word) {
  if (word.starts_with("-")) {
    return Wrong("unknown flag " + NameOf(word) + "; the flags of a command come after it");
  }
  std::vector<std::string> names;
  for (const CommandSpec& command : table) {
    if (!command.hidden) names.push_back(command.name);
  }
  return Wrong("unknown command '" + word + "'" + DidYouMean(Nearest(word, names)));
}

std::string Choices(const std::vector<std::string>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

// The words of one command, read from left to right.
class Reader {
 public:
  Reader(const CommandSpec& command, Words words) : command_(command), words_(words) {
    invocation_.command = command.name;
  }

  Result<Invocation> Read() {
    while (!words_.empty() && !invocation_.help) {
      const std::string& word = Next();
      const bool named = !flags_ended_ && word.size() > 1 && word.front() == '-';
      if (named && word == "--") {
        flags_ended_ = true;
        continue;
      }
      const auto done = !named                   ? TakeArgument(word)
                        : word.starts_with("--") ? TakeLong(word)
                                                 : TakeShort(word);
      if (!done) return Fail(done.error());
    }
    if (invocation_.help) return std::move(invocation_);
    const bool another = taken_ < command_.arguments.size() && command_.arguments[taken_].required;
    if (another && !invocation_.arguments.contains(command_.arguments[taken_].name)) {
      return Fail(Wrong(command_.name + " needs " + command_.arguments[taken_].name));
    }
    return std::move(invocation_);
  }

 private:
  const std::string& Next() {
    const std::string& word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  Result<void> TakeArgument(const std::string& word) {
    if (taken_ == command_.arguments.size()) {
      return Fail(Wrong(command_.name + ": unexpected argument '" + word + "'"));
    }
    const ArgumentSpec& argument = command_.arguments[taken_];
    if (!argument.repeats) ++taken_;
    const auto& choices = argument.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), word) == choices.end()) {
      return Fail(Wrong(command_.name + ": " + argument.name + " '" + word +
                        "' is not allowed; allowed is " + Choices(choices)));
    }
    invocation_.arguments[argument.name] = word;
    if (argument.repeats) invocation_.lists[argument.name].push_back(word);
    return {};
  }

  // --name, --name value or --name=value.
  Result<void> TakeLong(const std::string& word) {
    const std::string name = NameOf(word).substr(2);
    const auto flag = std::find_if(command_.flags.begin(), command_.flags.end(),
                                   [&](const FlagSpec& spec) { return spec.name == name; });
    if (flag == command_.flags.end()) return Fail(UnknownFlag(command_, word));
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return Take(*flag, nullptr);
    const std::string value = word.substr(equals + 1);
    return Take(*flag, &value);
  }

  // -x, -x value, or switches together: -vs.
  Result<void> TakeShort(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const auto flag =
          std::find_if(command_.flags.begin(), command_.flags.end(),
                       [&](const FlagSpec& spec) { return spec.short_name == word[i]; });
      const bool misplaced =
          flag != command_.flags.end() && !flag->value_name.empty() && word.size() > 2;
      if (flag == command_.flags.end() || misplaced) return Fail(UnknownFlag(command_, word));
      if (auto done = Take(*flag, nullptr); !done) return done;
    }
    return {};
  }

  Result<void> Take(const FlagSpec& flag, const std::string* value) {
    const std::string shown = "--" + flag.name;
    if (flag.value_name.empty()) {
      if (value != nullptr) return Fail(Wrong(shown + " takes no value"));
      invocation_.switches.insert(flag.name);
      invocation_.help = invocation_.switches.erase("help") > 0;
      return {};
    }
    if (value == nullptr) {
      // What begins with a dash is more likely the next flag, its predecessor's value forgotten.
      const bool dash =
          !words_.empty() && words_.front().size() > 1 && words_.front().starts_with('-');
      if (words_.empty() || dash) {
        const std::string help = "; write " + shown + "=VALUE for one that begins with a dash";
        return Fail(Wrong(shown + " needs a value: " + flag.value_name + (dash ? help : "")));
      }
      value = &Next();
    }
    if (flag.repeats) {
      invocation_.flags[flag.name] = *value;
      invocation_.lists[flag.name].push_back(*value);
    } else if (!invocation_.flags.emplace(flag.name, *value).second) {
      return Fail(Wrong(shown + " is given twice"));
    }
    return {};
  }

  const CommandSpec& command_;
  Words words_;
  Invocation invocation_;
  std::size_t taken_ = 0;  // arguments
  bool flags_ended_ = false;
};

}  // namespace

std::optional<std::string> Invocation::Flag(const std::string& name) const {
  const auto found = flags.find(name);
  if (found == flags.end()) return std::nullopt;
  return found->second;
}

std::string Invocation::Argument(const std::string& name) const {
  const auto found = arguments.find(name);
  return found == arguments.end() ? std::string() : found->second;
}

std::vector<std::string> Invocation::All(const std::string& name) const {
  const auto found = lists.find(name);
  return found == lists.end() ? std::vector<std::string>() : found->second;
}

Result<Invocation> ParseCommandLine(const std::vector<CommandSpec>& table,
                                    const std::vector<std::string>& words) {
  Invocation invocation;
  if (words.empty()) return invocation;
  const std::string& first = words.front();
  invocation.help = first == "--help" || first == "-h";
  invocation.version = first == "--version";
  if (invocation.help || invocation.version) return invocation;
  if (words.size() > 1) {
    const CommandSpec* action = FindCommand(table, first + " " + words[1]);
    if (action != nullptr) return Reader(*action, Words(words).subspan(2)).Read();
  }
  const CommandSpec* command = FindCommand(table, first);
  if (command == nullptr || IsAction(*command)) return Fail(UnknownCommand(table, first));
  return Reader(*command, Words(words).subspan(1)).Read();
}

}  // namespace coolkit::cli
