#include "peer/outbox.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace coolkit::peer {

void Outbox::Add(Lane lane, Message message) {
  CHECK(message.size() <= kMessageBytesMax);
  CHECK(lane == Lane::kFeed || lane == Lane::kBulk || message.size() <= kChunkBytes);
  bytes_[Index(lane)] += message.size();
  lanes_[Index(lane)].push_back({std::move(message), 0, false});
}

bool Outbox::Remove(std::uint64_t id) {
  for (const Lane lane : {Lane::kSmall, Lane::kBulk}) {
    auto& queue = lanes_[Index(lane)];
    const auto it = std::find_if(queue.begin(), queue.end(),
                                 [id](const Waiting& waiting) { return waiting.message.id == id; });
    if (it == queue.end()) continue;
    bytes_[Index(lane)] -= it->message.size() - it->laid;
    const bool begun = it->begun;
    queue.erase(it);
    if (begun) Add(Lane::kUrgent, {MessageType::kAbort, 0, id, {}, nullptr, false});
    return true;
  }
  return false;
}

bool Outbox::empty() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane.empty(); });
}

std::size_t Outbox::Fill(std::string& block, std::vector<End>& ends) {
  block_begin_ = block.size();
  std::size_t finished = 0;
  const auto size = [&] { return block.size() - block_begin_; };
  while (!lanes_[Index(Lane::kUrgent)].empty()) finished += LayOne(Lane::kUrgent, block, ends);
  // Whoever has something gets a share of each block.
  const bool others = !lanes_[Index(Lane::kSmall)].empty() || !lanes_[Index(Lane::kBulk)].empty();
  const std::size_t feed_until = others ? kBlockBytes / 2 : kBlockBytes;
  while (!lanes_[Index(Lane::kFeed)].empty() && size() < feed_until) {
    finished += LayOne(Lane::kFeed, block, ends);
  }
  while (!lanes_[Index(Lane::kSmall)].empty() && size() < kBlockBytes) {
    finished += LayOne(Lane::kSmall, block, ends);
  }
  bool first = true;
  while (!lanes_[Index(Lane::kBulk)].empty() && (first || size() < kBlockBytes)) {
    finished += LayOne(Lane::kBulk, block, ends);
    first = false;
  }
  laid_total_ += size();
  return finished;
}

bool Outbox::LayOne(Lane lane, std::string& block, std::vector<End>& ends) {
  auto& queue = lanes_[Index(lane)];
  Waiting& waiting = queue.front();
  const Message& message = waiting.message;
  const std::size_t left = message.size() - waiting.laid;
  const std::size_t count = std::min(left, kChunkBytes);
  const bool more = count < left;
  FrameHeader header;
  header.body_bytes = static_cast<std::uint32_t>(count);
  header.type = message.type;
  header.flags = static_cast<std::uint8_t>(message.flags | (more ? kFlagMore : 0));
  header.id = message.id;
  AppendHeader(block, header);
  AppendBody(message, waiting.laid, count, block);
  waiting.laid += count;
  waiting.begun = true;
  bytes_[Index(lane)] -= count;
  if (more) return false;
  if (message.tracked) ends.push_back({message.id, laid_total_ + block.size() - block_begin_});
  queue.pop_front();
  return true;
}

void Outbox::AppendBody(const Message& message, std::size_t from, std::size_t count,
                        std::string& block) {
  const std::size_t own =
      from < message.own.size() ? std::min(count, message.own.size() - from) : 0;
  block.append(message.own, std::min(from, message.own.size()), own);
  if (count > own) block.append(*message.shared, from + own - message.own.size(), count - own);
}

}  // namespace coolkit::peer
