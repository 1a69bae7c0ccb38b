// Why: the one place where a setting of `serve` is declared: flag, variable, default, allowed
// values, meaning and the field it fills. Parsing, help, completion and the generated reference
// (docs/reference/settings.md) all read this table. Values; pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/settings.h"

namespace coolkit::cli {

// The kinds of settings. Each names the field it fills and bounds its values, ends included.
struct EndpointField {
  net::Endpoint Settings::* field;
};
struct DurationField {
  milliseconds Settings::* field;
  milliseconds min;  // 0 allows "0"
  milliseconds max;
};
struct BytesField {
  std::uint64_t Settings::* field;
  std::uint64_t min;
  std::uint64_t max;
};
struct CountField {
  std::variant<int Settings::*, std::uint64_t Settings::*> field;
  std::uint64_t min;
  std::uint64_t max;
};
struct TextField {
  std::string Settings::* field;
  bool (*valid)(std::string_view text);
  std::string_view allowed;
};
// One word of a list.
struct ChoiceField {
  std::vector<std::string_view> choices;
  void (*set)(std::size_t choice, const Surroundings& surroundings, Settings& settings);
};

enum class SettingGroup { kListening, kDatabase, kRing, kCache, kLimits, kProcess };

struct SettingRow {
  SettingGroup group;
  std::string_view flag;          // without the dashes
  std::string_view environment;   // the variable's name
  std::string_view value_name;    // as help shows it: HOST:PORT
  std::string_view default_text;  // the value itself, or a phrase if it is computed; "none"
  std::string_view meaning;       // no full stop
  std::variant<EndpointField, DurationField, BytesField, CountField, TextField, ChoiceField> field;
  // Secret: never printed, and may come as a file that <environment>_FILE names.
  bool secret = false;
  // The default where it depends on the machine; empty: none. Null: default_text.
  std::string (*computed_default)(const Surroundings& surroundings) = nullptr;
};

// In the order in which help shows them: by group.
[[nodiscard]] std::vector<SettingRow> SettingTable();
[[nodiscard]] std::string_view GroupTitle(SettingGroup group);

// What a row accepts, as a phrase: "a whole number from 1 to 256", "auto, text or json".
[[nodiscard]] std::string AllowedText(const SettingRow& row);
// Reads `value` into the row's field. False if it is not allowed.
[[nodiscard]] bool ApplySetting(const SettingRow& row, std::string_view value,
                                const Surroundings& surroundings, Settings& settings);

}  // namespace coolkit::cli
