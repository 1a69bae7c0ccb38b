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
  std::string facts;  // stay together: behind the right text if they fit there, else below it
};

// Where the right column of these lines begins.
std::size_t RightColumn(const std::vector<Line>& lines) {
  std::size_t column = 0;
  for (const Line& line : lines) {
    column = std::max(column, std::min(kLeftMax, Columns(line.left) + 4));
  }
  return column;
}

std::string RightText(const Line& line, std::size_t column) {
  std::string text = Wrap(line.right, column, kWidth);
  if (line.facts.empty()) return text;
  text.pop_back();
  const std::size_t last = text.rfind('\n');
  const std::size_t used = last == std::string::npos
                               ? column + Columns(text)
                               : Columns(std::string_view(text).substr(last + 1));
  if (used + 1 + Columns(line.facts) <= kWidth) return text + " " + line.facts + "\n";
  return text + "\n" + std::string(column, ' ') + Wrap(line.facts, column, kWidth);
}

std::string TwoColumns(const std::vector<Line>& lines, std::size_t column) {
  std::string text;
  for (const Line& line : lines) {
    text += "  " + line.left;
    const std::size_t used = Columns(line.left) + 2;
    text += used + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - used, ' ');
    text += RightText(line, column);
  }
  return text;
}

std::string TwoColumns(const std::vector<Line>& lines) {
  return TwoColumns(lines, RightColumn(lines));
}

std::string FlagText(const FlagSpec& flag) {
  std::string text =
      flag.short_name == 0 ? std::string() : std::string("-") + flag.short_name + ", ";
  text += "--" + flag.name;
  return flag.value_name.empty() ? text : text + " " + flag.value_name;
}

std::string Meaning(const FlagSpec& flag) {
  std::string text = flag.meaning;
  for (std::size_t i = 0; i < flag.choices.size(); ++i) {
    text += (i == 0 ? ": " : ", ") + flag.choices[i];
  }
  return text;
}

std::string Facts(const FlagSpec& flag) {
  std::string facts = flag.environment;
  if (!flag.default_text.empty() && flag.default_text != "none") {
    facts += (facts.empty() ? "default: " : "; default: ") + flag.default_text;
  }
  return facts.empty() ? facts : "[" + facts + "]";
}

std::string Flags(const CommandSpec& command) {
  // Groups in the order of their first flags; flags without a group come first.
  std::vector<std::string> groups = {""};
  std::vector<Line> all;
  for (const FlagSpec& flag : command.flags) {
    all.push_back({FlagText(flag), Meaning(flag), Facts(flag)});
    if (std::find(groups.begin(), groups.end(), flag.group) == groups.end()) {
      groups.push_back(flag.group);
    }
  }
  const std::size_t column = RightColumn(all);
  std::string text;
  for (const std::string& group : groups) {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (command.flags[i].group == group) lines.push_back(all[i]);
    }
    if (lines.empty()) continue;
    text += "\n" + (group.empty() ? "Flags" : group) + "\n" + TwoColumns(lines, column);
  }
  return text;
}

std::string Usage(const CommandSpec& command) {
  std::string text = "Usage: coolkit " + command.name;
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string name = argument.name + (argument.repeats ? "…" : "");
    text += argument.required ? " " + name : " [" + name + "]";
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
    if (!command.hidden) commands.push_back({command.name, command.summary, ""});
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
      lines.push_back({argument.name, std::move(meaning), ""});
    }
    text += "\nArguments\n" + TwoColumns(lines);
  }
  return text + Flags(command) + Examples(command.examples);
}

}  // namespace coolkit::cli
