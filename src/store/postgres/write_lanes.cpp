#include "store/postgres/write_lanes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace coolkit::store {

WriteLanes::Lane WriteLanes::Add(PgWrite write) {
  const auto [it, first] = keys_.try_emplace(write.op.key);
  KeyState& state = it->second;
  if (first) state.lane = write.bytes() >= limits_.large_bytes ? Lane::kLarge : Lane::kSmall;
  ++state.writes;
  const Lane lane = state.lane;
  if (lane != Lane::kLocked) {
    QueueOf(lane).push_back(std::move(write));
    return lane;
  }
  locked_[write.op.key].push_back(std::move(write));
  return lane;
}

std::size_t WriteLanes::waiting() const {
  std::size_t count = small_.size() + large_.size();
  for (const auto& [key, queue] : locked_) count += queue.size();
  return count;
}

std::size_t WriteLanes::waiting(Lane lane) const {
  switch (lane) {
    case Lane::kSmall:
      return small_.size();
    case Lane::kLarge:
      return large_.size();
    case Lane::kLocked:
      return turns_.size();
  }
  return 0;
}

std::vector<PgWrite> WriteLanes::Take(Lane lane) {
  Queue* queue = &QueueOf(lane == Lane::kLocked ? Lane::kSmall : lane);
  if (lane == Lane::kLocked) {
    CHECK(!turns_.empty());
    queue = &locked_[turns_.front()];
    turns_.pop_front();
  }
  std::vector<PgWrite> batch;
  Queue skipped;  // of keys whose earlier writes are under way
  std::size_t bytes = 0;
  std::size_t versions = 0;
  // Marks what it takes only behind the loop: a batch may have several writes of one key.
  while (!queue->empty() && batch.size() < limits_.rows_max) {
    PgWrite& next = queue->front();
    if (lane != Lane::kLocked && keys_.at(next.op.key).taken > 0) {
      skipped.push_back(std::move(next));
      queue->pop_front();
      continue;
    }
    bytes += next.bytes();
    versions += next.op.condition.versions.size();
    if (!batch.empty() && (bytes > limits_.bytes_max || versions > limits_.versions_max)) break;
    batch.push_back(std::move(next));
    queue->pop_front();
  }
  queue->insert(queue->begin(), std::make_move_iterator(skipped.begin()),
                std::make_move_iterator(skipped.end()));
  for (const PgWrite& write : batch) ++keys_.at(write.op.key).taken;
  return batch;
}

void WriteLanes::Lock(std::vector<PgWrite> writes) {
  if (writes.empty()) return;
  const model::Key key = writes.front().op.key;
  KeyState& state = keys_.at(key);
  state.taken -= writes.size();
  Queue& locked = locked_[key];
  if (state.lane != Lane::kLocked) {
    Queue& from = QueueOf(state.lane);
    Queue rest;
    for (PgWrite& write : from) {
      (write.op.key == key ? locked : rest).push_back(std::move(write));
    }
    from = std::move(rest);
    state.lane = Lane::kLocked;
  }
  locked.insert(locked.begin(), std::make_move_iterator(writes.begin()),
                std::make_move_iterator(writes.end()));
  EndTurn(key);
}

void WriteLanes::EndTurn(const model::Key& key) {
  const auto it = locked_.find(key);
  if (it == locked_.end() || it->second.empty()) return;
  if (std::find(turns_.begin(), turns_.end(), key) == turns_.end()) turns_.push_back(key);
}

void WriteLanes::Finish(const model::Key& key) {
  const auto it = keys_.find(key);
  CHECK(it != keys_.end() && it->second.taken > 0);
  --it->second.taken;
  Forget(it);
}

void WriteLanes::Forget(Keys::iterator it) {
  if (--it->second.writes > 0) return;
  locked_.erase(it->first);
  keys_.erase(it);
}

void WriteLanes::TakeExpired(Queue& queue, BootTime now, std::vector<PgWrite>& expired) {
  const auto is_expired = [now](const PgWrite& write) { return write.deadline <= now; };
  if (std::none_of(queue.begin(), queue.end(), is_expired)) return;
  Queue kept;
  for (PgWrite& write : queue) {
    if (is_expired(write)) {
      expired.push_back(std::move(write));
    } else {
      kept.push_back(std::move(write));
    }
  }
  queue = std::move(kept);
}

std::vector<PgWrite> WriteLanes::TakeExpired(BootTime now) {
  std::vector<PgWrite> expired;
  TakeExpired(small_, now, expired);
  TakeExpired(large_, now, expired);
  for (auto& [key, queue] : locked_) TakeExpired(queue, now, expired);
  for (const PgWrite& write : expired) Forget(keys_.find(write.op.key));
  std::erase_if(turns_, [this](const model::Key& key) {
    const auto it = locked_.find(key);
    return it == locked_.end() || it->second.empty();
  });
  return expired;
}

}  // namespace coolkit::store
