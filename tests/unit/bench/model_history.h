// Why: the checker is tested on histories that are correct because a model made them: every commit,
// snapshot and token of a small service in virtual time, with random clients. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "bench/history.h"

namespace coolkit::bench {

struct ModelOptions {
  std::uint32_t operations = 300;
  std::uint32_t clients = 8;
  std::uint32_t keys = 3;
  std::int64_t staleness_ns = 250'000'000;
  std::int64_t length_ns = 2'000'000'000;  // of the whole history
  unsigned unknown_percent = 3;
  unsigned session_percent = 30;  // of the reads carry their client's token
  bool absence_versions = false;
  bool expiry = true;
};

class ModelHistory {
 public:
  ModelHistory(ModelOptions options, std::uint64_t seed) : options_(options), random_(seed) {
    Invoke();
    Commit();
    for (std::size_t i = 0; i < steps_.size(); ++i) Answer(i);
  }

  [[nodiscard]] std::vector<Operation> operations() const {
    std::vector<Operation> all;
    for (const Step& step : steps_) all.push_back(step.operation);
    return all;
  }

 private:
  struct Step {
    Operation operation;
    std::int64_t commit_ns = -1;  // -1: it never took effect
    std::uint64_t digest = 0;     // of the value that it wrote
    std::int64_t version = 0;
  };
  struct State {
    std::int64_t commit_ns = 0;
    std::int64_t version = 0;
    std::uint64_t digest = 0;  // 0: absent
    std::int64_t expires_ns = 0;
  };

