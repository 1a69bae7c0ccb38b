// Why: what `coolkit bench` was told, checked once; the load itself reads no text. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load_options.h"
#include "bench/trace_file.h"
#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/service_url.h"

namespace coolkit::cli {

struct BenchOptions {
  bench::LoadOptions load;
  std::vector<ServiceUrl> targets;  // as load.targets
  std::string keys_text;            // how keys are chosen, for reports
  std::string trace_path;           // empty: none
  bench::TraceFormat trace_format = bench::TraceFormat::kBigEndian32;
  bool preload = false;
};

// Errors: kInvalidRequest with a sentence that names the flag.
[[nodiscard]] Result<BenchOptions> ParseBenchOptions(const Invocation& invocation,
                                                     const Console& console);

}  // namespace coolkit::cli
