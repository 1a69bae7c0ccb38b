// Why: the read path and the write path: cache, single-flight, store and the serve rule in the
// order that the protocol demands. What the API offers is built from these calls alone.
//
// Thread safety: every call from any loop; a task runs on the loop that is passed to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "cache/cache.h"
#include "cache/flights.h"
#include "feed/state.h"
#include "kv/hot_keys.h"
#include "kv/metrics.h"
#include "kv/requests.h"
#include "kv/silence.h"
#include "model/entry.h"
#include "net/loop.h"
#include "net/task.h"
#include "ring/peer_client.h"
#include "ring/router.h"
#include "store/store.h"

namespace coolkit::kv {

struct ServiceOptions {
  nanoseconds staleness_max = milliseconds(250);         // B
  nanoseconds stale_while_database_down = seconds(300);  // 0: strict
  std::size_t loads_in_flight_max = 4096;                // keys being loaded; beyond: kOverloaded
  int compare_and_set_tries_max = 8;                     // then kContention
  HotKeys::Options hot_keys;                             // when a peer should keep a copy
  Silence::Options silence;                              // when stale answers need not wait
  // When this pod keeps a copy of what it asked the owner for, while half of its cache is free.
  HotKeys::Options read_again{milliseconds(10'000), 2, 65'536};
  bool only_hot_copies = false;  // never because of `read_again`
};

class Service {
 public:
  // All outlive the service.
  struct Parts {
    cache::Cache& cache;
    cache::Flights& flights;
    store::Store& store;
    feed::State& state;
    Metrics& metrics;
    const Clock& clock;
    // Null in a ring of one: who owns what, the way to them, and the flights of rank 0 (R17),
    // which wait on peers; `flights` are those of rank 1, which never do but for a look-up.
    const ring::Router* router = nullptr;
    ring::PeerClient* peers = nullptr;
    cache::Flights* peer_flights = nullptr;
  };
  Service(Parts parts, ServiceOptions options);

  // From memory if that is allowed and provable now; nothing otherwise (then call Read). Counts
  // the hit. Never waits.
  [[nodiscard]] std::optional<ReadAnswer> TryRead(const model::KeyRef& key,
                                                  const ReadOptions& options);
  // The whole read path. Errors: kNotCached, kDatabaseUnavailable, kOverloaded, kDeadlineExceeded,
  // kStorageError. An absent key is an answer, not an error.
  [[nodiscard]] net::Task<Result<ReadAnswer>> Read(model::Key key, ReadOptions options,
                                                   net::Loop& loop);
  // One answer per key, in order. What memory does not have, each owner is asked for at once, by
  // look-ups in its memory; what is not there either is loaded key by key, so that no key waits for
  // another's load. The loads of a batch share statements.
  [[nodiscard]] net::Task<std::vector<Result<ReadAnswer>>> ReadMany(std::vector<model::Key> keys,
                                                                    ReadOptions options,
                                                                    net::Loop& loop);

  // A write with a condition that the store can judge. kConditionFailed and kNotFound are
  // outcomes, not errors.
  [[nodiscard]] net::Task<Result<WriteAnswer>> Write(store::WriteOp op, WriteOptions options,
                                                     net::Loop& loop);
  // One answer per op, in order; ops of one key apply in order.
  [[nodiscard]] net::Task<std::vector<Result<WriteAnswer>>> WriteMany(
      std::vector<store::WriteOp> ops, WriteOptions options, net::Loop& loop);
  [[nodiscard]] net::Task<Result<AtomicAnswer>> WriteAtomic(std::vector<store::WriteOp> ops,
                                                            WriteOptions options, net::Loop& loop);
  // Strong read, transform, compare-and-set; again after a lost race, then kContention.
  [[nodiscard]] net::Task<Result<UpdateAnswer>> Update(model::Key key, Transform transform,
                                                       WriteOptions options, net::Loop& loop);

