// Why: two tailers of one run: each polls the database, echoes pings and sends frames, which get
// lost, doubled and overtaken; a tailer may start again from where the database is (R2 to R4).
// Not thread-safe.
#pragma once

#include <array>

#include "support/currency/world.h"

namespace coolkit::support::currency {

class Tailers {
 public:
  explicit Tailers(World& world) : world_(world) {}

  // A pod stamps a ping; each tailer reads it some time, or not.
  void Ping(std::size_t pod) {
    const BootTime stamp = world_.now;
    for (Tailer& tailer : tailers_) {
      if (world_.OneIn(4)) continue;
      world_.Later(
          [&tailer, pod, stamp] { tailer.pings[pod] = std::max(tailer.pings[pod], stamp); });
    }
  }

  // The statement goes out, runs, and its frame goes out.
  void Poll() {
    Tailer& tailer = tailers_[world_.random.Below(world_.tailers)];
    if (tailer.polling) return;
    tailer.polling = true;
    const Pings echo = tailer.pings;  // R2: read before the statement was sent
    world_.Later([this, &tailer, echo] { Run(tailer, echo); });
  }

  void Restart() {
    Tailer& tailer = tailers_[world_.random.Below(world_.tailers)];
    tailer.life = world_.database.now().incarnation;
    tailer.prev = {world_.database.now().position};
  }

 private:
  using Pings = std::array<BootTime, kPods>;
  struct Tailer {
    model::Incarnation life;
    model::Position prev = model::kNoPosition;
    Pings pings{kMinusInfinity, kMinusInfinity};  // read so far
    bool polling = false;
  };

  void Run(Tailer& tailer, const Pings& echo) {
    if (!(tailer.life == world_.database.now().incarnation)) Restart(tailer);
    feed::Frame frame = FrameSince(tailer.prev);
    tailer.prev = frame.cur;
    world_.Later([this, &tailer, echo, frame] { SendAll(tailer, echo, frame); });
  }
  void SendAll(Tailer& tailer, const Pings& echo, const feed::Frame& frame) {
    if (world_.random.Below(100) < world_.stall_percent) {  // stopped between poll and send
      return world_.Later([this, &tailer, echo, frame] { SendAll(tailer, echo, frame); });
    }
    tailer.polling = false;
    const Pings& echoed = world_.rules.echo_before_statement ? echo : tailer.pings;
    for (std::size_t pod = 0; pod < kPods; ++pod) Send(frame, pod, echoed[pod]);
  }
  void Restart(Tailer& tailer) {
    tailer.life = world_.database.now().incarnation;
    tailer.prev = {world_.database.now().position};
  }

  feed::Frame FrameSince(model::Position prev) {
    const ModelDatabase::Life& life = world_.database.now();
    feed::Frame frame;
    frame.incarnation = life.incarnation;
    frame.prev = prev;
    frame.cur = {life.position};
    frame.changes = world_.database.ChangesSince(prev);
    if (world_.OneIn(12)) {  // too many to name
      for (const model::Change& change : frame.changes.keys) {
        frame.changes.collections.push_back(change.key.collection);
      }
      frame.changes.keys.clear();
    } else if (world_.OneIn(30)) {
      frame.changes = {};
      frame.changes.everything = true;
    }
    return frame;
  }

  void Send(feed::Frame frame, std::size_t pod, BootTime echo) {
    frame.echo = echo;
    if (world_.random.Below(100) < world_.frames_lost_percent[pod]) return;
    for (int copies = world_.OneIn(8) ? 2 : 1; copies > 0; --copies) {
      world_.Later([this, frame, pod] { Arrive(*world_.pods[pod], frame); });
    }
  }

  void Arrive(Pod& pod, const feed::Frame& frame) {
    const feed::Sample at = pod.state.Read();
    const feed::Judgement judgement = feed::Judge(frame, at);
    const bool continues = judgement == feed::Judgement::kApply ||
                           (judgement == feed::Judgement::kGap && !world_.rules.chain);
    if (continues && !(world_.rules.chain && world_.rules.apply_before_publish)) {
      return ApplyWrongly(pod, frame, at);
    }
    const auto on_gap = world_.OneIn(2) ? feed::OnGap::kAsk : feed::OnGap::kFlush;
    pod.applier.Take(frame, on_gap);
    if (judgement == feed::Judgement::kGap) ++world_.tally.gaps;
    if (judgement == feed::Judgement::kNewLife) ++world_.tally.lives;
    if (judgement == feed::Judgement::kGap && on_gap == feed::OnGap::kAsk) Resend(pod, at);
  }
  // R4: the tailer polls once more, from where the pod is.
  void Resend(Pod& pod, const feed::Sample& at) {
    world_.Later([this, &pod, at] {
      if (!(at.incarnation == world_.database.now().incarnation)) return;
      const feed::Frame frame = FrameSince(at.applied);
      world_.Later([this, &pod, frame] { Arrive(pod, frame); });
    });
  }
  void ApplyWrongly(Pod& pod, const feed::Frame& frame, const feed::Sample& at) {
    const auto apply = [&pod, frame] { pod.cache->Apply(frame.changes, frame.cur); };
    if (world_.rules.apply_before_publish) apply();
    pod.state.Publish(at.incarnation, std::max(at.applied, frame.cur),
                      feed::Advance(at.horizon, frame));
    if (!world_.rules.apply_before_publish) world_.Later(apply);
  }

  World& world_;
  std::array<Tailer, 2> tailers_;
};

}  // namespace coolkit::support::currency
