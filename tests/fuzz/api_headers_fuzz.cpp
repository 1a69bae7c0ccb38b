// Any bytes as header fields of the API: the first byte chooses the field, a line each. Never a
// crash; what the preconditions say to an entry is the same as what their condition says.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/freshness.h"
#include "api/preconditions.h"
#include "api/write_request.h"
#include "base/check.h"

namespace {

using coolkit::api::Preconditions;
using coolkit::api::Verdict;
using coolkit::http::Field;
using coolkit::model::Condition;
using coolkit::model::Version;

constexpr std::array kFields{Field::kIfMatch,
                             Field::kIfNoneMatch,
                             Field::kIfModifiedSince,
                             Field::kIfUnmodifiedSince,
                             Field::kCacheControl,
                             Field::kPragma,
                             Field::kCoolkitMaxStalenessMs,
                             Field::kCoolkitPosition,
                             Field::kContentType,
                             Field::kContentEncoding};
constexpr std::array kVersions{std::int64_t{0}, std::int64_t{1}, std::int64_t{7}};

std::vector<coolkit::http::Header> Split(std::string_view input) {
  std::vector<coolkit::http::Header> headers;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty()) continue;
    const auto index = static_cast<unsigned char>(line.front()) % kFields.size();
    headers.push_back({kFields[index], "", line.substr(1)});
  }
  return headers;
}

bool Holds(const Condition& condition, bool present, Version version) {
  const bool named = std::find(condition.versions.begin(), condition.versions.end(), version) !=
                     condition.versions.end();
  switch (condition.kind) {
    case Condition::Kind::kAlways:
      return true;
    case Condition::Kind::kAbsent:
      return !present;
    case Condition::Kind::kPresent:
      return present;
    case Condition::Kind::kIn:
      return present && named;
    case Condition::Kind::kNotIn:
      return !present || !named;
  }
  return false;
}

void CheckConditions(const Preconditions& preconditions) {
  const auto condition = ToCondition(preconditions);
  if (!condition) return;
  for (const bool present : {false, true}) {
    for (const std::int64_t number : kVersions) {
      coolkit::model::Entry::Fields fields;
      fields.version = {number};
      fields.present = present;
      const coolkit::model::EntryPtr entry = coolkit::model::Entry::Create(fields);
      const bool proceed = Evaluate(preconditions, *entry, false) == Verdict::kProceed;
      CHECK(proceed == Holds(*condition, present, {number}));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<coolkit::http::Header> headers =
      Split(std::string_view(reinterpret_cast<const char*>(data), size));
  coolkit::http::RequestHead head;
  head.method = coolkit::http::Method::kPut;
  head.headers = headers;
  coolkit::kv::ReadOptions options;
  if (coolkit::api::ParseFreshness(head, options)) {
    CHECK(!options.staleness_max || options.staleness_max->count() >= 0);
    CHECK(!options.stale_if_error_max || options.stale_if_error_max->count() >= 0);
  }
  if (const auto preconditions = coolkit::api::ParsePreconditions(head))
    CheckConditions(*preconditions);
  coolkit::api::WriteRequest write;
  static_cast<void>(write.Parse(head, coolkit::api::Locate("/v1/kv/c/k")));
  return 0;
}
