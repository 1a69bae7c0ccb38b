#include "sim/ring_world.h"

#include <algorithm>
#include <set>
#include <utility>

namespace coolkit::sim {
namespace {

constexpr std::string_view kRing = "ring";
constexpr milliseconds kDrainMax{400};

std::string AddressOf(std::size_t index) { return "10.0.0." + std::to_string(index + 1) + ":8080"; }

}  // namespace

RingWorld::RingWorld(const Parts& parts, RingPlan plan)
    : parts_(parts),
      plan_(std::move(plan)),
      database_clock_(parts.database),
      rows_(server_, database_clock_),
      wires_(parts.scheduler, plan_.wires),
      shared_{parts.scheduler,
              parts.database,
              rows_,
              wires_,
              parts.plan.database,
              parts.instruments,
              [this](auto done) { Discover(std::move(done)); }},
      lives_(parts.pods.size(), 0) {}

// Lives of one place differ in their id, and in when they were born by their own clock.
ring::Member RingWorld::MemberAt(std::size_t index, std::uint64_t life) const {
  ring::Member member;
  // Spread, so that the order of ids says nothing about places.
  std::uint64_t mixed = (index + 1) * 0x9E3779B97F4A7C15u + life * 0xD1B54A32D192ED03u;
  for (auto& byte : member.id.bytes) {
    mixed = mixed * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
  member.name = "pod-" + std::to_string(index) + "-" + std::to_string(life);
  member.address = AddressOf(index);
  return member;
}

void RingWorld::Configure(Node::Options& options, std::size_t index) {
  Random& random = parts_.scheduler.random();
  options.world = &shared_;
  RingPart::Options& ring = options.ring;
  ring.self = MemberAt(index, lives_[index]++);
  ring.self.born_us =
      std::chrono::duration_cast<microseconds>(parts_.scheduler.now().time_since_epoch()).count();
  // A machine whose wall clock is an hour behind.
  if (plan_.clock_steps > 0 && random.Below(3) == 0) ring.self.born_us -= 3'600'000'000;
  ring.machine = index;
  ring.limits = plan_.limits;
  ring.node = plan_.node;
  ring.rumours = calm_ ? Rumours{} : plan_.rumours;
  ring.router = plan_.router;
  ring.coordination_timeout = parts_.plan.answer_timeout;
  if (random.Below(100) < plan_.other_releases_percent) {
    ring.offer.version_max = static_cast<std::uint16_t>(1 + random.Below(3));
    ring.offer.capabilities = random.Below(2) == 0 ? 0 : random.Next();
  }
  options.service.hot_keys = plan_.hot_keys;
  options.service.read_again = plan_.read_again;
  options.service.only_hot_copies = plan_.only_hot_copies;
}

void RingWorld::PublishFirst(std::size_t pods) {
  if (!plan_.warm) return;
  const std::string holder = "whoever was here before";
  ring::View view;
  for (std::size_t i = 0; i < pods; ++i) {
    ring::Member member = MemberAt(i, 0);
    member.state = ring::MemberState::kReady;
    view.AddMember(std::move(member));
  }
  for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) {
    const auto owner = static_cast<std::uint16_t>(slot * pods / model::kSlotCount);
    view.SetOwner(slot, owner, ring::kNoMember);
  }
  view.set_epoch(2);
  rows_.TakeLease(std::string(kRing), holder, seconds(1), 0, [](const auto&) {});
  rows_.PublishView(std::string(kRing), holder, 1, ring::EncodeView(view), [](const auto&) {});
  rows_.ReleaseLease(std::string(kRing), holder, [](const auto&) {});
}

// What DNS says: everybody, or some, or nobody, or those who are long gone.
void RingWorld::Discover(Completion<Result<std::vector<std::string>>> done) {
  Random& random = parts_.scheduler.random();
  std::vector<std::string> found;
  const bool lies = !calm_ && random.Below(100) < plan_.discovery_lies_percent;
  for (std::size_t i = 0; i < parts_.pods.size(); ++i) {
    if (!lies || random.Below(2) == 0) found.push_back(AddressOf(i));
  }
  if (lies && random.Below(4) == 0) found.push_back("10.9.9.9:8080");
  if (lies && random.Below(4) == 0) found.clear();
  if (lies && random.Below(4) == 0) {
    return done(Fail(ErrorCode::kTimeout, "no answer of the name server"));
  }
  done(std::move(found));
}

Node* RingWorld::AnyPod() {
  return parts_.pods[parts_.scheduler.random().Below(parts_.pods.size())].get();
}

void RingWorld::PlanFaults(const std::function<nanoseconds()>& moment,
                           const std::function<void(std::size_t)>& kill) {
  Scheduler& scheduler = parts_.scheduler;
  for (std::size_t i = 0; i < plan_.drains; ++i) {
    const std::size_t index = scheduler.random().Below(parts_.pods.size());
    scheduler.After(moment(), [this, index, kill] { Drain(index, kill); });
  }
  for (std::size_t i = 0; i < plan_.cuts; ++i) {
    scheduler.After(moment(), [this] { CutSome(); });
  }
  for (std::size_t i = 0; i < plan_.clock_steps; ++i) {
    scheduler.After(moment(), [this] {
      if (calm_) return;
      ++parts_.coverage.clock_steps;
      const auto most = static_cast<std::int64_t>(parts_.scheduler.random().Below(1'000));
      database_clock_.step += milliseconds(most - 500);
    });
  }
  for (std::size_t i = 0; i < plan_.lies; ++i) scheduler.After(moment(), [this] { Lie(); });
  if (!plan_.wild_views) return;
  for (std::size_t i = 0; i < parts_.pods.size(); ++i) {
    scheduler.After(plan_.wild_every, [this, i] { GoWild(i); });
  }
}

void RingWorld::Drain(std::size_t index, const std::function<void(std::size_t)>& kill) {
  Node* pod = parts_.pods[index].get();
  if (pod == nullptr || calm_) return;
  ++parts_.coverage.drains;
  Scheduler& scheduler = parts_.scheduler;
  scheduler.trace().Add(scheduler.now(), pod->process().name(), "drains");
  pod->ring()->node().Drain();
  const BootTime end = scheduler.now() + kDrainMax;
  const auto look = std::make_shared<std::function<void()>>();
  *look = [this, pod, index, end, kill, weak = std::weak_ptr(look)] {
    if (parts_.pods[index].get() != pod) return;
    if (pod->ring()->node().Drained() || parts_.scheduler.now() >= end) return kill(index);
    if (const auto again = weak.lock()) {
      parts_.scheduler.After(milliseconds(10), [again] { (*again)(); });
    }
  };
  scheduler.After(milliseconds(10), [look] { (*look)(); });
}

void RingWorld::CutSome() {
  if (calm_) return;
  ++parts_.coverage.cuts;
  Scheduler& scheduler = parts_.scheduler;
  Random& random = scheduler.random();
  const std::size_t from = random.Below(parts_.pods.size());
  const std::size_t to = random.Below(parts_.pods.size());
  const auto most = static_cast<std::uint64_t>(plan_.cut_max.count()) + 1;
  const BootTime until =
      scheduler.now() + nanoseconds(static_cast<std::int64_t>(random.Below(most)));
  scheduler.trace().Add(scheduler.now(), "nothing goes from place", from, "to", to);
  wires_.Cut(from, to, until);
  if (random.Below(2) == 0) wires_.Cut(to, from, until);
}

ring::ViewPtr RingWorld::WildView() {
  Random& random = parts_.scheduler.random();
  auto view = std::make_shared<ring::View>();
  for (const auto& pod : parts_.pods) {
    if (pod) view->AddMember(pod->ring()->self());
  }
  if (view->members().empty()) return view;
  const auto any = [&] {
    const std::uint64_t pick = random.Below(view->members().size() + 1);
    return pick == view->members().size() ? ring::kNoMember : static_cast<std::uint16_t>(pick);
  };
  for (std::size_t key = 0; key < parts_.keys.size(); ++key) {
    view->SetOwner(model::SlotOf(parts_.keys.Name(key).hash), any(), any());
  }
  view->set_epoch(1'000'000 + ++wild_epoch_);
  return view;
}

void RingWorld::GoWild(std::size_t index) {
  if (calm_) return;
  if (Node* pod = parts_.pods[index].get()) {
    ++parts_.coverage.wild_views;
    pod->ring()->mutable_router().Follow(WildView(),
                                         pod->process().PodTime(parts_.scheduler.now()));
  }
  const auto most = static_cast<std::uint64_t>(nanoseconds(plan_.wild_every).count()) * 2;
  const nanoseconds pause(static_cast<std::int64_t>(parts_.scheduler.random().Below(most)));
  parts_.scheduler.After(pause, [this, index] { GoWild(index); });
}

// One pod says to another what no honest one would.
void RingWorld::Lie() {
  Node* const liar = AnyPod();
  Node* const victim = AnyPod();
  if (calm_ || liar == nullptr || victim == nullptr || liar == victim) return;
  ++parts_.coverage.lies;
  Random& random = parts_.scheduler.random();
  const ring::Member& from = liar->ring()->self();
  node::RingNode& ear = victim->ring()->node();
  const feed::Sample at = victim->state().Read();
  constexpr std::int64_t kHuge = INT64_MAX - 7;
  feed::Frame frame;
  frame.incarnation = at.incarnation;
  frame.prev = at.applied;
  frame.db_now = parts_.database.Now();
  frame.snapshot = "9000:9000:";
  const std::int64_t little = 10'000 + static_cast<std::int64_t>(random.Below(5'000));
  frame.cur = {at.applied.value + (plan_.absurd_lies ? 0 : little)};
  if (!plan_.absurd_lies) return ear.OnFrame(from.id, frame);
  ring::View view = *WildView();
  switch (random.Below(6)) {
    case 0:
      frame.cur = {random.Below(2) == 0 ? kHuge : at.applied.value + 1'000'000'000};
      return ear.OnFrame(from.id, frame);
    case 1:
      frame.prev = frame.cur = {kHuge};
      return ear.OnFrame(from.id, frame);
    case 2:  // an echo of a ping that will be sent in an hour
      frame.echo = victim->process().PodTime(parts_.scheduler.now()) + seconds(3600);
      return ear.OnFrame(from.id, frame);
    case 3:
      frame.incarnation.base = kHuge;
      frame.incarnation.id[0] = 77;
      return ear.OnFrame(from.id, frame);
    case 4:
      return ear.OnHeartbeat({from, kHuge, from.id, true});
    default:
      view.set_epoch(random.Below(2) == 0 ? kHuge : 900'000);
      return ear.OnView(from.id, std::move(view));
  }
}

void RingWorld::Step(Node& node) {
  if (plan_.wild_views || plan_.lies > 0) return;  // those are no views of the ring's
  const ring::ViewPtr view = node.ring()->router().view();
  const ring::View*& seen = followed_[node.ring()];
  if (view == nullptr || view.get() == seen) return;
  seen = view.get();
  const auto [known, fresh] = views_.emplace(view->epoch(), view);
  parts_.coverage.views += fresh ? 1 : 0;
  if (!fresh && !(*known->second == *view)) {
    parts_.checker.Violated("two pods follow different views of one epoch");
  }
}

void RingWorld::Calm() {
  calm_ = true;
  wires_.HealAll();
  plan_.wires.lost_percent = 0;
  plan_.wires.slow_percent = 0;
  for (const auto& pod : parts_.pods) {
    if (!pod) continue;
    pod->ring()->Calm();
    const ring::ViewPtr view = pod->ring()->node().Status().view;
    if (!plan_.wild_views || view == nullptr) continue;
    pod->ring()->mutable_router().Follow(view, pod->process().PodTime(parts_.scheduler.now()));
  }
}

bool RingWorld::Agrees() const {
  std::set<ring::MemberId> live;
  for (const auto& pod : parts_.pods) {
    if (!pod || !pod->ring()->began()) return false;
    live.insert(pod->ring()->self().id);
  }
  const std::size_t share = model::kSlotCount / live.size();
  ring::ViewPtr all;
  for (const auto& pod : parts_.pods) {
    const ring::ViewPtr view = pod->ring()->router().view();
    if (view == nullptr) return false;
    if (all == nullptr) all = view;
    if (view->epoch() != all->epoch()) return false;
  }
  return std::ranges::all_of(
      live, [&](const ring::MemberId& id) { return all->SlotsOwnedBy(id) >= share; });
}

}  // namespace coolkit::sim