  [[nodiscard]] net::Task<Result<ListAnswer>> List(store::ListRequest request, WriteOptions options,
                                                   net::Loop& loop);

  // What another pod asks of this one; never sends anything on but a look-up (R17).
  struct PeerRead {
    ring::PeerReadItem item;
    model::Incarnation incarnation;
  };
  // From memory, if that may answer; nothing otherwise. Never waits.
  [[nodiscard]] std::optional<PeerRead> TryReadForPeer(const model::KeyRef& key,
                                                       const ring::PeerReadRequest& request);
  // kOwner: from memory, or by a flight of rank 1.
  [[nodiscard]] net::Task<PeerRead> ReadForPeer(model::Key key, ring::PeerReadRequest request,
                                                net::Loop& loop);
  // Whether this pod takes a write of the key from another one.
  [[nodiscard]] bool Owns(const model::KeyRef& key) const;
  // Writes by this pod itself, whoever owns the keys.
  [[nodiscard]] net::Task<std::vector<Result<store::WriteAnswer>>> WriteHere(
      std::vector<store::WriteOp> ops, BootTime deadline, net::Loop& loop);
  // R5 decides; true: it is in the cache now.
  bool Admit(const model::EntryPtr& entry, const model::Proof& proof,
             const model::Incarnation& incarnation);

