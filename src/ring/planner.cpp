#include "ring/planner.h"

#include <algorithm>

namespace coolkit::ring {

// The new assignment while it is made, over the members of the new view (the live ones by id).
struct Planner::Draft {
  enum class Role : std::uint8_t {
    kObserver,  // owns nothing and gets nothing: joining, or draining and done
    kNewcomer,  // could own, owns nothing yet
    kLeaver,    // draining, still owns
    kOwner,     // owns, may get more
  };
  struct Giver {  // somebody whose slots have to go: dead (no index) or draining
    std::uint16_t index = kNoMember;
    std::string address;
    std::vector<std::uint32_t> slots;
  };

  std::vector<Member> members;
  std::vector<Role> roles;
  std::vector<std::uint16_t> owner;     // per slot
  std::vector<std::uint16_t> previous;  // per slot: who owned it before, if alive
  std::vector<std::uint32_t> counts;    // slots owned
  std::vector<Giver> dead;
  std::vector<std::uint32_t> orphans;
  bool must_balance = false;

  void Give(std::uint32_t slot, std::uint16_t to) {
    if (owner[slot] != kNoMember) {
      previous[slot] = owner[slot];
      --counts[owner[slot]];
    }
    owner[slot] = to;
    if (previous[slot] == to) previous[slot] = kNoMember;
    ++counts[to];
  }
  [[nodiscard]] std::vector<std::uint16_t> With(Role role) const {
    std::vector<std::uint16_t> found;
    for (std::size_t i = 0; i < roles.size(); ++i) {
      if (roles[i] == role) found.push_back(static_cast<std::uint16_t>(i));
    }
    return found;
  }
};

std::optional<View> Planner::Plan(const View& current, std::span<const Member> live, BootTime now) {
  Draft draft = Begin(current, live);
  Remember(draft, now);
  PairWhole(draft);
  Release(draft, now);
  Balance(draft);
  View next = Finish(current, draft);
  if (next == current) return std::nullopt;
  next.set_epoch(0);
  return next;
}

Planner::Draft Planner::Begin(const View& current, std::span<const Member> live) const {
  using Role = Draft::Role;
  Draft draft;
  draft.members.assign(live.begin(), live.end());
  std::sort(draft.members.begin(), draft.members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
  if (draft.members.size() > View::kMembersMax) draft.members.resize(View::kMembersMax);

  // Indices of the published view in terms of the new one.
  std::vector<std::uint16_t> now_at(current.members().size(), kNoMember);
  for (std::size_t i = 0; i < draft.members.size(); ++i) {
    const std::uint16_t before = current.IndexOf(draft.members[i].id);
    if (before != kNoMember) now_at[before] = static_cast<std::uint16_t>(i);
  }
  const auto translate = [&](std::uint16_t index) {
    return index == kNoMember ? kNoMember : now_at[index];
  };

  draft.owner.assign(model::kSlotCount, kNoMember);
  draft.previous.assign(model::kSlotCount, kNoMember);
  draft.counts.assign(draft.members.size(), 0);
  std::vector<Draft::Giver> gone(current.members().size());
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    draft.previous[slot] = translate(current.previous(slot));
    const std::uint16_t owner = translate(current.owner(slot));
    draft.owner[slot] = owner;
    if (owner != kNoMember) {
      ++draft.counts[owner];
    } else if (current.owner(slot) == kNoMember) {
      draft.orphans.push_back(slot);
    } else {
      gone[current.owner(slot)].slots.push_back(slot);
    }
  }
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (gone[i].slots.empty()) continue;
    gone[i].address = current.members()[i].address;
    draft.dead.push_back(std::move(gone[i]));
  }

  for (std::size_t i = 0; i < draft.members.size(); ++i) {
    const bool owns = draft.counts[i] > 0;
    const MemberState state = draft.members[i].state;
    Role role = owns ? Role::kOwner : Role::kObserver;
    if (state == MemberState::kDraining && owns) role = Role::kLeaver;
    if (state == MemberState::kReady && !owns) role = Role::kNewcomer;
    draft.roles.push_back(role);
  }
  return draft;
}

void Planner::Remember(const Draft& draft, BootTime now) {
  std::map<MemberId, BootTime> waiting;
  for (std::size_t i = 0; i < draft.members.size(); ++i) {
    const Draft::Role role = draft.roles[i];
    if (role != Draft::Role::kNewcomer && role != Draft::Role::kLeaver) continue;
    const auto known = waiting_since_.find(draft.members[i].id);
    waiting[draft.members[i].id] = known == waiting_since_.end() ? now : known->second;
  }
  waiting_since_ = std::move(waiting);
}

bool Planner::Held(const MemberId& id, milliseconds hold, BootTime now) const {
  const auto since = waiting_since_.find(id);
  return since != waiting_since_.end() && now - since->second < hold;
}

