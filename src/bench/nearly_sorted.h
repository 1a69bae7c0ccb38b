// Why: operations come almost in order, a few clients' latencies apart, ten million at a time. A
// plain sort moves each of them twenty times; this one sorts what fits the processor's cache and
// merges only where neighbours overlap. Any order is sorted right. Pure; any thread.
#pragma once

#include <algorithm>
#include <iterator>

namespace coolkit::bench {

// Not stable.
template <class Iterator, class Less>
void SortNearlySorted(Iterator begin, Iterator end, Less less) {
  constexpr std::ptrdiff_t kRun = 512;
  const std::ptrdiff_t size = end - begin;
  for (std::ptrdiff_t at = 0; at < size; at += kRun) {
    const Iterator from = begin + at;
    const Iterator to = begin + std::min(at + kRun, size);
    if (!std::is_sorted(from, to, less)) std::sort(from, to, less);
  }
  for (std::ptrdiff_t run = kRun; run < size; run *= 2) {
    for (std::ptrdiff_t at = 0; at + run < size; at += 2 * run) {
      const Iterator middle = begin + at + run;
      if (!less(*middle, *std::prev(middle))) continue;
      // What stays where it is: below the upper half's first, above the lower half's last.
      const Iterator from = std::upper_bound(begin + at, middle, *middle, less);
      const Iterator to =
          std::lower_bound(middle, begin + std::min(at + 2 * run, size), *std::prev(middle), less);
      std::inplace_merge(from, middle, to, less);
    }
  }
}

}  // namespace coolkit::bench
