#include "bench/call.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace coolkit::bench {
namespace {

constexpr std::array<std::string_view, kCallCount> kNames{
    "get", "head", "strong", "session", "put", "delete", "patch", "batch-get", "batch-put"};

std::string AllNames() {
  std::string text;
  for (const std::string_view name : kNames) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace

std::string_view CallName(Call call) { return kNames[static_cast<std::size_t>(call)]; }

Result<Mix> ParseMix(std::string_view text) {
  Mix mix{};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = std::find(kNames.begin(), kNames.end(), part.substr(0, equals));
    const std::string_view number = part.substr(std::min(equals + 1, part.size()));
    double share = 0;
    const auto done = std::from_chars(number.data(), number.data() + number.size(), share);
    if (name == kNames.end() || done.ec != std::errc() ||
        done.ptr != number.data() + number.size() || !std::isfinite(share) || share < 0) {
      return Fail(ErrorCode::kInvalidRequest,
                  "'" + std::string(part) + "' is no CALL=SHARE; the calls are " + AllNames());
    }
    mix[static_cast<std::size_t>(name - kNames.begin())] = share;
  }
  if (std::all_of(mix.begin(), mix.end(), [](double share) { return share == 0; })) {
    return Fail(ErrorCode::kInvalidRequest, "no call has a share");
  }
  return mix;
}

}  // namespace coolkit::bench
