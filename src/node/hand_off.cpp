#include "node/hand_off.h"

#include <algorithm>
#include <utility>

#include "net/await.h"

namespace coolkit::node {

HandOff::HandOff(Parts parts, Options options) : parts_(parts), options_(options) {}

void HandOff::Start(net::Loop& loop, ring::MemberId self) {
  loop_ = &loop;
  self_ = self;
}

void HandOff::AskToStop() {
  stopping_ = true;
  tasks_.Close();
}

void HandOff::Stop() {
  AskToStop();
  tasks_.BlockUntilEmpty();
}

void HandOff::OnView(const ring::ViewPtr& before, const ring::ViewPtr& now) {
  if (before == nullptr || stopping_) return;
  const std::uint16_t mine = before->IndexOf(self_);
  if (mine == ring::kNoMember) return;
  struct Share {
    std::vector<bool> slots = std::vector<bool>(model::kSlotCount);
    std::size_t count = 0;
  };
  std::map<ring::MemberId, Share> shares;
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    if (before->owner(slot) != mine) continue;
    const ring::Member* owner = now->OwnerOf(slot);
    if (owner == nullptr || owner->id == self_) continue;
    Share& share = shares[owner->id];
    share.slots[slot] = true;
    ++share.count;
  }
  for (auto& [id, share] : shares) {
    const ring::Member& to = now->members()[now->IndexOf(id)];
    pending_ += share.count;
    parts_.metrics.hand_off_slots_pending.Set(static_cast<std::int64_t>(pending_.load()));
    const std::size_t count = share.count;
    if (!tasks_.Spawn(PushAll(to, std::move(share.slots), count, now->epoch()))) pending_ -= count;
  }
}

net::Task<void> HandOff::PushAll(ring::Member to, std::vector<bool> slots, std::size_t count,
                                 ring::Epoch epoch) {
  const std::uint64_t number = ++last_number_;
  Show(number, to.name, count, 0);
  co_await net::SleepUntil(*loop_, loop_->Now() + options_.settle);
  const std::vector<model::EntryPtr> entries =
      parts_.cache.Hottest([&slots](std::uint32_t slot) { return slots[slot]; });
  std::size_t next = 0;
  bool going = true;
  while (going && next < entries.size() && !stopping_) {
    going = co_await PushBatch(to, entries, next, epoch);
    Show(number, to.name, count, count * next / entries.size());
  }
  if (!going) parts_.metrics.hand_off_failures.Add();
  parts_.log.Info(going ? "handed slots over" : "gave up handing slots over",
                  {{"peer", std::string_view(to.name)},
                   {"slots", count},
                   {"entries", next},
                   {"of", entries.size()}});
  pending_ -= count;
  parts_.metrics.hand_off_slots_pending.Set(static_cast<std::int64_t>(pending_.load()));
  const MutexLock lock(mutex_);
  under_way_.erase(number);
}

void HandOff::Show(std::uint64_t number, const std::string& to, std::size_t slots,
                   std::size_t done) {
  const MutexLock lock(mutex_);
  under_way_[number] = {to, static_cast<std::uint32_t>(slots), static_cast<std::uint32_t>(done)};
}

std::vector<HandOffStatus> HandOff::Status() const {
  const MutexLock lock(mutex_);
  std::vector<HandOffStatus> status;
  for (const auto& [number, shown] : under_way_) status.push_back(shown);
  return status;
}

// R6: the position is sampled before each look-up; an entry that is no longer there, or proved by
// nothing in this life, is left out.
ring::PeerPush HandOff::Batch(const std::vector<model::EntryPtr>& entries, std::size_t& next,
                              ring::Epoch epoch, std::size_t& bytes) {
  ring::PeerPush push;
  push.epoch = epoch;
  const feed::Sample at = parts_.state.Read();
  push.incarnation = at.incarnation;
  while (next < entries.size() && push.items.size() < options_.batch_items_max &&
         bytes < options_.batch_bytes) {
    const auto found = parts_.cache.Peek(entries[next++]->key_ref(), at.incarnation);
    if (!found) continue;
    ring::PeerPushItem item;
    item.as_of = std::max(found->proof.as_of, at.applied);
    item.seen = found->proof.seen;
    bytes += found->entry->allocated_bytes();
    item.entry = found->entry;
    push.items.push_back(std::move(item));
  }
  return push;
}

net::Task<bool> HandOff::PushBatch(const ring::Member& to,
                                   const std::vector<model::EntryPtr>& entries, std::size_t& next,
                                   ring::Epoch epoch) {
  using Reply = Result<ring::PeerPushReply>;
  for (int failures = 0; failures < options_.failures_max && !stopping_; ++failures) {
    const BootTime now = loop_->Now();
    if (free_at_ > now) co_await net::SleepUntil(*loop_, free_at_);
    const std::size_t begin = next;
    std::size_t bytes = 0;
    ring::PeerPush push = Batch(entries, next, epoch, bytes);
    if (push.items.empty()) co_return true;
    const std::size_t items = push.items.size();
    const std::uint64_t pause_us = bytes * 1'000'000 / options_.bytes_per_second;
    free_at_ = std::max(free_at_, loop_->Now()) + microseconds(pause_us);
    const ring::MemberId peer = to.id;
    const Reply reply =
        co_await net::AwaitCompletion<Reply>(*loop_, [this, &peer, &push](Completion<Reply> done) {
          parts_.peers.Push(peer, std::move(push), std::move(done));
        });
    if (reply && (reply->go_on || reply->admitted > 0)) {
      parts_.metrics.hand_off_entries.Add(items);
      parts_.metrics.hand_off_bytes.Add(bytes);
      co_return true;
    }
    // Not connected yet, or it does not follow the view yet: again a little later.
    next = begin;
    co_await net::SleepUntil(*loop_, loop_->Now() + options_.retry);
  }
  co_return false;
}

}  // namespace coolkit::node
