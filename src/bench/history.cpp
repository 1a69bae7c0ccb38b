#include "bench/history.h"

#include "bench/history_format.h"

namespace coolkit::bench {

std::uint32_t NameTable::Number(std::string_view name) {
  if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(names_.emplace_back(name), number);
  return number;
}

std::optional<std::uint8_t> History::IncarnationNumber(std::string_view incarnation) {
  const std::uint32_t number = lives_.Number(incarnation.substr(0, incarnation.rfind('.')));
  if (number >= kIncarnationsMax) return std::nullopt;
  if (number == incarnation_names_.size()) incarnation_names_.emplace_back(incarnation);
  return static_cast<std::uint8_t>(number + 1);
}

std::optional<std::uint32_t> History::AddSource() {
  if (sources_ == kSourcesMax) return std::nullopt;
  return sources_++;
}

std::vector<Operation> History::Shard(std::uint32_t shard) const {
  std::vector<Operation> all;
  std::size_t count = 0;
  for (const Shards& part : parts_) count += part[shard].size();
  all.reserve(count);
  for (const Shards& part : parts_) {
    all.insert(all.end(), part[shard].begin(), part[shard].end());
  }
  return all;
}

std::vector<Operation> History::TakeShard(std::uint32_t shard) {
  // A hot key's shard may hold most of the history: its largest part is not copied.
  std::vector<Operation> all;
  std::size_t count = 0;
  for (Shards& part : parts_) {
    count += part[shard].size();
    if (part[shard].size() > all.size()) all.swap(part[shard]);
  }
  if (all.size() < count) all.reserve(count);
  for (Shards& part : parts_) {
    all.insert(all.end(), part[shard].begin(), part[shard].end());
    std::vector<Operation>().swap(part[shard]);
  }
  return all;
}

std::uint64_t History::size() const {
  std::uint64_t count = 0;
  for (const Shards& part : parts_) {
    for (const auto& shard : part) count += shard.size();
  }
  return count;
}

}  // namespace coolkit::bench