 private:
  // What memory says about one read, with everything that the decision was made from.
  struct Lookup {
    std::optional<ReadAnswer> answer;  // allowed and proven
    std::optional<cache::Found> found;
    feed::Sample sample;
    BootTime now{};
    bool expired = false;  // R15: perhaps expired, so the database decides
  };
  [[nodiscard]] Lookup LookUp(const model::KeyRef& key, const ReadOptions& options) const;
  // Counts a look-up that did not answer; why the database or the owner is asked.
  [[nodiscard]] Source CountMiss(const Lookup& lookup) const;
  // Read behind the look-up in memory. `ask_owner`: false when it was asked already.
  [[nodiscard]] net::Task<Result<ReadAnswer>> ReadMissed(model::Key key, ReadOptions options,
                                                         Source source, bool ask_owner,
                                                         net::Loop& loop);
  // A batch of keys under way, and the keys that memory had no answer for.
  struct Missed {
    std::size_t index = 0;
    Source source = Source::kMiss;
    bool ask_owner = true;
    bool answered = false;
  };
  struct Batch {
    std::vector<model::Key> keys;
    ReadOptions options;
    std::vector<Result<ReadAnswer>> answers;
    std::vector<Missed> missed;
  };
  // What one owner is asked for at once: indices into `missed`.
  struct OwnersPart;
  [[nodiscard]] std::vector<OwnersPart> PartsOf(const Batch& batch) const;
  [[nodiscard]] net::Task<void> AskOwners(Batch& batch, net::Loop& loop);
  void TakeOwnersAnswers(Batch& batch, OwnersPart& part, BootTime now);
  // Outage mode: what memory has may answer, marked stale, within the bounds. Counts nothing.
  [[nodiscard]] std::optional<ReadAnswer> FindStale(const model::KeyRef& key,
                                                    const ReadOptions& options, BootTime now) const;
  [[nodiscard]] std::optional<ReadAnswer> StaleAnswer(const model::KeyRef& key,
                                                      const ReadOptions& options,
                                                      BootTime now) const;
  // Who may answer when the database is silent.
  enum class Otherwise : std::uint8_t {
    kNobody,  // so the read waits until its deadline
    kOwner,   // it may have given the database up by then; asked again after the patience
    kMemory,  // a stale answer is there: by Silence
  };
  // Until when a read waits for the database; `now`: not at all.
  [[nodiscard]] BootTime WaitUntil(const ReadOptions& options, Otherwise otherwise, BootTime now);
  // A wait until `until` ended at `now`: there is no use in another one.
  [[nodiscard]] bool GivesUp(const ReadOptions& options, BootTime began, BootTime until,
                             BootTime now);
  // One turn of a single flight: joins or leads (then `lead` starts it), and waits until then.
  using Lead = std::function<void(cache::FlightId)>;
  [[nodiscard]] net::Task<Result<cache::FlightOutcome>> Fly(cache::Flights& flights, model::Key key,
                                                            ReadOptions options, Lead lead,
                                                            BootTime until, net::Loop& loop);
  // The answer of this pod's own load, or a stale one. When the caller has somebody otherwise, it
  // ends with kDeadlineExceeded once the database is silent.
  [[nodiscard]] net::Task<Result<ReadAnswer>> ReadDatabase(model::Key key, ReadOptions options,
                                                           Source source, Otherwise otherwise,
                                                           net::Loop& loop);
  // The answer of the owner; nothing: it gave none that could be used.
  [[nodiscard]] net::Task<std::optional<ReadAnswer>> ReadOwner(model::Key key, ReadOptions options,
                                                               ring::Route route, Source source,
                                                               net::Loop& loop);
  [[nodiscard]] net::Task<Result<cache::FlightResult>> LoadAlone(model::Key key,
                                                                 ReadOptions options,
                                                                 net::Loop& loop);
  [[nodiscard]] BootTime SentAt(BootTime sent_at) const;
  [[nodiscard]] ring::Route RouteOf(const model::KeyRef& key) const;
  void AskOwner(const model::Key& key, const ReadOptions& options, const ring::Route& route,
                cache::FlightId flight);
  // Of an answer of the owner: a hot key's always, one that is read here again if there is room.
  void KeepCopy(const ring::PeerReadItem& item, const cache::FlightResult& result);
  void AskPrevious(const model::Key& key, const ReadOptions& options, const ring::Route& route,
                   cache::FlightId flight);
  void StartLoad(const model::Key& key, const ReadOptions& options, cache::FlightId flight);
  void LoadFromDatabase(const model::Key& key, BootTime deadline, cache::FlightId flight);
  [[nodiscard]] bool TakeLoadSlot();
  void CountHit(ReadAnswer& answer, const model::KeyRef& key) const;
  [[nodiscard]] static ReadAnswer Loaded(const cache::FlightResult& result,
                                         const ReadOptions& options, BootTime now);
  // R12: what an own statement was told of. If that is a newer life than the feed's, what is cached
  // goes at once; until the feed is there, too, every read asks the database.
  void MeetLife(const store::Snapshot& snapshot);
  // What a peer's answer is judged by: the feed's life, or a newer one that an own statement told
  // of (R12).
  [[nodiscard]] feed::Sample Known() const;
  // R6, R7: the entry of an acknowledged write enters the cache. `before` was sampled before the
  // write was handed to the store.
  void AdmitWrite(const store::WriteOp& op, const store::WriteOutcome& outcome,
                  const store::Snapshot& snapshot, const feed::Sample& before);
  [[nodiscard]] net::Task<Result<store::WriteAnswer>> WriteOne(store::WriteOp op, BootTime deadline,
                                                               net::Loop& loop);
  // The writes of one owner, by that owner or, if it surely did not take them, by this pod (R18).
  [[nodiscard]] net::Task<std::vector<Result<store::WriteAnswer>>> WriteAtOwner(
      std::vector<store::WriteOp> ops, ring::Route route, BootTime deadline, net::Loop& loop);

  Parts parts_;
  ServiceOptions options_;
  HotKeys hot_keys_;    // what peers ask this pod for
  HotKeys read_again_;  // what it asks them for
  Silence silence_;
  std::atomic<std::size_t> loads_in_flight_{0};
  // Of the newest life that an own statement told of.
  std::atomic<std::int64_t> base_met_{0};
  mutable Mutex life_mutex_;
  model::Incarnation life_met_ GUARDED_BY(life_mutex_);
};

}  // namespace coolkit::kv
