#include "cli/completion.h"

#include <algorithm>

namespace coolkit::cli {
namespace {

// `text` with each character of `special` after `escape`.
std::string Escaped(std::string_view text, std::string_view special, std::string_view escape) {
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) escaped += escape;
    escaped += c;
  }
  return escaped;
}

// As one word of bash and zsh.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string FishQuoted(std::string_view text) { return "'" + Escaped(text, "\\'", "\\") + "'"; }

void AppendWord(std::string& words, std::string_view word) {
  if (!words.empty()) words += ' ';
  words += word;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) AppendWord(joined, word);
  return joined;
}

std::vector<const CommandSpec*> Shown(const std::vector<CommandSpec>& table) {
  std::vector<const CommandSpec*> shown;
  for (const CommandSpec& command : table) {
    if (!command.hidden) shown.push_back(&command);
  }
  return shown;
}

// The commands of the list and their actions: all that may be typed.
std::vector<const CommandSpec*> Typed(const std::vector<CommandSpec>& table) {
  std::vector<const CommandSpec*> typed = Shown(table);
  for (const CommandSpec& command : table) {
    if (IsAction(command)) typed.push_back(&command);
  }
  return typed;
}

// As the scripts call it: scaler-serve.
std::string ScriptName(const CommandSpec& command) {
  std::string name = command.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

// 'scaler serve'|'scaler validate': a pattern of the shells.
std::string ActionPattern(const std::vector<CommandSpec>& table) {
  std::string pattern;
  for (const CommandSpec& command : table) {
    if (IsAction(command)) pattern += (pattern.empty() ? "'" : "|'") + command.name + "'";
  }
  return pattern;
}

// The `case` branches for what may follow a flag that takes a value.
std::string BashValues(const CommandSpec& command) {
  std::string text;
  for (const FlagSpec& flag : command.flags) {
    if (flag.value_name.empty()) continue;
    text += "    " + ScriptName(command) + ":--" + flag.name;
    if (flag.short_name != 0) text += "|" + ScriptName(command) + ":-" + flag.short_name;
    if (!flag.choices.empty()) {
      text += ") words=" + Quoted(Joined(flag.choices)) + " ;;\n";
    } else if (IsPathName(flag.value_name)) {
      text += ") _coolkit_files '' ; return ;;\n";
    } else {
      text += ") return ;;\n";
    }
  }
  return text;
}

// The words of a command: its flags and what its arguments may be.
std::string BashWords(const CommandSpec& command) {
  std::string words;
  for (const ArgumentSpec& argument : command.arguments) {
    for (const std::string& choice : argument.choices) AppendWord(words, choice);
  }
  for (const FlagSpec& flag : command.flags) AppendWord(words, "--" + flag.name);
  return "      " + ScriptName(command) + ") words=" + Quoted(words) + " ;;\n";
}

// The command's name if its arguments are files.
void AppendFileCommand(std::string& names, const CommandSpec& command) {
  for (const ArgumentSpec& argument : command.arguments) {
    if (!IsPathName(argument.name)) continue;
    if (!names.empty()) names += '|';
    names += ScriptName(command);
  }
}

// The text of an _arguments spec: brackets and colons have a meaning there.
std::string ZshText(std::string_view text) { return Escaped(text, "[]:\\", "\\"); }

std::string ZshAction(const std::vector<std::string>& choices, std::string_view value_name) {
  if (!choices.empty()) return "(" + Joined(choices) + ")";
  return IsPathName(value_name) ? "_files" : " ";
}

std::string ZshFlag(const FlagSpec& flag) {
  const std::string meaning = "[" + ZshText(flag.meaning) + "]";
  const std::string value = flag.value_name.empty() ? std::string()
                                                    : ":" + ZshText(flag.value_name) + ":" +
                                                          ZshAction(flag.choices, flag.value_name);
  const std::string name = "--" + flag.name + (flag.value_name.empty() ? "" : "=");
  if (flag.short_name == 0) return Quoted(name + meaning + value);
  const std::string short_name = std::string("-") + flag.short_name;
  return "'(" + short_name + " --" + flag.name + ")'{" + short_name + "," + name + "}" +
         Quoted(meaning + value);
}

std::string ZshCommand(const CommandSpec& command) {
  std::string text = "    " + ScriptName(command) + ")\n      _arguments";
  for (const FlagSpec& flag : command.flags) text += " \\\n        " + ZshFlag(flag);
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const ArgumentSpec& argument = command.arguments[i];
    const std::string position =
        argument.repeats ? "*:" : std::to_string(i + 1) + (argument.required ? ":" : "::");
    text += " \\\n        " + Quoted(position + ZshText(argument.name) + ":" +
                                     ZshAction(argument.choices, argument.name));
  }
  return text + "\n      ;;\n";
}

// Is this command being typed? An action's name may also be a command's.
std::string FishCondition(const CommandSpec& command) {
  const std::size_t space = command.name.find(' ');
  if (space == std::string::npos) return "__fish_seen_subcommand_from " + command.name;
  return "__fish_seen_subcommand_from " + command.name.substr(0, space) +
         "; and __fish_seen_subcommand_from " + command.name.substr(space + 1);
}

