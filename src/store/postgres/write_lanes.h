// Why: writes of one key apply in their order, while large values, keys whose row somebody else has
// locked, and all the others must not wait for each other. So each key belongs to one lane as long
// as it has writes, and each lane is a queue. Pure; belongs to the store's loop.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/postgres/pending.h"

namespace coolkit::store {

class WriteLanes {
 public:
  enum class Lane : std::uint8_t { kSmall, kLarge, kLocked };
  struct Limits {
    std::size_t rows_max = 64;
    std::size_t bytes_max = 1u << 20;
    std::size_t versions_max = 16'000;
    std::size_t large_bytes = 256u << 10;
  };
  explicit WriteLanes(const Limits& limits) : limits_(limits) {}

  // Queues the write behind the earlier ones of its key; the lane it went into.
  Lane Add(PgWrite write);
  [[nodiscard]] bool HasWork(Lane lane) const { return waiting(lane) > 0; }
  [[nodiscard]] std::size_t waiting() const;
  // Writes; in kLocked: keys.
  [[nodiscard]] std::size_t waiting(Lane lane) const;
  // The next batch, without keys whose earlier writes were taken and are not finished; so it may be
  // empty. From kLocked: the writes of the key that waited longest for its turn.
  [[nodiscard]] std::vector<PgWrite> Take(Lane lane);

  // The writes that were taken, in their order, are of a locked key: they and all that wait with
  // them wait for the key's turn in kLocked from now on.
  void Lock(std::vector<PgWrite> writes);
  // The turn of a locked key is over: what waits gets another one.
  void EndTurn(const model::Key& key);
  // A write that was taken has its answer.
  void Finish(const model::Key& key);

  // Those that wait and whose deadline has passed; or all. They are finished.
  [[nodiscard]] std::vector<PgWrite> TakeExpired(BootTime now);
  [[nodiscard]] std::vector<PgWrite> TakeAll() { return TakeExpired(kNever); }

 private:
  struct KeyState {
    Lane lane = Lane::kSmall;
    std::size_t writes = 0;  // waiting and taken
    std::size_t taken = 0;
  };
  using Keys = std::unordered_map<model::Key, KeyState, model::KeyHash>;
  using Queue = std::deque<PgWrite>;

  [[nodiscard]] Queue& QueueOf(Lane lane) { return lane == Lane::kSmall ? small_ : large_; }
  void Forget(Keys::iterator key);  // one write less
  static void TakeExpired(Queue& queue, BootTime now, std::vector<PgWrite>& expired);

  const Limits limits_;
  Keys keys_;
  Queue small_;
  Queue large_;
  // A key that is being tried is in locked_ but not in turns_.
  std::unordered_map<model::Key, Queue, model::KeyHash> locked_;
  std::deque<model::Key> turns_;
};

}  // namespace coolkit::store
