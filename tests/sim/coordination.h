// Why: a pod's way to the rows of its ring: late, lost and gone as the database is. Not
// thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/database.h"
#include "sim/network.h"
#include "store/memory/memory_coordination.h"

namespace coolkit::sim {

// What is posted runs at once: the server itself.
class ServerLoop final : public net::Loop {
 public:
  explicit ServerLoop(const Clock& clock) : clock_(clock) {}
  void Post(Function<void()> work) override { work(); }
  [[nodiscard]] net::TimerId At(BootTime /*when*/, Function<void()> /*work*/) override {
    return {};
  }
  bool Cancel(net::TimerId /*timer*/) override { return false; }
  [[nodiscard]] const Clock& clock() const override { return clock_; }

 private:
  const Clock& clock_;
};

// The database's clock, as leases are judged by: it may step.
class DatabaseClock final : public Clock {
 public:
  explicit DatabaseClock(const Database& database) : database_(database) {}
  [[nodiscard]] BootTime Now() const override {
    return BootTime(std::chrono::duration_cast<nanoseconds>(database_.Now().time_since_epoch()));
  }
  [[nodiscard]] std::chrono::system_clock::time_point WallNow() const override {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<microseconds>(database_.Now().time_since_epoch() + step));
  }
  nanoseconds step{0};

 private:
  const Database& database_;
};

class ModelCoordination final : public store::Coordination {
 public:
  ModelCoordination(Scheduler& scheduler, const Database& database, store::Coordination& rows,
                    Thread& thread, const Network& network, milliseconds answer_timeout)
      : scheduler_(scheduler),
        database_(database),
        rows_(rows),
        thread_(thread),
        network_(network),
        answer_timeout_(answer_timeout) {}

  void Stop();

  void TakeLease(std::string ring, std::string holder, milliseconds ttl, std::int32_t members,
                 Completion<Result<std::optional<store::RingLease>>> done) override;
  void ReleaseLease(std::string ring, std::string holder, Completion<Result<void>> done) override;
  void PublishView(std::string ring, std::string holder, std::int64_t epoch, std::string view,
                   Completion<Result<std::optional<std::int64_t>>> done) override;
  void ReadRing(std::string ring, std::int64_t have,
                Completion<Result<store::RingRow>> done) override;
  void TakeSeat(std::string ring, int seat, std::string holder, milliseconds ttl,
                Completion<Result<bool>> done) override;
  void ReleaseSeat(std::string ring, int seat, std::string holder,
                   Completion<Result<void>> done) override;
  void ReadSecrets(Completion<Result<std::vector<store::RingSecret>>> done) override;

 private:
  struct Pending {
    virtual ~Pending() = default;
    virtual void Fail(ErrorCode code) = 0;
    bool ended = false;
  };
  template <class Answer>
  struct Call;
  // `work(done)` at the server, its answer back here.
  template <class Answer, class Work>
  void Ask(Completion<Result<Answer>> done, Work work);
  void Fail(std::shared_ptr<Pending> call, ErrorCode code);

  Scheduler& scheduler_;
  const Database& database_;
  store::Coordination& rows_;
  Thread& thread_;
  const Network& network_;
  const milliseconds answer_timeout_;
  bool stopped_ = false;
  std::vector<std::shared_ptr<Pending>> pending_;
};

}  // namespace coolkit::sim
