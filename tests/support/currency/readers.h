// Why: clients of one run: reads in single steps through any pod, with and without a session token,
// and the judgement of every answer (G2, G3). Not thread-safe.
#pragma once

#include <array>
#include <string>

#include "feed/serve_rule.h"
#include "support/currency/world.h"

namespace coolkit::support::currency {

class Readers {
 public:
  explicit Readers(World& world) : world_(world) {}

  void Read() {
    Request request;
    request.session = world_.OneIn(3) ? nullptr : &sessions_[world_.random.Below(2)];
    if (request.session != nullptr) {
      if (request.session->busy) return;
      request.session->busy = true;
    }
    request.key = world_.AnyKey();
    request.pod = &world_.AnyPod();
    if (request.session != nullptr && !world_.OneIn(3)) request.key = request.session->last_key;
    request.sent = world_.now;
    // What a clock cached by the event loop might say.
    request.old_clock = world_.now - milliseconds(world_.random.Below(100));
    world_.Later([this, request] { Sample(request); });
  }

  // A session's own write was acknowledged with this position.
  [[nodiscard]] auto Acknowledged() {
    Session* session = &sessions_[world_.random.Below(2)];
    if (session->busy) session = nullptr;
    if (session != nullptr) session->busy = true;
    return [session](const model::Incarnation& life, std::size_t key, model::Version version,
                     model::Position position) {
      if (session == nullptr) return;
      session->busy = false;
      Saw(*session, {life, position}, key, version);
    };
  }
  // A write whose outcome nobody learns must not block its session for ever.
  void GiveUp() {
    for (Session& session : sessions_) session.busy = false;
  }

 private:
  struct Session {
    std::optional<model::Token> token;
    std::array<model::Version, kKeys> least;  // what it has seen of each key
    std::size_t last_key = 0;
    bool busy = false;
  };
  struct Request {
    Session* session = nullptr;  // null: without a token
    std::size_t key = 0;
    Pod* pod = nullptr;
    BootTime sent;
    BootTime old_clock;
    feed::Sample sample;
    std::optional<cache::Found> found;
  };

  // R8, in single steps: anything may happen in between.
  void Sample(Request request) {
    request.sample = request.pod->state.Read();
    if (!world_.rules.sample_before_look_up) LookUp(request);
    world_.Later([this, request]() mutable {
      if (world_.rules.sample_before_look_up) {
        LookUp(request);
      } else {
        request.sample = request.pod->state.Read();
      }
      world_.Later([this, request] { Judge(request); });
    });
  }
  void LookUp(Request& request) {
    request.found = request.pod->cache->Find(world_.database.Name(request.key).ref(),
                                             request.sample.incarnation);
  }

  void Judge(const Request& request) {
    const auto& token = request.session == nullptr ? kNoToken : request.session->token;
    if (!request.found) return AskDatabase(request);
    const model::Proof& proof = request.found->proof;
    const BootTime now = world_.rules.clock_after_request ? world_.now : request.old_clock;
    const auto served = feed::MayServe(request.sample, proof, now, world_.bound);
    if ((!served && world_.rules.serve_rule) ||
        (token && world_.rules.token && !feed::MeetsToken(request.sample, proof, *token))) {
      ++world_.tally.refused;
      return AskDatabase(request);
    }
    ++world_.tally.hits;
    if (proof.as_of == model::kNoPosition) ++world_.tally.settled_hits;
    Check(request);
    if (request.session == nullptr) return;
    model::Token answer = feed::AnswerToken(request.sample, proof, token);
    if (!world_.rules.token_has_seen) answer = token.value_or(model::Token{answer.incarnation, {}});
    Answer(*request.session, answer, request.key, request.found->entry->version());
  }

  void Check(const Request& request) {
    const model::Version version = request.found->entry->version();
    // G2: whatever was acknowledged more than B before the client sent the read.
    if (version < world_.database.AcknowledgedBefore(request.key, request.sent - world_.bound)) {
      world_.Violated("G2: an answer lacks a write acknowledged more than B before");
    }
    // G3, unless the token is of another life: such a read went to the database.
    if (request.session != nullptr && version < request.session->least[request.key]) {
      world_.Violated("G3: an answer goes back behind what its session has seen");
    }
  }

  void AskDatabase(const Request& request) {
    if (request.session == nullptr) return;
    world_.Later([this, request] {
      const ModelDatabase::Life& life = world_.database.now();
      model::Token answer{life.incarnation, {life.position}};
      const auto& token = request.session->token;
      if (token && token->incarnation == life.incarnation) {
        answer.position = std::max(answer.position, token->position);
      }
      Answer(*request.session, answer, request.key, world_.database.Read(request.key)->version());
    });
  }

  void Answer(Session& session, const model::Token& token, std::size_t key,
              model::Version version) {
    session.busy = false;
    Saw(session, token, key, world_.database.Effective(key, version));
  }
  static void Saw(Session& session, const model::Token& token, std::size_t key,
                  model::Version version) {
    // G3 can't hold across lives: what was lost is lost.
    if (!session.token || !(session.token->incarnation == token.incarnation)) session = {};
    model::Token kept = token;
    if (session.token) kept.position = std::max(kept.position, session.token->position);
    session.token = kept;
    session.last_key = key;
    session.least[key] = std::max(session.least[key], version);
  }

  inline static const std::optional<model::Token> kNoToken;

  World& world_;
  std::array<Session, 2> sessions_;
};

}  // namespace coolkit::support::currency