// A newcomer takes over all slots of one who is gone or leaves: of the pod that it replaces on the
// same address first, then of whoever has most.
void Planner::PairWhole(Draft& draft) const {
  std::vector<std::uint16_t> newcomers = draft.With(Draft::Role::kNewcomer);
  std::vector<Draft::Giver> givers = std::move(draft.dead);
  draft.dead.clear();
  for (const std::uint16_t leaver : draft.With(Draft::Role::kLeaver)) {
    Draft::Giver giver{leaver, draft.members[leaver].address, {}};
    for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
      if (draft.owner[slot] == leaver) giver.slots.push_back(slot);
    }
    givers.push_back(std::move(giver));
  }
  std::stable_sort(givers.begin(), givers.end(),
                   [](const auto& a, const auto& b) { return a.slots.size() > b.slots.size(); });
  const auto give_all = [&](Draft::Giver& giver, std::vector<std::uint16_t>::iterator to) {
    for (const std::uint32_t slot : giver.slots) draft.Give(slot, *to);
    draft.roles[*to] = Draft::Role::kOwner;
    if (giver.index != kNoMember) draft.roles[giver.index] = Draft::Role::kObserver;
    giver.slots.clear();
    newcomers.erase(to);
  };
  for (Draft::Giver& giver : givers) {
    const auto same = std::find_if(newcomers.begin(), newcomers.end(), [&](std::uint16_t i) {
      return draft.members[i].address == giver.address;
    });
    if (same != newcomers.end()) give_all(giver, same);
  }
  for (Draft::Giver& giver : givers) {
    if (!giver.slots.empty() && !newcomers.empty()) give_all(giver, newcomers.begin());
  }
  for (Draft::Giver& giver : givers) {
    if (!giver.slots.empty() && giver.index == kNoMember) draft.dead.push_back(std::move(giver));
  }
}

// What can't wait any longer for a partner goes to all, or takes from all.
void Planner::Release(Draft& draft, BootTime now) const {
  using Role = Draft::Role;
  for (Draft::Giver& giver : draft.dead) {
    draft.orphans.insert(draft.orphans.end(), giver.slots.begin(), giver.slots.end());
  }
  const bool nobody_owns = draft.With(Role::kOwner).empty();
  draft.must_balance = !draft.orphans.empty();
  for (const std::uint16_t index : draft.With(Role::kNewcomer)) {
    if (!nobody_owns && !draft.must_balance &&
        Held(draft.members[index].id, options_.newcomer_hold, now)) {
      continue;
    }
    draft.roles[index] = Role::kOwner;
    draft.must_balance = true;
  }
  for (const std::uint16_t index : draft.With(Role::kLeaver)) {
    if (Held(draft.members[index].id, options_.leaver_hold, now)) continue;
    if (draft.With(Role::kOwner).empty()) continue;
    for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
      if (draft.owner[slot] == index) draft.orphans.push_back(slot);
    }
    draft.must_balance = true;
  }
  std::sort(draft.orphans.begin(), draft.orphans.end());
}

void Planner::Balance(Draft& draft) {
  std::vector<std::uint16_t> owners = draft.With(Draft::Role::kOwner);
  if (owners.empty()) return;
  std::stable_sort(owners.begin(), owners.end(), [&](std::uint16_t a, std::uint16_t b) {
    return draft.counts[a] > draft.counts[b];
  });
  std::uint32_t total = static_cast<std::uint32_t>(draft.orphans.size());
  for (const std::uint16_t index : owners) total += draft.counts[index];
  const std::uint32_t count = static_cast<std::uint32_t>(owners.size());
  const bool uneven = draft.counts[owners.front()] > draft.counts[owners.back()] + 1;
  if (!draft.must_balance && !uneven) return;

  std::vector<std::uint32_t> targets(draft.members.size(), 0);
  for (std::uint32_t i = 0; i < count; ++i) {
    targets[owners[i]] = total / count + (i < total % count ? 1 : 0);
  }
  // The surplus of the overfull, from their highest slots down: few and long runs.
  std::vector<std::uint32_t> spare = std::move(draft.orphans);
  std::vector<std::uint32_t> excess(draft.members.size(), 0);
  for (const std::uint16_t index : owners) {
    excess[index] = draft.counts[index] > targets[index] ? draft.counts[index] - targets[index] : 0;
  }
  for (std::uint32_t slot = model::kSlotCount; slot-- > 0;) {
    const std::uint16_t owner = draft.owner[slot];
    if (owner == kNoMember || excess[owner] == 0) continue;
    --excess[owner];
    spare.push_back(slot);
  }
  std::size_t next = 0;
  for (const std::uint16_t index : owners) {
    while (draft.counts[index] < targets[index] && next < spare.size()) {
      draft.Give(spare[next++], index);
    }
  }
  draft.orphans.clear();
}

View Planner::Finish(const View& current, const Draft& draft) {
  View next;
  next.set_epoch(current.epoch());
  for (const Member& member : draft.members) next.AddMember(member);
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    const std::uint16_t owner = draft.owner[slot];
    const std::uint16_t previous = draft.previous[slot];
    next.SetOwner(slot, owner, previous == owner ? kNoMember : previous);
  }
  return next;
}

}  // namespace coolkit::ring
