// Why: `coolkit check-database` says the same about every kind of database: what is wrong, why that
// matters and what to do. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coolkit::store {

struct Finding {
  enum class Severity : std::uint8_t {
    kError,    // a promise is broken, or nothing works
    kWarning,  // it works; something is slower, or lost when it comes to the worst
  };
  std::string id;  // stable, for scripts: "trigger-disabled"
  Severity severity = Severity::kError;
  std::string what;    // with what was seen
  std::string why;     // it matters
  std::string remedy;  // what to do
};

struct Inspection {
  std::vector<Finding> findings;
  std::vector<std::string> not_looked_at;  // and why not, each a sentence
};

}  // namespace coolkit::store