  std::int64_t Below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(bound)));
  }

  // Each client works alone, one operation after the other.
  void Invoke() {
    std::vector<std::int64_t> free(options_.clients, 1'000'000'000);
    const std::int64_t pause = options_.length_ns * options_.clients / options_.operations;
    for (std::uint32_t i = 0; i < options_.operations; ++i) {
      Step step;
      Operation& operation = step.operation;
      operation.client = static_cast<std::uint32_t>(Below(options_.clients));
      operation.key = static_cast<std::uint32_t>(Below(options_.keys));
      operation.start_ns = free[operation.client] + 1 + Below(pause);
      operation.end_ns = operation.start_ns + Below(pause);
      free[operation.client] = operation.end_ns + 1;
      Choose(step);
      steps_.push_back(step);
    }
    std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) {
      return a.operation.start_ns < b.operation.start_ns;
    });
  }

  void Choose(Step& step) {
    Operation& operation = step.operation;
    const std::int64_t dice = Below(100);
    operation.kind = dice < 55   ? Kind::kGet
                     : dice < 60 ? Kind::kHead
                     : dice < 85 ? Kind::kPut
                     : dice < 95 ? Kind::kDelete
                                 : Kind::kPatch;
    if (!operation.IsWrite()) {
      if (Below(5) == 0) operation.marks = kStrongMark;
      if (operation.marks == 0 && Below(20) == 0) operation.marks = kStaleMark;
      if (operation.marks == 0 && Below(10) == 0) {
        operation.limit_ms = 1 + static_cast<std::uint32_t>(Below(300));
      }
      return;
    }
    if (options_.expiry && operation.kind == Kind::kPut && Below(6) == 0) {
      operation.limit_ms = 1 + static_cast<std::uint32_t>(Below(300));
    }
    step.digest = operation.kind == Kind::kDelete ? 0 : random_.Next() | 1U;
    operation.digest = operation.kind == Kind::kPut ? step.digest : 0;
    const std::int64_t length = operation.end_ns - operation.start_ns;
    step.commit_ns = operation.start_ns + Below(length + 1);
    if (Below(100) < options_.unknown_percent) {
      operation.outcome = Outcome::kUnknown;
      // Never, or even after the client gave up.
      step.commit_ns = Below(3) == 0 ? -1 : operation.start_ns + Below(length + 200'000'000);
    } else if (Below(50) == 0) {
      operation.outcome = Outcome::kFailed;
      step.commit_ns = -1;
    }
  }

  // The effects, in the order of the commits.
  void Commit() {
    std::vector<std::pair<std::int64_t, std::size_t>> order;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].commit_ns >= 0) order.emplace_back(steps_[i].commit_ns, i);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [commit_ns, i] : order) {
      Step& step = steps_[i];
      std::vector<State>& states = states_[step.operation.key];
      const State before = StateAt(step.operation.key, commit_ns);
      if (step.operation.kind != Kind::kPut && before.digest == 0) {
        if (step.operation.outcome == Outcome::kOk) step.operation.outcome = Outcome::kAbsent;
        continue;
      }
      State state{commit_ns, 0, step.digest, 0};
      commits_.push_back(commit_ns);
      state.version = VersionAfter(commits_.size());
      if (step.operation.kind == Kind::kPatch) state.expires_ns = before.expires_ns;
      if (step.operation.kind == Kind::kPut && step.operation.limit_ms != 0) {
        state.expires_ns = commit_ns + std::int64_t{step.operation.limit_ms} * 1'000'000;
      }
      step.version = state.version;
      states.push_back(state);
    }
  }

  static std::int64_t VersionAfter(std::size_t commits) {
    return (std::int64_t{1} << 40U) + static_cast<std::int64_t>(commits) * 1024;
  }

  State StateAt(std::uint32_t key, std::int64_t at_ns) {
    State found;
    for (const State& state : states_[key]) {
      if (state.commit_ns <= at_ns) found = state;
    }
    if (found.expires_ns != 0 && at_ns >= found.expires_ns) found.digest = 0;
    return found;
  }

  // Commits that a snapshot includes.
  [[nodiscard]] std::int64_t PositionAt(std::int64_t at_ns) const {
    return std::upper_bound(commits_.begin(), commits_.end(), at_ns) - commits_.begin();
  }

  void Answer(std::size_t index) {
    Step& step = steps_[index];
    Operation& operation = step.operation;
    GiveToken(operation);
    if (operation.IsWrite() && operation.outcome != Outcome::kAbsent) {
      if (operation.outcome != Outcome::kOk) return;
      operation.version = step.version;
      ReceiveToken(operation, Between(step.commit_ns, operation.end_ns));
      return;
    }
    // What the answer is read from.
    std::int64_t at_ns = step.commit_ns;
    if (!operation.IsWrite()) {
      const std::int64_t bound_ns =
          operation.limit_ms == 0
              ? options_.staleness_ns
              : std::min(options_.staleness_ns, std::int64_t{operation.limit_ms} * 1'000'000);
      const std::int64_t back_ns = operation.Has(kStrongMark)  ? 0
                                   : operation.Has(kStaleMark) ? 900'000'000
                                                               : bound_ns;
      at_ns = Between(operation.start_ns - back_ns, operation.end_ns);
      if (operation.given_incarnation != 0 && operation.given_position > 0) {
        at_ns = std::max(at_ns, commits_[static_cast<std::size_t>(operation.given_position - 1)]);
      }
    }
    const State state = StateAt(operation.key, at_ns);
    operation.outcome = state.digest == 0 ? Outcome::kAbsent : Outcome::kOk;
    if (state.digest != 0) {
      operation.version = state.version;
      if (operation.kind == Kind::kGet) operation.digest = state.digest;
    } else if (options_.absence_versions && !operation.IsWrite()) {
      operation.version = VersionAfter(static_cast<std::size_t>(PositionAt(at_ns))) + 1;
    }
    ReceiveToken(operation, Between(at_ns, std::max(at_ns, operation.end_ns)));
  }

  std::int64_t Between(std::int64_t from, std::int64_t to) { return from + Below(to - from + 1); }

  void GiveToken(Operation& operation) {
    const auto& [position, end_ns] = tokens_[operation.client];
    if (position < 0 || end_ns >= operation.start_ns) return;
    if (!operation.IsWrite() && Below(100) >= options_.session_percent) return;
    operation.given_incarnation = 1;
    operation.given_position = position;
  }

  void ReceiveToken(Operation& operation, std::int64_t at_ns) {
    operation.received_incarnation = 1;
    operation.received_position = PositionAt(at_ns);
    if (operation.given_incarnation != 0) {
      operation.received_position = std::max(operation.received_position, operation.given_position);
    }
    auto& [position, end_ns] = tokens_[operation.client];
    position = std::max(position, operation.received_position);
    end_ns = operation.end_ns;
  }

  ModelOptions options_;
  SeededRandom random_;
  std::vector<Step> steps_;
  std::map<std::uint32_t, std::vector<State>> states_;
  std::vector<std::int64_t> commits_;
  struct Held {
    std::int64_t position = -1;
    std::int64_t end_ns = 0;
  };
  std::map<std::uint32_t, Held> tokens_;
};

inline constexpr std::string_view kTestIncarnation = "7.0.000102030405060708090a0b0c0d0e0f.5";

// A history of these operations; their keys are named k0, k1, …
inline History MakeHistory(const std::vector<Operation>& operations) {
  History history;
  static_cast<void>(history.AddSource());
  static_cast<void>(history.IncarnationNumber(kTestIncarnation));
  std::uint32_t keys = 0;
  for (const Operation& operation : operations) keys = std::max(keys, operation.key + 1);
  for (std::uint32_t key = 0; key < keys; ++key) {
    static_cast<void>(history.keys().Number("c/k" + std::to_string(key)));
  }
  History::Shards& part = history.AddPart();
  for (const Operation& operation : operations) {
    part[operation.key % History::kShards].push_back(operation);
  }
  return history;
}

}  // namespace coolkit::bench
