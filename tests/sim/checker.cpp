#include "sim/checker.h"

#include <algorithm>

namespace coolkit::sim {
namespace {

constexpr std::int64_t kAbsentPlace = 1023;  // the low bits of settled - 1; no write has them

bool IsDead(const Commit& commit, DbTime now) {
  return !commit.present || (commit.expires_at && *commit.expires_at <= now);
}

model::Version VersionOf(const Commit* commit) {
  return commit == nullptr ? model::Version{} : commit->version;
}

}  // namespace

void Checker::Violated(const std::string& what) {
  if (muted_) return;
  if (violation_) return;
  violation_ = what;
  scheduler_.trace().Add(scheduler_.now(), "VIOLATION", what);
}

void Checker::Read(Node& node, const ReadCall& call, const kv::ReadAnswer& answer) {
  if (!node.alive()) return;
  ++coverage_.answers;
  coverage_.absent_answers += answer.entry->present() ? 0 : 1;
  coverage_.session_reads += call.session != nullptr ? 1 : 0;
  if (answer.entry->present()) {
    CheckContent(call, *answer.entry);
  } else {
    CheckAbsence(call, *answer.entry);
  }
  CheckFresh(call, answer);
  CheckLife(node, call, answer);
  if (call.session != nullptr) CheckSession(call, answer);
}

void Checker::CheckContent(const ReadCall& call, const model::Entry& entry) {
  const Commit* commit = database_.history().Find(call.key, entry.version());
  if (commit == nullptr) return Violated("an answer shows a version that was never committed");
  if (!commit->present || commit->value != entry.value() ||
      commit->expires_at != entry.expires_at()) {
    return Violated("R13: one version has two contents");
  }
  const DbTime sent =
      database_.Now() - std::chrono::duration_cast<microseconds>(scheduler_.now() - call.sent);
  if (entry.expires_at() && *entry.expires_at() <= sent) {
    Violated("R15: an answer shows a value that had expired before the request was sent");
  }
}

void Checker::CheckAbsence(const ReadCall& call, const model::Entry& entry) {
  const History& history = database_.history();
  const Commit* commit = history.Find(call.key, entry.version());
  if (commit == nullptr) {
    if ((entry.version().value & kAbsentPlace) != kAbsentPlace) {
      return Violated("an answer shows an absence with a version that was never committed");
    }
    // What a failover took back may have been what the absence speaks of.
    for (const Commit& earlier : history.of(call.key)) {
      if (earlier.lost_in <= database_.life()) return;
    }
    commit = history.UpTo(call.key, entry.version());
  }
  if (commit != nullptr && !IsDead(*commit, database_.Now())) {
    Violated("an answer says that a key is absent which is there as of that version");
  }
}

void Checker::CheckFresh(const ReadCall& call, const kv::ReadAnswer& answer) {
  const History& history = database_.history();
  const model::Version version = answer.entry->version();
  const bool stale = answer.source == kv::Source::kStale;
  if (stale || answer.source == kv::Source::kHit) {
    const Commit* stated = history.Before(call.key, call.arrived - answer.staleness);
    if (version < VersionOf(stated)) Violated("G2: an answer is staler than it says");
  }
  if (stale) return;
  const BootTime since = call.sent - (call.strong ? nanoseconds(0) : call.bound);
  if (version < VersionOf(history.Before(call.key, since))) {
    return Violated(call.strong ? "G4: a strong read lacks a write acknowledged before it was sent"
                                : "G2: an answer lacks a write acknowledged more than B before");
  }
  const Commit* commit = history.Find(call.key, version);
  if (commit != nullptr && commit->lost_in <= database_.life() &&
      since > database_.life_began(commit->lost_in)) {
    Violated("R12: an answer shows what the database lost more than B before");
  }
}

// A load that was sent in the old life may still answer who joined it; memory may not. What another
// pod was told is not what this one was.
void Checker::CheckLife(Node& node, const ReadCall& call, const kv::ReadAnswer& answer) {
  const std::size_t life = database_.LifeOf(answer.token.incarnation);
  Node::Told& told = node.told();
  const bool memory = answer.source == kv::Source::kStale || answer.source == kv::Source::kHit;
  if (memory && life < told.life && call.arrived > told.at) {
    return Violated("R12: an answer is of an older life than one of this pod before it");
  }
  if (life > told.life && !answer.relay) told = {life, scheduler_.now()};
}

void Checker::CheckSession(const ReadCall& call, const kv::ReadAnswer& answer) {
  const Session& session = *call.session;
  if (!session.token) return;
  if (!(session.token->incarnation == answer.token.incarnation)) {
    if (database_.LifeOf(answer.token.incarnation) < database_.LifeOf(session.token->incarnation)) {
      Violated("G3: an answer is of an older life than its session's token");
    }
    return;  // what was lost is lost
  }
  const std::size_t life = database_.LifeOf(answer.token.incarnation);
  const model::Version version = answer.entry->version();
  if (version < session.least[call.key]) {
    return Violated("G3: an answer goes back behind what its session has seen of the key");
  }
  if (version < database_.history().VersionAt(call.key, life, session.observed)) {
    return Violated("G3: an answer lacks a commit from before what its session has seen");
  }
  if (answer.token.position < session.token->position) {
    Violated("R10: a token goes back");
  }
}

void Checker::Written(std::size_t key, model::Version version, const std::string* value,
                      const model::Entry* base) {
  const std::vector<Commit>& commits = database_.history().of(key);
  const auto found = std::ranges::find(commits, version, &Commit::version);
  if (found == commits.end() || (value != nullptr && found->value != *value)) {
    return Violated("G1: an acknowledged write was not committed");
  }
  if (base == nullptr) return;
  const Commit* before = nullptr;  // what was there: not what an earlier failover took back
  for (auto at = commits.begin(); at != found; ++at) {
    if (at->lost_in > found->life) before = &*at;
  }
  if (base->present() ? VersionOf(before) != base->version()
                      : before != nullptr && !IsDead(*before, found->modified_at)) {
    Violated("an update was not made from the value that it replaced");
  }
}

void Checker::Learn(Session& session, const model::Token& token) const {
  if (!session.token || !(session.token->incarnation == token.incarnation)) {
    session.least.assign(keys_.size(), model::Version{});
    session.observed = model::kNoPosition;
    session.token = token;
  }
  // A batch has several; and a request that was sent without one may have got a lower one.
  session.token->position = std::max(session.token->position, token.position);
}

void Checker::Learn(Session& session, const model::Token& token, std::size_t key,
                    model::Version version) const {
  Learn(session, token);
  // An absence as of a version has shown the last commit up to there.
  const Commit* commit = database_.history().Find(key, version);
  if (commit == nullptr) commit = database_.history().UpTo(key, version);
  if (commit == nullptr) return;
  session.least[key] = std::max(session.least[key], commit->version);
  if (commit->life == database_.LifeOf(token.incarnation)) {
    session.observed = std::max(session.observed, commit->position);
  }
}

void Checker::Step(Node& node) {
  const feed::Sample at = node.state().Read();
  if (at.applied == model::kNoPosition) return;
  for (std::size_t key = 0; key < keys_.size(); ++key) CheckEntry(at, node, key);
}

void Checker::CheckEntry(const feed::Sample& at, Node& node, std::size_t key) {
  const History& history = database_.history();
  const std::size_t life = database_.LifeOf(at.incarnation);
  if (at.horizon.at != kMinusInfinity) {
    const BootTime horizon = node.process().WorldTime(at.horizon.at);
    const Commit* before = history.Before(key, horizon);
    if (before != nullptr && before->life == life && before->position > at.applied) {
      return Violated("R2: the horizon is ahead of what is applied");
    }
  }
  const auto found = node.cache().Peek(keys_.Name(key).ref(), at.incarnation);
  if (!found) return;
  const model::Version version = found->entry->version();
  const model::Proof& proof = found->proof;
  if (version < history.VersionAt(key, life, std::max(proof.as_of, at.applied))) {
    scheduler_.trace().Add(scheduler_.now(), node.process().name(), "has", keys_.Name(key).key,
                           "version", version.value, "as of", proof.as_of.value, "applied",
                           at.applied.value);
    return Violated("R1: an entry is older than its position says");
  }
  if (proof.fresh.at != kMinusInfinity &&
      version < VersionOf(history.Before(key, node.process().WorldTime(proof.fresh.at)))) {
    return Violated("R7: an entry is older than its proof says");
  }
  const Commit* commit = history.Find(key, version);
  if (commit != nullptr && commit->life == life && commit->position > proof.seen) {
    Violated("R10: an entry's version is newer than what it says who has seen it");
  }
}

void Checker::End() {
  const History& history = database_.history();
  std::vector<std::string> values;
  for (std::size_t key = 0; key < history.keys(); ++key) {
    coverage_.commits += history.of(key).size();
    for (const Commit& commit : history.of(key)) {
      if (commit.present) values.push_back(commit.value);
      if (commit.lost_in <= database_.life()) ++coverage_.lost_commits;
    }
  }
  std::ranges::sort(values);
  if (std::ranges::adjacent_find(values) != values.end()) {
    Violated("R18: a write happened twice");
  }
  for (const std::string& value : refused_) {
    if (std::ranges::binary_search(values, value)) {
      Violated("R18: a write happened that was said not to have");
    }
  }
}

}  // namespace coolkit::sim
