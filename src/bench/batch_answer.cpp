#include "bench/batch_answer.h"

#include <limits>

#include "base/text.h"
#include "bench/operation.h"
#include "json/value.h"

namespace coolkit::bench {
namespace {

constexpr json::ParseLimits kLimits{.depth_max = 8, .bytes_max = std::size_t{64} << 20U};

bool TakeItem(const json::Value& value, BatchItem& item) {
  for (const json::Member& member : value.members()) {
    if (member.name == "status") {
      const auto status = ParseDecimal(member.value.number_token());
      if (!status || *status < 100 || *status > 599) return false;
      item.status = static_cast<int>(*status);
    } else if (member.name == "version") {
      const auto version = ParseDecimal(member.value.string());
      constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      if (!version || *version > kMax) return false;
      item.version = static_cast<std::int64_t>(*version);
    } else if (member.name == "stale") {
      item.stale = member.value.bool_value();
    } else if (member.name == "text") {
      item.digest = DigestOf(member.value.string());
    } else if (member.name == "base64") {
      const auto bytes = Base64Decode(member.value.string());
      if (!bytes) return false;
      item.digest = DigestOf(*bytes);
    }
  }
  return item.status != 0;
}

}  // namespace

std::optional<std::vector<BatchItem>> ParseBatchAnswer(std::string_view body, std::size_t count) {
  const auto answer = json::Parse(body, kLimits);
  const json::Value* items = answer ? answer->Find("items") : nullptr;
  if (items == nullptr || items->items().size() != count) return std::nullopt;
  std::vector<BatchItem> parsed(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!TakeItem(items->items()[i], parsed[i])) return std::nullopt;
  }
  return parsed;
}

}  // namespace coolkit::bench
