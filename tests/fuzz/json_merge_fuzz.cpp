// A document and a merge patch, separated by the first NUL: the result is that of RFC 7396 on
// values, and applying the patch again changes nothing more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "json/patch.h"
#include "json/value.h"

namespace {

using coolkit::json::Kind;
using coolkit::json::Member;
using coolkit::json::Value;

// RFC 7396 section 2, word by word; of repeated names the last one counts.
Value Merge(const Value& target, const Value& patch) {
  if (patch.kind() != Kind::kObject) return patch;
  std::vector<Member> members;
  if (target.kind() == Kind::kObject) members = target.members();
  for (const Member& change : patch.members()) {
    if (patch.Find(change.name) != &change.value) continue;
    const auto named = [&](const Member& member) { return member.name == change.name; };
    const auto last = std::find_if(members.rbegin(), members.rend(), named);
    if (change.value.kind() == Kind::kNull) {
      std::erase_if(members, named);
    } else if (last != members.rend()) {
      last->value = Merge(last->value, change.value);
    } else {
      members.push_back({change.name, Merge(Value(), change.value)});
    }
  }
  return Value::Object(std::move(members));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\0'), size);
  const std::string_view document = text.substr(0, cut);
  const std::string_view patch = text.substr(std::min(cut + 1, size));

  const auto result = coolkit::json::ApplyMergePatch(document, patch);
  const auto before = coolkit::json::Parse(document);
  const auto change = coolkit::json::Parse(patch);
  CHECK(result.has_value() == (before.has_value() && change.has_value()));
  if (!result) return 0;
  const auto after = coolkit::json::Parse(*result);
  CHECK(after.has_value() && *after == Merge(*before, *change));
  const auto again = coolkit::json::ApplyMergePatch(*result, patch);
  CHECK(again.has_value() && *coolkit::json::Parse(*again) == *after);
  return 0;
}
