// Why: what a probe says must be the same for every path that asks (/healthz, /readyz, …) and the
// way kube-apiserver says it, which operators know by heart. Pure but for the checks; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/check.h"

namespace coolkit::ops {

// What the query of a probe asks for. Unknown parameters are ignored: a probe must not fail for
// its spelling.
struct ProbeQuery {
  bool verbose = false;
  std::vector<std::string> excluded;

  // `query`: after the question mark, percent-encoded. At most kExcludedMax names are kept.
  static constexpr std::size_t kExcludedMax = 16;
  [[nodiscard]] static ProbeQuery Parse(std::string_view query);
  [[nodiscard]] bool Excludes(std::string_view check) const;
};

struct ProbeReport {
  struct Line {
    std::string name;
    CheckResult result;
    bool excluded = false;  // then the result says nothing
  };
  std::string probe;  // "healthz", "healthz/process"
  std::vector<Line> lines;
  std::vector<std::string> unknown_excluded;

  [[nodiscard]] bool ok() const;
  // `ok`; or, when verbose, `[+]process ok` per check; or what failed: `[-]cache failed: why`.
  [[nodiscard]] std::string Text(bool verbose) const;
  // {"probe","status":"ok"|"failed","checks":[{"name","status","detail"}],"warnings":[…]}
  [[nodiscard]] std::string Json() const;
};

// Reads those of `checks` that are not excluded. Excluding a name that is not in `known` is warned
// of.
[[nodiscard]] ProbeReport RunProbe(std::string probe, const std::vector<const Check*>& checks,
                                   const std::vector<Check>& known, const ProbeQuery& query);

}  // namespace coolkit::ops
