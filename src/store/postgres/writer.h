// Why: group commit: writes that arrive while a commit is under way form the next one: one
// statement per round, one transaction, the position behind it in the same pipeline. Whatever the
// database refuses is retried, split or given up by the table in sqlstate.h; what may have been
// committed is never sent again. Everything belongs to the store's loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "store/postgres/pending.h"
#include "store/postgres/shared.h"
#include "store/postgres/write_lanes.h"

namespace coolkit::store {

class Writer {
 public:
  // `begun(n, bytes)`: n operations with so many bytes of values do not wait any more.
  Writer(PgShared& shared, Supply& supply, std::function<void(std::size_t, std::size_t)> begun);

  // Queues; Start sends what can be sent.
  void Add(PgWrite write) { static_cast<void>(lanes_.Add(std::move(write))); }
  void Start();
  [[nodiscard]] std::size_t waiting() const { return lanes_.waiting(); }
  [[nodiscard]] bool busy() const;
  // So many more writes would begin a commit now.
  [[nodiscard]] std::size_t wanted() const;

  void FailExpired(BootTime now);
  void FailWaiting(const Error& error);

 private:
  using Lane = WriteLanes::Lane;
  using Batch = std::vector<PgWrite>;
  // One commit and what it was split into; the parts are tried in order.
  struct Work {
    Lane lane = Lane::kSmall;
    std::deque<Batch> parts;
    int retries = 0;
    int reconnects = 0;
    int renewals = 0;
  };
  enum class Fate : std::uint8_t { kDone, kUnknown, kRefused };

  void StartLane(Lane lane);
  void Begin(std::vector<PgWrite>& batch);
  net::Task<void> RunLane(Lane lane);
  net::Task<void> Commit(Lane lane, Batch batch);
  net::Task<void> CommitPart(Work& work, Batch part);
  net::Task<void> Refused(Work& work, Batch part, Refusal why);
  net::Task<void> Locked(Work& work, Batch part);
  net::Task<std::set<model::Key>> FindLocked(const Batch& part);
  net::Task<void> Answer(Batch part, std::vector<WriteOutcome> outcomes,
                         std::optional<Snapshot> snapshot);
  void MoveToLocked(Work& work, Batch part, const std::set<model::Key>& locked);
  static void Halve(Work& work, Batch part);
  [[nodiscard]] Batch DropExpired(Batch part, Lane lane);
  void FailAll(Batch& batch, const Error& error);
  // The answer, unless it has one already.
  void Tell(PgWrite& write, Result<WriteAnswer> answer);
  void TellLate(BootTime now);

  // While it lives, its coroutine waits with this batch in its hands; a write of it whose deadline
  // passes is told `late`, `grace` after it.
  class Watch {
   public:
    Watch(Writer& writer, Batch& batch, const Error& late, milliseconds grace);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class Writer;
    Writer& writer_;
    Batch& batch_;
    const Error& late_;
    const milliseconds grace_;
  };

  PgShared& shared_;
  Supply& supply_;
  std::function<void(std::size_t, std::size_t)> begun_;
  WriteLanes lanes_;
  int running_[3] = {0, 0, 0};
  BootTime small_began_ = kMinusInfinity;  // the last commit of small values
  std::vector<Watch*> watches_;
};

// The position behind a commit whose own was lost: any later one includes it (R10).
net::Task<std::optional<Snapshot>> PositionAfterCommit(PgShared& shared);

}  // namespace coolkit::store
