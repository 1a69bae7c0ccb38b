#include "sim/coordination.h"

#include <utility>

namespace coolkit::sim {

template <class Answer>
struct ModelCoordination::Call final : Pending {
  Completion<Result<Answer>> done;
  void Fail(ErrorCode code) override { done(coolkit::Fail(code, "no answer")); }
};

void ModelCoordination::Fail(std::shared_ptr<Pending> call, ErrorCode code) {
  if (std::exchange(call->ended, true)) return;
  std::erase(pending_, call);
  thread_.Post([call, code] { call->Fail(code); });
}

void ModelCoordination::Stop() {
  stopped_ = true;
  while (!pending_.empty()) Fail(pending_.back(), ErrorCode::kDraining);
}

template <class Answer, class Work>
void ModelCoordination::Ask(Completion<Result<Answer>> done, Work work) {
  auto call = std::make_shared<Call<Answer>>();
  call->done = std::move(done);
  pending_.push_back(call);
  if (stopped_) return Fail(call, ErrorCode::kDraining);
  if (!database_.up()) return Fail(call, ErrorCode::kDatabaseUnavailable);
  scheduler_.After(answer_timeout_, [this, weak = std::weak_ptr<Pending>(call)] {
    if (const auto late = weak.lock()) Fail(late, ErrorCode::kDatabaseUnavailable);
  });
  Random& random = scheduler_.random();
  if (network_.Loses(random)) return;
  const std::uint64_t run = database_.run();
  scheduler_.After(network_.Delay(random), [this, call, run, work = std::move(work)]() mutable {
    if (database_.run() != run || !database_.up()) return;
    const bool lost = network_.Loses(scheduler_.random());
    work([this, call, lost](Result<Answer> answer) {
      if (lost) return;
      const nanoseconds back = network_.Delay(scheduler_.random());
      auto result = std::make_shared<Result<Answer>>(std::move(answer));
      scheduler_.After(back, [this, call, result] {
        if (std::exchange(call->ended, true)) return;
        std::erase_if(pending_, [&](const auto& other) { return other == call; });
        thread_.Post([call, result] { call->done(std::move(*result)); });
      });
    });
  });
}

void ModelCoordination::TakeLease(std::string ring, std::string holder, milliseconds ttl,
                                  std::int32_t members,
                                  Completion<Result<std::optional<store::RingLease>>> done) {
  Ask(std::move(done), [this, ring = std::move(ring), holder = std::move(holder), ttl,
                        members](auto answered) mutable {
    rows_.TakeLease(std::move(ring), std::move(holder), ttl, members, std::move(answered));
  });
}

void ModelCoordination::ReleaseLease(std::string ring, std::string holder,
                                     Completion<Result<void>> done) {
  Ask(std::move(done),
      [this, ring = std::move(ring), holder = std::move(holder)](auto answered) mutable {
        rows_.ReleaseLease(std::move(ring), std::move(holder), std::move(answered));
      });
}

void ModelCoordination::PublishView(std::string ring, std::string holder, std::int64_t epoch,
                                    std::string view,
                                    Completion<Result<std::optional<std::int64_t>>> done) {
  Ask(std::move(done), [this, ring = std::move(ring), holder = std::move(holder), epoch,
                        view = std::move(view)](auto answered) mutable {
    rows_.PublishView(std::move(ring), std::move(holder), epoch, std::move(view),
                      std::move(answered));
  });
}

void ModelCoordination::ReadRing(std::string ring, std::int64_t have,
                                 Completion<Result<store::RingRow>> done) {
  Ask(std::move(done), [this, ring = std::move(ring), have](auto answered) mutable {
    rows_.ReadRing(std::move(ring), have, std::move(answered));
  });
}

void ModelCoordination::TakeSeat(std::string ring, int seat, std::string holder, milliseconds ttl,
                                 Completion<Result<bool>> done) {
  Ask(std::move(done),
      [this, ring = std::move(ring), seat, holder = std::move(holder), ttl](auto answered) mutable {
        rows_.TakeSeat(std::move(ring), seat, std::move(holder), ttl, std::move(answered));
      });
}

void ModelCoordination::ReleaseSeat(std::string ring, int seat, std::string holder,
                                    Completion<Result<void>> done) {
  Ask(std::move(done),
      [this, ring = std::move(ring), seat, holder = std::move(holder)](auto answered) mutable {
        rows_.ReleaseSeat(std::move(ring), seat, std::move(holder), std::move(answered));
      });
}

void ModelCoordination::ReadSecrets(Completion<Result<std::vector<store::RingSecret>>> done) {
  Ask(std::move(done), [this](auto answered) mutable { rows_.ReadSecrets(std::move(answered)); });
}

}  // namespace coolkit::sim
