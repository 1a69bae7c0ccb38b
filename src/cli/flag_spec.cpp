#include <utility>

#include "cli/command_table.h"

namespace coolkit::cli {

FlagSpec MakeFlag(std::string name, std::string value_name, std::string meaning,
                  std::string_view default_text, std::string group) {
  FlagSpec flag;
  flag.name = std::move(name);
  flag.value_name = std::move(value_name);
  flag.meaning = std::move(meaning);
  flag.default_text = default_text;
  flag.group = std::move(group);
  return flag;
}

}  // namespace coolkit::cli
