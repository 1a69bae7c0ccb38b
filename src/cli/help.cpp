#include "cli/help.h"

#include <algorithm>

namespace coolkit::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kLeftMax = 40;  // a longer name has its meaning on the next line

std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

struct Line {
  std::string left;
  std::string right;
};

// Two columns; the right one wrapped.
std::string TwoColumns(const std::vector<Line>& lines) {
  std::size_t column = 0;
  for (const Line& line : lines) {
    column = std::max(column, std::min(kLeftMax, Columns(line.left) + 4));
  }
  std::string text;
  for (const Line& line : lines) {
    text += "  " + line.left;
    const std::size_t used = Columns(line.left) + 2;
    if (line.right.empty()) {
      text += '\n';
      continue;
    }
    text += used + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - used, ' ');
    text += Wrap(line.right, column, kWidth);
  }
  return text;
}

std::string FlagText(const FlagSpec& flag) {
  std::string text =
      flag.short_name == 0 ? std::string() : std::string("-") + flag.short_name + ", ";
  text += "--" + flag.name;
  return flag.value_name.empty() ? text : text + " " + flag.value_name;
}

std::string Meaning(const FlagSpec& flag) {
  std::string text = flag.meaning;
  if (!flag.choices.empty()) {
    text += ": ";
    for (std::size_t i = 0; i < flag.choices.size(); ++i) {
      text += (i > 0 ? ", " : "") + flag.choices[i];
    }
  }
  std::string facts = flag.environment;
  if (!flag.default_text.empty() && flag.default_text != "none") {
    facts += (facts.empty() ? "default " : "; default ") + flag.default_text;
  }
  return facts.empty() ? text : text + " [" + facts + "]";
}

std::string Flags(const CommandSpec& command) {
  // Groups in the order of their first flags; flags without a group come first.
  std::vector<std::string> groups = {""};
  for (const FlagSpec& flag : command.flags) {
    if (std::find(groups.begin(), groups.end(), flag.group) == groups.end()) {
      groups.push_back(flag.group);
    }
  }
  std::string text;
  for (const std::string& group : groups) {
    std::vector<Line> lines;
    for (const FlagSpec& flag : command.flags) {
      if (flag.group == group) lines.push_back({FlagText(flag), Meaning(flag)});
    }
    if (!lines.empty()) text += "\n" + (group.empty() ? "Flags" : group) + "\n" + TwoColumns(lines);
  }
  return text;
}

std::string Usage(const CommandSpec& command) {
  std::string text = "Usage: coolkit " + command.name;
  for (const ArgumentSpec& argument : command.arguments) {
    text += argument.required ? " " + argument.name : " [" + argument.name + "]";
  }
  return text + " [FLAGS]\n";
}

std::string Paragraphs(const std::string& text) {
  std::string wrapped;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    wrapped += Wrap(text.substr(begin, end - begin), 0, kWidth);
    begin = end + 1;
  }
  return wrapped.empty() ? wrapped : "\n" + wrapped;
}

std::string Examples(const std::vector<Example>& examples) {
  if (examples.empty()) return {};
  std::string text = "\nExamples\n";
  for (const Example& example : examples) {
    if (!example.meaning.empty()) text += "  # " + example.meaning + "\n";
    text += "  " + example.line + "\n";
  }
  return text;
}

}  // namespace

std::string Wrap(const std::string& text, std::size_t indent, std::size_t width) {
  std::string wrapped;
  std::size_t used = indent;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    const bool first = used == indent;
    if (!first && used + 1 + Columns(word) > width) {
      wrapped += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!first) {
      wrapped += ' ';
      ++used;
    }
    wrapped += word;
    used += Columns(word);
    begin = end + 1;
  }
  return wrapped + "\n";
}

std::string RenderHelp(const std::vector<CommandSpec>& table) {
  std::vector<Line> commands;
  for (const CommandSpec& command : table) {
    if (!command.hidden) commands.push_back({command.name, command.summary});
  }
  return "coolkit: a key-value service over HTTP, as durable as its database, as fast as memory\n"
         "\nUsage: coolkit COMMAND [ARGUMENTS] [FLAGS]\n"
         "\nCommands\n" +
         TwoColumns(commands) +
         "\nTry it\n"
         "  coolkit serve                              # in one terminal\n"
         "  coolkit put greetings/hello 'Hello, you'   # in another\n"
         "  coolkit get greetings/hello\n"
         "\n`coolkit COMMAND --help` explains a command; `coolkit --version` says which coolkit "
         "this "
         "is.\n";
}

std::string RenderCommandHelp(const CommandSpec& command) {
  std::string text = command.summary + "\n\n" + Usage(command) + Paragraphs(command.description);
  if (!command.arguments.empty()) {
    std::vector<Line> lines;
    for (const ArgumentSpec& argument : command.arguments) {
      std::string meaning = argument.meaning;
      if (command.name == "help") {
        meaning += ":";
        for (const std::string& choice : argument.choices) meaning += " " + choice;
      }
      lines.push_back({argument.name, std::move(meaning)});
    }
    text += "\nArguments\n" + TwoColumns(lines);
  }
  return text + Flags(command) + Examples(command.examples);
}

}  // namespace coolkit::cli
