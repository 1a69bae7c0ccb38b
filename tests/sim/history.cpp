#include "sim/history.h"

#include <algorithm>
#include <ranges>

namespace coolkit::sim {
namespace {

bool Kept(const Commit& commit) {
  return commit.lost_in == std::numeric_limits<std::size_t>::max();
}

}  // namespace

bool History::Add(std::size_t key, Commit commit) {
  std::vector<Commit>& commits = keys_[key];
  const bool grows = std::ranges::all_of(
      commits, [&](const Commit& earlier) { return earlier.version < commit.version; });
  commits.push_back(std::move(commit));
  return grows;
}

void History::Lose(std::size_t life, model::Position kept) {
  for (std::vector<Commit>& commits : keys_) {
    for (Commit& commit : commits) {
      if (commit.life + 1 == life && commit.position > kept) commit.lost_in = life;
    }
  }
}

const Commit* History::Find(std::size_t key, model::Version version) const {
  const auto found = std::ranges::find(keys_[key], version, &Commit::version);
  return found == keys_[key].end() ? nullptr : &*found;
}

const Commit* History::At(std::size_t key, std::size_t life, model::Position position) const {
  for (const Commit& commit : keys_[key] | std::views::reverse) {
    if (commit.life > life || commit.lost_in <= life) continue;
    if (commit.life < life || commit.position <= position) return &commit;
  }
  return nullptr;
}

const Commit* History::Before(std::size_t key, BootTime when) const {
  for (const Commit& commit : keys_[key] | std::views::reverse) {
    if (commit.at < when && Kept(commit)) return &commit;
  }
  return nullptr;
}

const Commit* History::UpTo(std::size_t key, model::Version version) const {
  for (const Commit& commit : keys_[key] | std::views::reverse) {
    if (commit.version <= version && Kept(commit)) return &commit;
  }
  return nullptr;
}

}  // namespace coolkit::sim
