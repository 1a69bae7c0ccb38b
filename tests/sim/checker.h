// Why: the promises, asked of every answer and after every step, against what was really committed:
// G1 to G4, versions and their contents, expiry, the bound that an answer itself states, and the
// invariants of the protocol (R1, R2, R7, R10). Knows nothing of how the pods work. Not
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kv/service.h"
#include "sim/database.h"
#include "sim/instruments.h"
#include "sim/node.h"

namespace coolkit::sim {

// What one client has been shown, and the token that says so.
struct Session {
  std::optional<model::Token> token;
  std::vector<model::Version> least;              // by key
  model::Position observed = model::kNoPosition;  // of the last commit that it has seen
};

// One read of one key, as the client meant it.
struct ReadCall {
  std::size_t key = 0;
  BootTime sent{};     // the world's time at the client
  BootTime arrived{};  // and at the pod
  nanoseconds bound{0};
  bool strong = false;               // no-cache, no-store
  const Session* session = nullptr;  // its token was sent
};

class Checker {
 public:
  Checker(Scheduler& scheduler, const Database& database, const Keyspace& keys, Coverage& coverage)
      : scheduler_(scheduler), database_(database), keys_(keys), coverage_(coverage) {}

  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  void Violated(const std::string& what);
  // While somebody lies credibly, nothing is promised.
  void Mute(bool muted) { muted_ = muted; }

  void Read(Node& node, const ReadCall& call, const kv::ReadAnswer& answer);
  // An acknowledged write; `value`: of a put. `base`: what a compare-and-set was made from.
  void Written(std::size_t key, model::Version version, const std::string* value,
               const model::Entry* base = nullptr);
  // The client got an error that says that the write surely did not happen.
  void Refused(const std::string& value) { refused_.push_back(value); }
  // The client has the answer.
  void Learn(Session& session, const model::Token& token, std::size_t key,
             model::Version version) const;
  void Learn(Session& session, const model::Token& token) const;
  // R1, R2, R7, R10: of the caches, whatever anybody asks.
  void Step(Node& node);
  // When all has ended.
  void End();

 private:
  void CheckContent(const ReadCall& call, const model::Entry& entry);
  void CheckAbsence(const ReadCall& call, const model::Entry& entry);
  void CheckFresh(const ReadCall& call, const kv::ReadAnswer& answer);
  void CheckLife(Node& node, const ReadCall& call, const kv::ReadAnswer& answer);
  void CheckSession(const ReadCall& call, const kv::ReadAnswer& answer);
  void CheckEntry(const feed::Sample& at, Node& node, std::size_t key);

  Scheduler& scheduler_;
  const Database& database_;
  const Keyspace& keys_;
  Coverage& coverage_;
  std::vector<std::string> refused_;
  std::optional<std::string> violation_;
  bool muted_ = false;
};

}  // namespace coolkit::sim