std::string FishFlag(const CommandSpec& command, const FlagSpec& flag) {
  std::string text = "complete -c coolkit -n '" + FishCondition(command) + "' -l " + flag.name;
  if (flag.short_name != 0) text += std::string(" -s ") + flag.short_name;
  if (!flag.choices.empty()) {
    text += " -x -a " + FishQuoted(Joined(flag.choices));
  } else if (!flag.value_name.empty()) {
    text += IsPathName(flag.value_name) ? " -r -F" : " -x";
  }
  return text + " -d " + FishQuoted(flag.meaning) + "\n";
}

}  // namespace

std::string BashCompletion(const std::vector<CommandSpec>& table) {
  std::string names;
  std::string values;
  std::string words;
  std::string files;
  for (const CommandSpec* command : Shown(table)) AppendWord(names, command->name);
  for (const CommandSpec* command : Typed(table)) {
    values += BashValues(*command);
    words += BashWords(*command);
    AppendFileCommand(files, *command);
  }
  return "# bash completion of coolkit: source <(coolkit completion bash)\n"
         "_coolkit_files() {\n"
         "  compopt -o filenames 2>/dev/null\n"
         "  mapfile -t COMPREPLY < <(compgen -f -P \"$1\" -- \"${cur#\"$1\"}\")\n"
         "}\n"
         "_coolkit() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=''\n"
         "  COMPREPLY=()\n"
         "  if (( COMP_CWORD == 1 )); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         names +
         " --help --version' -- \"$cur\")\n"
         "    return\n"
         "  fi\n"
         "  # --flag=value is three words to bash.\n"
         "  if [[ $cur == '=' ]]; then\n"
         "    cur=''\n"
         "  elif [[ $prev == '=' ]]; then\n"
         "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n"
         "  local command=${COMP_WORDS[1]}\n"
         "  if (( COMP_CWORD > 2 )); then\n"
         "    case \"$command ${COMP_WORDS[2]}\" in\n"
         "    " +
         ActionPattern(table) +
         ") command+=-${COMP_WORDS[2]} ;;\n"
         "    esac\n"
         "  fi\n"
         "  case $command:$prev in\n" +
         values +
         "  esac\n"
         "  if [[ $command == put && $cur == @* ]]; then\n"
         "    _coolkit_files @\n"
         "    return\n"
         "  fi\n"
         "  if [[ $command == @(" +
         files +
         ") && $cur != -* ]]; then\n"
         "    _coolkit_files ''\n"
         "    return\n"
         "  fi\n"
         "  if [[ -z $words ]]; then\n"
         "    case $command in\n" +
         words +
         "    esac\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "}\n"
         "complete -F _coolkit coolkit\n";
}

std::string ZshCompletion(const std::vector<CommandSpec>& table) {
  std::string names;
  std::string cases;
  for (const CommandSpec* command : Shown(table)) {
    names += "    " + Quoted(command->name + ":" + Escaped(command->summary, ":\\", "\\")) + "\n";
  }
  for (const CommandSpec* command : Typed(table)) cases += ZshCommand(*command);
  return "#compdef coolkit\n"
         "# zsh completion of coolkit: coolkit completion zsh > a directory of $fpath/_coolkit\n"
         "_coolkit() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  local command=$words[1]\n"
         "  if (( CURRENT > 2 )); then\n"
         "    case \"$words[1] $words[2]\" in\n"
         "    (" +
         ActionPattern(table) +
         ")\n"
         "      command=$words[1]-$words[2]\n"
         "      shift words\n"
         "      (( CURRENT-- ))\n"
         "      ;;\n"
         "    esac\n"
         "  fi\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _coolkit ]; then\n"
         "  _coolkit \"$@\"\n"
         "else\n"
         "  compdef _coolkit coolkit\n"
         "fi\n";
}

std::string FishCompletion(const std::vector<CommandSpec>& table) {
  std::string text =
      "# fish completion of coolkit: coolkit completion fish > ~/.config/fish/completions/"
      "coolkit.fish\n"
      "complete -c coolkit -f\n"
      "complete -c coolkit -n __fish_use_subcommand -l version -d 'Print version and revision'\n";
  for (const CommandSpec* command : Shown(table)) {
    text += "complete -c coolkit -n __fish_use_subcommand -a " + command->name + " -d " +
            FishQuoted(command->summary) + "\n";
  }
  for (const CommandSpec* command : Typed(table)) {
    for (const FlagSpec& flag : command->flags) text += FishFlag(*command, flag);
    for (const ArgumentSpec& argument : command->arguments) {
      if (IsPathName(argument.name)) {
        text += "complete -c coolkit -n '" + FishCondition(*command) + "' -F\n";
      }
      if (argument.choices.empty()) continue;
      text += "complete -c coolkit -n '" + FishCondition(*command) + "' -a " +
              FishQuoted(Joined(argument.choices)) + " -d " + FishQuoted(argument.name) + "\n";
    }
  }
  return text;
}

}  // namespace coolkit::cli
