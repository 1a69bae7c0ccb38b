// Why: clients in other languages write histories too, and people read them: one JSON object a line
// (docs/history-format.md). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bench/history.h"

namespace coolkit::bench {

// Adds a source with all operations of `text`; empty lines are skipped. Errors: kInvalidRequest
// with the number of the line that is wrong; `history` is of no use then.
[[nodiscard]] Result<std::uint64_t> ReadJsonHistory(std::string_view text, History& history);

// Appends one line, which ReadJsonHistory reads back as the same operation (but for the client's
// source: `2.17` and `17` are different clients of it).
void AppendJsonLine(const History& history, const Operation& operation, std::string& out);

}  // namespace coolkit::bench
