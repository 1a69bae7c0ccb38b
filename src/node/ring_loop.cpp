#include "node/ring_loop.h"

#include <algorithm>
#include <utility>

#include "net/await.h"

namespace coolkit::node {
namespace {

constexpr int kRowsAfterLie = 5;         // so long only the row is followed
constexpr milliseconds kStopCheck{100};  // how soon a pause notices AskToStop

std::string_view EventName(ring::Membership::Event event) {
  switch (event) {
    case ring::Membership::Event::kJoined:
      return "peer is alive";
    case ring::Membership::Event::kChangedState:
      return "peer changed its state";
    case ring::Membership::Event::kReplaced:
      return "peer was replaced by a new life on its address";
    case ring::Membership::Event::kLost:
      return "peer is not heard any more";
  }
  return "peer";
}

}  // namespace

RingLoop::RingLoop(Parts parts, Options options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      membership_(parts_.identity.self(), options_.membership),
      planner_(options_.planner),
      holder_(ring::FormatMemberId(parts_.identity.id())) {}

void RingLoop::Start(net::Loop& loop) {
  loop_ = &loop;
  loop.Post([this] {
    started_at_ = loop_->Now();
    UpdateStatus();
    tasks_.Spawn(RunTicks());
    tasks_.Spawn(RunDiscovery());
    tasks_.Spawn(RunRow());
    tasks_.Spawn(RunLease());
  });
}

void RingLoop::BecomeReady() {
  loop_->Post([this] { feed_ready_ = true; });
}

void RingLoop::Drain() {
  loop_->Post([this] {
    membership_.SetState(ring::MemberState::kDraining);
    parts_.identity.SetState(ring::MemberState::kDraining);
    Beat();
  });
}

void RingLoop::AskToStop() {
  stopping_ = true;
  tasks_.Close();
}

void RingLoop::Stop() {
  AskToStop();
  tasks_.BlockUntilEmpty();
}

net::Task<void> RingLoop::Pause(milliseconds duration) {
  const BootTime end = loop_->Now() + duration;
  while (!stopping_ && loop_->Now() < end) {
    co_await net::SleepUntil(*loop_, std::min(end, loop_->Now() + kStopCheck));
  }
}

net::Task<void> RingLoop::RunTicks() {
  while (!stopping_) {
    Tick();
    co_await Pause(options_.tick);
  }
}

void RingLoop::Tick() {
  const BootTime now = loop_->Now();
  for (const ring::Membership::Change& change : membership_.Tick(now)) LogChange(change);
  DialPeers();
  if (feed_ready_ && membership_.self().state == ring::MemberState::kJoining) {
    // A moment for the first heartbeats, so that a newcomer does not think it is alone.
    const bool heard = membership_.live_count() > 1 && view_ != nullptr;
    if (heard || now - started_at_ >= options_.join_wait) {
      membership_.SetState(ring::MemberState::kReady);
      parts_.identity.SetState(ring::MemberState::kReady);
      Beat();
    }
  }
  if (Since(beat_at_, now) >= options_.heartbeat_interval) Beat();
  if (view_ != nullptr) SetConflict(IsForeign(*view_));
  const ring::Heartbeat* leader = membership_.Find(leader_);
  if (Leads()) {
    leader_ = parts_.identity.id();
  } else if (leader == nullptr || leader->leader != leader_) {
    leader_ = ring::kNobody;
    for (const ring::Member& member : membership_.Live()) {
      const ring::Heartbeat* beat = membership_.Find(member.id);
      if (beat != nullptr && beat->leader == member.id) leader_ = member.id;
    }
  }
  UpdateStatus();
}

// Without a key every peer would refuse this pod, and be left alone for a while.
void RingLoop::DialPeers() {
  if (!parts_.identity.keys().empty()) parts_.peers.SetAddresses(membership_.Addresses());
}

void RingLoop::LogChange(const ring::Membership::Change& change) {
  const ring::Member& member = change.member;
  parts_.log.Info(EventName(change.event), {{"peer", std::string_view(member.name)},
                                            {"address", std::string_view(member.address)},
                                            {"state", ring::MemberStateName(member.state)},
                                            {"live", membership_.live_count()}});
}

void RingLoop::Beat() {
  beat_at_ = loop_->Now();
  const ring::Heartbeat beat{membership_.self(), view_ == nullptr ? 0 : view_->epoch(),
                             Leads() ? parts_.identity.id() : leader_, tails_};
  parts_.server.SetHeartbeat(beat);
  parts_.peers.SendHeartbeat(beat);
}

void RingLoop::OnHeartbeat(const ring::Heartbeat& heartbeat) {
  membership_.OnHeartbeat(heartbeat, loop_->Now());
  const ring::Epoch mine = view_ == nullptr ? 0 : view_->epoch();
  // Once per epoch; again after a while, since one that nobody has would be the last.
  const bool again = Since(asked_at_, loop_->Now()) >= options_.row_interval;
  if (heartbeat.epoch > mine && (heartbeat.epoch > asked_for_ || again)) {
    asked_for_ = heartbeat.epoch;
    asked_at_ = loop_->Now();
    parts_.peers.RequestView(heartbeat.self.id, mine);
  }
}

void RingLoop::OnUnreachable(const std::string& address) {
  membership_.OnUnreachable(address, loop_->Now());
}

void RingLoop::OnSelf(const std::string& address) {
  ring::Heartbeat own{membership_.self(), 0, ring::kNobody, false};
  own.self.address = address;
  membership_.OnHeartbeat(own, loop_->Now());
}

net::Task<void> RingLoop::RunDiscovery() {
  using Found = Result<std::vector<std::string>>;
  bool failed = false;
  while (!stopping_) {
    Found found = co_await net::AwaitCompletion<Found>(
        *loop_, [this](Completion<Found> done) { parts_.discover(std::move(done)); });
    if (found) {
      parts_.metrics.discovered.Set(static_cast<std::int64_t>(found->size()));
      membership_.OnDiscovery(*found, loop_->Now());
      DialPeers();
    } else {
      parts_.metrics.discovery_errors.Add();
      if (!failed) {
        parts_.log.Warn("discovery failed", {{"detail", std::string_view(found.error().detail)}});
      }
    }
    failed = !found;
    // Quicker as long as nobody was found.
    const bool alone = membership_.Addresses().empty();
    co_await Pause(alone ? options_.discovery_interval / 4 : options_.discovery_interval);
  }
}

net::Task<void> RingLoop::RunRow() {
  BootTime secrets_at = kMinusInfinity;
  while (!stopping_) {
    const bool have_keys = !parts_.identity.keys().empty();
    if (!have_keys || Since(secrets_at, loop_->Now()) >= options_.secrets_interval) {
      secrets_at = loop_->Now();
      co_await ReadSecrets();
    }
    co_await ReadRow();
    // Without the ring's key a newcomer can't join, so it tries again soon.
    const bool in = !parts_.identity.keys().empty();
    co_await Pause(in ? options_.row_interval : options_.heartbeat_interval);
  }
}

net::Task<void> RingLoop::ReadSecrets() {
  using Secrets = Result<std::vector<store::RingSecret>>;
  const Secrets secrets = co_await net::AwaitCompletion<Secrets>(
      *loop_,
      [this](Completion<Secrets> done) { parts_.coordination.ReadSecrets(std::move(done)); });
  if (!secrets) {
    parts_.metrics.coordination_errors.Add();
    co_return;
  }
  std::vector<peer::RingKey> keys;
  for (const store::RingSecret& secret : *secrets) keys.push_back({secret.id, secret.secret});
  parts_.identity.SetKeys(std::move(keys));
  DialPeers();
}

net::Task<void> RingLoop::ReadRow() {
  using Row = Result<store::RingRow>;
  ring::Epoch have = view_ == nullptr ? 0 : view_->epoch();
  const ring::Epoch had = have;
  const auto read = [this, &have](Completion<Row> done) {
    parts_.coordination.ReadRing(options_.ring, have, std::move(done));
  };
  Row row = co_await net::AwaitCompletion<Row>(*loop_, read);
  if (row && row->epoch < had) {
    // A peer made this one up, or the database has lost it: what it has now counts. Others may
    // still pass it on.
    have = 0;
    row_only_until_ = loop_->Now() + options_.row_interval * kRowsAfterLie;
    row = co_await net::AwaitCompletion<Row>(*loop_, read);
  }
  if (!row) {
    parts_.metrics.coordination_errors.Add();
    co_return;
  }
  if (parts_.on_members) {
    const int here = std::max<int>(row->members, static_cast<int>(membership_.live_count()));
    parts_.on_members(here + row->other_members);
  }
  if (row->view.empty()) co_return;
  Result<ring::View> view = ring::DecodeView(row->view);
  const bool anyway = row->epoch < had;
  if (view) Follow(std::move(*view), "read from the database", anyway);
}

bool RingLoop::Leads() const { return loop_->Now() < leads_until_; }

bool RingLoop::IsCandidate(std::size_t count, const std::set<ring::MemberId>& skip) const {
  std::size_t before = 0;
  for (const ring::Member& member : membership_.Live()) {
    if (member.id == membership_.self().id) return before < count;
    if (member.state == ring::MemberState::kReady && !skip.contains(member.id)) ++before;
  }
  return false;
}

bool RingLoop::WantsLease() const {
  if (Leads()) return true;
  if (leader_ != ring::kNobody && leader_ != membership_.self().id) return false;
  return IsCandidate(options_.lease_candidates, {});
}

net::Task<void> RingLoop::RunLease() {
  using Lease = Result<std::optional<store::RingLease>>;
  // Others first: a newcomer would only ask for what somebody holds.
  co_await Pause(options_.tick * 2);
  while (!stopping_) {
    if (WantsLease()) {
      const BootTime sent_at = loop_->Now();
      const auto members = static_cast<std::int32_t>(membership_.live_count());
      const Lease lease =
          co_await net::AwaitCompletion<Lease>(*loop_, [this, members](Completion<Lease> done) {
            parts_.coordination.TakeLease(options_.ring, holder_, options_.lease_ttl, members,
                                          std::move(done));
          });
      const bool led = Leads();
      if (!lease) {
        parts_.metrics.coordination_errors.Add();
      } else if (!*lease) {
        leads_until_ = kMinusInfinity;
      } else {
        leads_until_ = sent_at + options_.lease_ttl;
        lease_epoch_ = (*lease)->epoch;
        if (!led) {
          parts_.log.Info("holds the lease of the ring", {{"epoch", lease_epoch_}});
          co_await ReadRow();  // the view of the holder before
          Beat();
        }
      }
    }
    const BootTime next = loop_->Now() + options_.lease_interval;
    while (!stopping_ && loop_->Now() < next) {
      if (Leads()) co_await Publish();
      co_await Pause(options_.tick);
      if (!Leads() && leader_ == ring::kNobody && WantsLease()) break;
    }
  }
  if (Leads()) {
    using Done = Result<void>;
    static_cast<void>(co_await net::AwaitCompletion<Done>(*loop_, [this](Completion<Done> done) {
      parts_.coordination.ReleaseLease(options_.ring, holder_, std::move(done));
    }));
  }
}

net::Task<void> RingLoop::Publish() {
  using Published = Result<std::optional<std::int64_t>>;
  const ring::View current = view_ == nullptr ? ring::View() : *view_;
  std::optional<ring::View> next = planner_.Plan(current, membership_.Live(), loop_->Now());
  if (!next) co_return;
  next->set_epoch(lease_epoch_ + 1);
  const std::string bytes = ring::EncodeView(*next);
  const Published published =
      co_await net::AwaitCompletion<Published>(*loop_, [this, &bytes](Completion<Published> done) {
        parts_.coordination.PublishView(options_.ring, holder_, lease_epoch_, bytes,
                                        std::move(done));
      });
  if (!published) {
    parts_.metrics.coordination_errors.Add();
    co_return;
  }
  if (!*published) {
    // Somebody else is ahead: not our lease any more.
    parts_.metrics.views_fenced.Add();
    leads_until_ = kMinusInfinity;
    co_await ReadRow();
    co_return;
  }
  parts_.metrics.views_published.Add();
  lease_epoch_ = **published;
  next->set_epoch(lease_epoch_);
  Follow(std::move(*next), "published by this pod", true);
  parts_.peers.SendView(EncodedView(0));
}

void RingLoop::OnView(ring::View view) {
  if (loop_->Now() < row_only_until_) return;
  Follow(std::move(view), "sent by a peer");
}

// Two clusters that use one ring name on one database: each would follow the other's pods.
bool RingLoop::IsForeign(const ring::View& view) {
  bool named = false;
  bool seen = false;
  for (const ring::Member& member : view.members()) {
    if (member.id == membership_.self().id) continue;
    named = true;
    const std::vector<std::string> known = membership_.Addresses();
    seen |= membership_.Find(member.id) != nullptr ||
            std::find(known.begin(), known.end(), member.address) != known.end();
  }
  const bool foreign = named && !seen;
  if (!foreign) {
    foreign_since_ = kNever;
    return false;
  }
  if (foreign_since_ == kNever) foreign_since_ = loop_->Now();
  return loop_->Now() - foreign_since_ >= options_.conflict_after;
}

void RingLoop::SetConflict(bool conflict) {
  if (conflict == conflict_) return;
  conflict_ = conflict;
  parts_.metrics.ring_name_conflict.Set(conflict ? 1 : 0);
  if (!conflict) return;
  parts_.log.Error(
      "the ring's view names pods that nobody sees: is its name used by another "
      "cluster on this database?",
      {{"ring", std::string_view(options_.ring)}});
  parts_.router.Follow(std::make_shared<const ring::View>(), loop_->Now());
  owned_ = 0;
}

void RingLoop::Follow(ring::View view, const char* why, bool anyway) {
  if (view_ != nullptr && view.epoch() <= view_->epoch() && !anyway) return;
  SetConflict(IsForeign(view));
  if (conflict_) return;
  const ring::ViewPtr before = view_;
  view_ = std::make_shared<const ring::View>(std::move(view));
  parts_.router.Follow(view_, loop_->Now());
  const std::size_t owned = view_->SlotsOwnedBy(membership_.self().id);
  owned_ = static_cast<std::uint32_t>(owned);
  parts_.metrics.views_followed.Add();
  parts_.metrics.epoch.Set(view_->epoch());
  parts_.metrics.slots_owned.Set(static_cast<std::int64_t>(owned));
  parts_.log.Info("follows a view", {{"epoch", view_->epoch()},
                                     {"members", view_->members().size()},
                                     {"slots", owned},
                                     {"why", std::string_view(why)}});
  {
    const MutexLock lock(mutex_);
    encoded_ = std::make_shared<const std::string>(ring::EncodeView(*view_));
  }
  UpdateStatus();
  Beat();
  if (parts_.on_view) parts_.on_view(before, view_);
}

peer::SharedBytes RingLoop::EncodedView(ring::Epoch have) const {
  const MutexLock lock(mutex_);
  if (status_.view == nullptr || status_.view->epoch() <= have) return nullptr;
  return encoded_;
}

void RingLoop::SetTails(bool tails) {
  if (tails == tails_) return;
  tails_ = tails;
  parts_.metrics.tails.Set(tails ? 1 : 0);
  Beat();
}

std::vector<ring::MemberId> RingLoop::Tailers() const {
  std::vector<ring::MemberId> tailers;
  for (const ring::Member& member : membership_.Live()) {
    const ring::Heartbeat* beat = membership_.Find(member.id);
    if (beat != nullptr && beat->tails) tailers.push_back(member.id);
  }
  return tailers;
}

void RingLoop::UpdateStatus() {
  std::vector<ring::Member> members = membership_.Live();
  std::int64_t states[3] = {};
  std::int64_t disagreeing = 0;
  for (const ring::Member& member : members) {
    ++states[static_cast<std::size_t>(member.state)];
    const ring::Heartbeat* beat = membership_.Find(member.id);
    disagreeing += beat != nullptr && view_ != nullptr && beat->epoch != view_->epoch();
  }
  parts_.metrics.joining.Set(states[0]);
  parts_.metrics.ready.Set(states[1]);
  parts_.metrics.draining.Set(states[2]);
  parts_.metrics.peers.Set(states[1]);
  parts_.metrics.view_disagreements.Set(disagreeing);
  const bool leads = Leads();
  parts_.metrics.leads.Set(leads ? 1 : 0);
  const MutexLock lock(mutex_);
  status_.view = view_;
  status_.members = std::move(members);
  status_.leader = leader_;
  status_.leads = leads;
  status_.conflict = conflict_;
}

RingStatus RingLoop::Status() const {
  const MutexLock lock(mutex_);
  return status_;
}

}  // namespace coolkit::node
