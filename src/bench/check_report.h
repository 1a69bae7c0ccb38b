// Why: a violation that nobody understands proves nothing: each is shown with the operations around
// it, which promise it breaks and by how much, and the report says what was not seen. Pure.
#pragma once

#include <string>

#include "bench/check_types.h"
#include "bench/history.h"

namespace coolkit::bench {

struct CheckReport {
  const History& history;  // for names
  const CheckOptions& options;
  const CheckResult& result;
  bool cut_off = false;  // a history ended without its end
};

[[nodiscard]] std::string CheckText(const CheckReport& report);
// One object, with a line feed at its end.
[[nodiscard]] std::string CheckJson(const CheckReport& report);

}  // namespace coolkit::bench
