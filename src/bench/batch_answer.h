// Why: a batch's answer is many answers; each item becomes an operation of the history. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace coolkit::bench {

struct BatchItem {
  int status = 0;
  std::int64_t version = 0;  // 0: none
  std::uint64_t digest = 0;  // of its value; 0: none
  bool stale = false;        // it says so: exempt from G2
};

// The items of the answer to a batch of `count`, in order; nothing if it is not understood.
[[nodiscard]] std::optional<std::vector<BatchItem>> ParseBatchAnswer(std::string_view body,
                                                                     std::size_t count);

}  // namespace coolkit::bench
