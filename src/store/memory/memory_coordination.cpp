#include "store/memory/memory_coordination.h"

#include <algorithm>

#include "base/random.h"

namespace coolkit::store {
namespace {

constexpr milliseconds kMembersCount{60'000};  // so long after the end of a ring's lease
constexpr std::size_t kSecretsKept = 2;
constexpr std::size_t kSecretBytes = 32;

}  // namespace

MemoryCoordination::MemoryCoordination(net::Loop& loop, const Clock& database_clock,
                                       std::uint64_t seed)
    : loop_(loop), clock_(database_clock), seed_(seed) {}

DbTime MemoryCoordination::Now() const {
  return DbTime(std::chrono::duration_cast<microseconds>(clock_.WallNow().time_since_epoch()));
}

void MemoryCoordination::FailWith(std::optional<Error> error) {
  const MutexLock lock(mutex_);
  failure_ = std::move(error);
}

template <class Answer, class Work>
void MemoryCoordination::Run(Completion<Result<Answer>> done, Work work) {
  Result<Answer> answer = [&]() -> Result<Answer> {
    const MutexLock lock(mutex_);
    if (failure_) return Fail(*failure_);
    return work();
  }();
  loop_.Post(
      [done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
}

std::int32_t MemoryCoordination::OtherMembers(const std::string& ring) const {
  const DbTime now = Now();
  std::int32_t sum = 0;
  for (const auto& [name, row] : rings_) {
    if (name != ring && row.lease.until > now - kMembersCount) sum += row.members;
  }
  return sum;
}

void MemoryCoordination::TakeLease(std::string ring, std::string holder, milliseconds ttl,
                                   std::int32_t members,
                                   Completion<Result<std::optional<RingLease>>> done) {
  Run(std::move(done), [&]() -> std::optional<RingLease> {
    mutex_.AssertHeld();
    Ring& row = rings_[ring];
    const DbTime now = Now();
    if (!row.lease.FreeFor(holder, now)) return std::nullopt;
    if (row.lease.holder != holder) ++row.epoch;
    row.lease = {holder, now + ttl};
    row.members = members;
    return RingLease{row.epoch, OtherMembers(ring)};
  });
}

void MemoryCoordination::ReleaseLease(std::string ring, std::string holder,
                                      Completion<Result<void>> done) {
  Run(std::move(done), [&]() -> Result<void> {
    mutex_.AssertHeld();
    if (const auto it = rings_.find(ring); it != rings_.end())
      it->second.lease.Release(holder, Now());
    return {};
  });
}

void MemoryCoordination::PublishView(std::string ring, std::string holder, std::int64_t epoch,
                                     std::string view,
                                     Completion<Result<std::optional<std::int64_t>>> done) {
  Run(std::move(done), [&]() -> std::optional<std::int64_t> {
    mutex_.AssertHeld();
    const auto it = rings_.find(ring);
    if (it == rings_.end()) return std::nullopt;
    Ring& row = it->second;
    const bool held = row.lease.holder == holder && row.lease.until > Now();
    if (!held || row.epoch != epoch) return std::nullopt;
    row.view = std::move(view);
    return ++row.epoch;
  });
}

void MemoryCoordination::ReadRing(std::string ring, std::int64_t have,
                                  Completion<Result<RingRow>> done) {
  Run(std::move(done), [&]() -> RingRow {
    mutex_.AssertHeld();
    RingRow answer;
    answer.other_members = OtherMembers(ring);
    const auto it = rings_.find(ring);
    if (it == rings_.end()) return answer;
    const Ring& row = it->second;
    answer.epoch = row.epoch;
    answer.members = row.members;
    if (row.epoch > have) answer.view = row.view;
    if (row.lease.until >= Now()) answer.holder = row.lease.holder;
    return answer;
  });
}

void MemoryCoordination::TakeSeat(std::string ring, int seat, std::string holder, milliseconds ttl,
                                  Completion<Result<bool>> done) {
  Run(std::move(done), [&] {
    mutex_.AssertHeld();
    Hold& hold = seats_[{ring, seat}];
    const DbTime now = Now();
    if (!hold.FreeFor(holder, now)) return false;
    hold = {holder, now + ttl};
    return true;
  });
}

void MemoryCoordination::ReleaseSeat(std::string ring, int seat, std::string holder,
                                     Completion<Result<void>> done) {
  Run(std::move(done), [&]() -> Result<void> {
    mutex_.AssertHeld();
    if (const auto it = seats_.find({ring, seat}); it != seats_.end()) {
      it->second.Release(holder, Now());
    }
    return {};
  });
}

void MemoryCoordination::AddSecret() {
  const std::uint32_t id = secrets_.empty() ? 1 : secrets_.front().id + 1;
  SeededRandom random(seed_ + id);
  RingSecret made{id, {}};
  while (made.secret.size() < kSecretBytes) made.secret += static_cast<char>(random.Next());
  secrets_.insert(secrets_.begin(), std::move(made));
  if (secrets_.size() > kSecretsKept) secrets_.pop_back();
}

void MemoryCoordination::ReadSecrets(Completion<Result<std::vector<RingSecret>>> done) {
  Run(std::move(done), [&] {
    mutex_.AssertHeld();
    if (secrets_.empty()) AddSecret();
    return secrets_;
  });
}

void MemoryCoordination::RotateSecret() {
  const MutexLock lock(mutex_);
  AddSecret();
}

}  // namespace coolkit::store
