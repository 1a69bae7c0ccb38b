// Why: everything that brings entries to a pod's door in one run: loads, the pod's own writes,
// answers of the other pod, pushes from it (R6, R7). Not thread-safe.
#pragma once

#include "feed/serve_rule.h"
#include "support/currency/world.h"

namespace coolkit::support::currency {

class Loads {
 public:
  explicit Loads(World& world) : world_(world) {}

  void Load() {
    Pod& pod = world_.AnyPod();
    const std::size_t key = world_.AnyKey();
    const feed::Sample before = pod.state.Read();
    const BootTime sent = world_.now;
    const bool weak = world_.OneIn(4);
    world_.Later([this, &pod, key, before, sent, weak] {
      const ModelDatabase::Life& life = world_.database.now();
      // R6: the snapshot's own position, or, weaker, A sampled before the send.
      const bool by_applied = weak && before.incarnation == life.incarnation;
      const model::Proof proof{by_applied ? before.applied : model::Position{life.position},
                               {life.position},
                               {sent, DbTime{}}};
      Admit(pod, world_.database.Read(key), proof, life.incarnation, world_.rules.fresh_at_send);
    });
  }

  // A commit by anybody; its acknowledgement arrives later.
  void ForeignWrite() {
    const std::size_t key = world_.AnyKey();
    const std::size_t place = world_.database.Commit(key, !world_.OneIn(4));
    const model::Incarnation life = world_.database.now().incarnation;
    world_.Later(
        [this, key, place, life] { world_.database.Acknowledge(life, key, place, world_.now); });
  }

  // The pod's own write. `acknowledged(life, key, version, position)`: what the client is told.
  template <class Acknowledged>
  void OwnWrite(Acknowledged acknowledged) {
    Pod& pod = world_.AnyPod();
    const std::size_t key = world_.AnyKey();
    const feed::Sample before = pod.state.Read();
    const BootTime sent = world_.now;
    world_.Later([this, &pod, key, before, sent, acknowledged] {
      const std::size_t place = world_.database.Commit(key, !world_.OneIn(4));
      const model::Incarnation life = world_.database.now().incarnation;
      world_.Later([this, &pod, key, before, sent, acknowledged, place, life] {
        // The statement after the COMMIT; of another life: the outcome is unknown.
        if (!(life == world_.database.now().incarnation)) return;
        const model::Position after{world_.database.now().position};
        const ModelDatabase::Write write = world_.database.now().writes[key][place];
        world_.Later([this, &pod, key, before, sent, acknowledged, place, life, after, write] {
          world_.database.Acknowledge(life, key, place, world_.now);
          const bool right = world_.rules.acknowledged_after_commit;
          acknowledged(life, key, write.version, right ? after : pod.state.Read().applied);
          if (!(before.incarnation == life)) return;
          const model::Position as_of =
              world_.rules.own_write_as_of_before ? before.applied : after;
          pod.cache->Admit(world_.database.MakeEntry(key, write.version, write.present),
                           {as_of, after, {sent, DbTime{}}}, life);
        });
      });
    });
  }

  // One pod asks the other, which answers from its cache.
  void AskPeer() {
    const std::size_t to = world_.random.Below(kPods);
    Pod& asker = *world_.pods[to];
    Pod& asked = *world_.pods[1 - to];
    const std::size_t key = world_.AnyKey();
    const BootTime sent = world_.now;
    world_.Later([this, &asker, &asked, key, sent] {
      FromPeer(asked, key, [this, &asker, sent](const Relayed& relayed) {
        const nanoseconds age = relayed.age;
        const BootTime from = world_.rules.peer_age_from_request ? sent : world_.now;
        model::Proof proof = relayed.proof;
        proof.fresh = age == nanoseconds::max() ? model::Fresh{} : model::Fresh{from - age, {}};
        asker.cache->Admit(relayed.entry, proof, relayed.life);
      });
    });
  }

  void Push() {
    const std::size_t to = world_.random.Below(kPods);
    Pod& receiver = *world_.pods[to];
    FromPeer(*world_.pods[1 - to], world_.AnyKey(), [this, &receiver](const Relayed& relayed) {
      model::Proof proof = relayed.proof;
      proof.fresh = {};  // R7: the horizon covers it
      if (!world_.rules.push_has_no_age && relayed.age != nanoseconds::max()) {
        proof.fresh.at = world_.now - relayed.age;
      }
      receiver.cache->Admit(relayed.entry, proof, relayed.life);
    });
  }

 private:
  struct Relayed {
    model::EntryPtr entry;
    model::Proof proof;  // as_of and seen; `fresh` is the receiver's business
    nanoseconds age{0};  // at the sender's check
    model::Incarnation life;
  };

  void Admit(Pod& pod, const model::EntryPtr& entry, const model::Proof& proof,
             const model::Incarnation& life, bool fresh_at_send) {
    world_.Later([this, &pod, entry, proof, life, fresh_at_send] {
      model::Proof arrived = proof;
      if (!fresh_at_send) arrived.fresh.at = world_.now;
      pod.cache->Admit(entry, arrived, life);
    });
  }

  // R6: the sender's position before the look-up counts; then the answer is on its way.
  template <class Arrived>
  void FromPeer(Pod& sender, std::size_t key, Arrived arrived) {
    const feed::Sample sample = sender.state.Read();
    world_.Later([this, &sender, key, sample, arrived] {
      const auto found = sender.cache->Find(world_.database.Name(key).ref(), sample.incarnation);
      if (!found) return;
      const BootTime checked = world_.now;
      world_.Later([this, &sender, sample, found, checked, arrived] {
        const feed::Sample after = sender.state.Read();
        const bool right = world_.rules.peer_position_before;
        if (!right && !(after.incarnation == sample.incarnation)) return;
        Relayed relayed{found->entry, found->proof,
                        feed::StalenessOf(sample, found->proof, checked).bound, sample.incarnation};
        relayed.proof.as_of = std::max(found->proof.as_of, right ? sample.applied : after.applied);
        world_.Later([relayed, arrived] { arrived(relayed); });
      });
    });
  }

  World& world_;
};

}  // namespace coolkit::support::currency
