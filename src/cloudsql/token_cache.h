// Why: tokens live for an hour and every new connection needs one: they are kept, fetched anew
// before they end, and fetched once for all who wait. On one loop.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cloudsql/access_token.h"
#include "net/loop.h"

namespace coolkit::cloudsql {

class TokenCache final : public TokenSource {
 public:
  // Both outlive the cache.
  TokenCache(net::Loop& loop, TokenSource& source) : loop_(loop), source_(source) {}
  // A token that is good for a while: at least a quarter of its life, at most 5 min of it.
  net::Task<Outcome<AccessToken>> Fetch(std::string scope, BootTime deadline) override;
  void Forget(std::string_view text) override {
    const bool known = std::any_of(kept_.begin(), kept_.end(), [text](const auto& kept) {
      return kept.second.token.text == text;
    });
    if (known) kept_.clear();
  }

 private:
  struct Kept {
    AccessToken token;
    BootTime good_until{};
  };
  using Waiters = std::vector<Completion<Outcome<AccessToken>>>;

  net::Loop& loop_;
  TokenSource& source_;
  std::map<std::string, Kept> kept_;
  std::map<std::string, Waiters> under_way_;
};

}  // namespace coolkit::cloudsql
