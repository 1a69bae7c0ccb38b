// Why: a binary history becomes operations here; every byte of it is doubted
// (docs/history-format.md, tests/fuzz/history_fuzz.cpp). Reads with all workers. Called from one
// thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "bench/history.h"
#include "bench/workers.h"

namespace coolkit::bench {

struct ReadSummary {
  std::uint64_t operations = 0;
  bool cut_off = false;  // no end, or half a block: its writer was killed
};

// Does it begin like a binary history?
[[nodiscard]] bool IsBinaryHistory(std::string_view bytes);

// Adds a source with all operations of `bytes`. A history that is cut off gives what is whole.
// Errors: kInvalidRequest with the offset of the block that is wrong; `history` is of no use then.
[[nodiscard]] Result<ReadSummary> ReadBinaryHistory(std::string_view bytes, const Workers& workers,
                                                    History& history);

}  // namespace coolkit::bench
