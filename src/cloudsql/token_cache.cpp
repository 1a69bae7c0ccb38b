#include "cloudsql/token_cache.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "json/value.h"
#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

constexpr std::chrono::minutes kMarginMax{5};
// A token without a life of its own is looked at again after so long.
constexpr std::chrono::minutes kLifeUnknown{5};
constexpr double kLifeMax = 86'400;

}  // namespace

Outcome<AccessToken> ReadTokenAnswer(std::string_view body, BootTime now, std::string_view who) {
  const Result<json::Value> answer = json::Parse(body);
  const json::Value* const text = answer ? answer->Find("access_token") : nullptr;
  if (text == nullptr || text->string().empty()) {
    return Failed(reason::kToken, std::string(who) + " answered without an access token");
  }
  for (const char c : text->string()) {
    if (c <= 0x20 || c == 0x7f) {
      return Failed(reason::kToken, std::string(who) + " answered with a malformed token");
    }
  }
  AccessToken token{std::string(text->string()), now + kLifeUnknown};
  if (const json::Value* const life = answer->Find("expires_in")) {
    const std::string_view number =
        life->kind() == json::Kind::kString ? life->string() : life->number_token();
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec == std::errc() && std::isfinite(value) && value >= 0) {
      token.expires = now + seconds(static_cast<std::int64_t>(std::min(value, kLifeMax)));
    }
  }
  return token;
}

net::Task<Outcome<AccessToken>> TokenCache::Fetch(std::string scope, BootTime deadline) {
  const auto kept = kept_.find(scope);
  if (kept != kept_.end() && loop_.Now() < kept->second.good_until) co_return kept->second.token;
  if (const auto found = under_way_.find(scope); found != under_way_.end()) {
    Waiters& waiters = found->second;
    Outcome<AccessToken> shared = co_await net::AwaitCompletion<Outcome<AccessToken>>(
        loop_,
        [&waiters](Completion<Outcome<AccessToken>> done) { waiters.push_back(std::move(done)); });
    co_return std::move(shared);
  }
  under_way_[scope];
  Outcome<AccessToken> fetched = co_await source_.Fetch(scope, deadline);
  const BootTime now = loop_.Now();
  if (fetched) {
    const auto life = fetched->expires - now;
    const auto margin = std::min<BootTime::duration>(kMarginMax, life / 4);
    kept_[scope] = {*fetched, fetched->expires - margin};
  } else if (kept_.contains(scope) && now < kept_[scope].token.expires) {
    fetched = kept_[scope].token;  // good enough while there is no other
  }
  for (Completion<Outcome<AccessToken>>& done : under_way_.extract(scope).mapped()) done(fetched);
  co_return std::move(fetched);
}

}  // namespace coolkit::cloudsql
