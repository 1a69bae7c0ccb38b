// Why: whether a cached entry may answer a request is decided by a few inequalities of the protocol
// (R8, R10, R15); they stand here once, pure, so that the read path, peers and the simulation can't
// differ. Order of use (R8): read the request, State::Read, look up, read the clock, ask here.
// Pure functions; any thread.
#pragma once

#include <algorithm>
#include <optional>

#include "base/rules.h"
#include "feed/state.h"
#include "model/proof.h"
#include "model/token.h"

namespace coolkit::feed {

// The later of the horizon and the entry's own `fresh`: the proof that R8 uses.
[[nodiscard]] constexpr model::Fresh BestProof(const model::Fresh& horizon,
                                               const model::Fresh& fresh) {
  return fresh.at > horizon.at ? fresh : horizon;
}

// An upper bound on how stale the entry is at `now`, and the proof that says so. Without any proof
// the staleness is nanoseconds::max().
struct Staleness {
  nanoseconds bound{0};
  model::Fresh by;
};
[[nodiscard]] constexpr Staleness StalenessOf(const Sample& sample, const model::Proof& proof,
                                              BootTime now) {
  const model::Fresh by = BestProof(sample.horizon, proof.fresh);
  return {std::max(Since(by.at, now), nanoseconds(0)), by};
}

// R8: the entry may answer with this staleness; nothing: it can't be proved fresh enough. `sample`
// was read before the look-up and the entry is of its incarnation; `now` was read after the
// look-up and after the request's bytes.
[[nodiscard]] constexpr std::optional<Staleness> MayServe(const Sample& sample,
                                                          const model::Proof& proof, BootTime now,
                                                          nanoseconds staleness_max) {
  const Staleness staleness = StalenessOf(sample, proof, now);
  const bool proven = staleness.by.at != kMinusInfinity && staleness.bound <= staleness_max;
  if (Kept(Rule::kR8Bound) && !proven) return std::nullopt;
  return staleness;
}

// R10: the entry includes all that the bearer of the token has seen.
[[nodiscard]] inline bool MeetsToken(const Sample& sample, const model::Proof& proof,
                                     const model::Token& token) {
  if (!Kept(Rule::kR10Token)) return true;
  return token.incarnation == sample.incarnation &&
         std::max(proof.as_of, sample.applied) >= token.position;
}

// R10: the token of an answer from the cache. `seen` of an entry from the cache is never missing
// (cache::Found); if it is, the applied position stands for it. A token of another incarnation
// counts for nothing.
[[nodiscard]] inline model::Token AnswerToken(const Sample& sample, const model::Proof& proof,
                                              const std::optional<model::Token>& token) {
  model::Token answer{sample.incarnation,
                      proof.seen == model::kNoPosition ? sample.applied : proof.seen};
  if (!Kept(Rule::kR10AnswerSeen)) answer.position = sample.applied;
  if (token && token->incarnation == sample.incarnation) {
    answer.position = std::max(answer.position, token->position);
  }
  return answer;
}

// R15: the database's clock at `now` is at most this. Without a proof: DbTime::max().
[[nodiscard]] constexpr DbTime DbTimeUpperBound(const model::Fresh& by, BootTime now) {
  if (by.at == kMinusInfinity) return DbTime::max();
  const nanoseconds passed = std::max(now - by.at, nanoseconds(0));
  if (!Kept(Rule::kR15UpperBound)) return by.db_now;
  return by.db_now + std::chrono::ceil<microseconds>(passed);
}

// R15: true: treat the entry as a miss and let the database decide. `by` is the proof that R8 used.
[[nodiscard]] constexpr bool MaybeExpired(const std::optional<DbTime>& expires_at,
                                          const model::Fresh& by, BootTime now) {
  return Kept(Rule::kR15Expiry) && expires_at && *expires_at <= DbTimeUpperBound(by, now);
}

}  // namespace coolkit::feed
