#include "peer/peers.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "net/task_group.h"
#include "peer/control_codec.h"
#include "peer/link.h"
#include "peer/request_codec.h"

namespace coolkit::peer {

struct Peers::State {
  State(Parts parts, const Limits& limits, std::vector<net::Loop*> loops_in, std::uint64_t seed,
        Offer offer)
      : environment(parts, limits, offer), loops(std::move(loops_in)), random(seed) {
    CHECK(!loops.empty());
  }

  // A call of a kind that waits until `deadline` at the longest.
  template <class AnyCall, class Request, class Done>
  void Submit(const ring::MemberId& peer, Request request, BootTime deadline, milliseconds timeout,
              Done done);
  void Fail(std::unique_ptr<Call> call, Ending ending, const char* detail);
  void ForOne(const ring::MemberId& peer, std::function<void(Link&)> work);

  LinkEnvironment environment;
  const std::vector<net::Loop*> loops;
  net::TaskGroup tasks;
  Mutex mutex;
  SeededRandom random GUARDED_BY(mutex);
  std::size_t next_loop GUARDED_BY(mutex) = 0;
  std::map<std::string, std::shared_ptr<Link>> links GUARDED_BY(mutex);
  bool closed GUARDED_BY(mutex) = false;
};

template <class AnyCall, class Request, class Done>
void Peers::State::Submit(const ring::MemberId& peer, Request request, BootTime deadline,
                          milliseconds timeout, Done done) {
  const BootTime now = loops.front()->Now();
  const Call::Times times{now, std::min(deadline, now + timeout)};
  auto call = std::make_unique<AnyCall>(times, std::move(request), std::move(done),
                                        environment.parts.metrics);
  const std::shared_ptr<Link> link = environment.directory.Find(peer);
  if (link == nullptr) {
    return Fail(std::move(call), Ending::kNotConnected, "the peer is not connected");
  }
  if (call->bytes > kMessageBytesMax) {
    return Fail(std::move(call), Ending::kRefused, "the request is longer than 16 MiB");
  }
  link->Submit(std::move(call));
}

void Peers::State::Fail(std::unique_ptr<Call> call, Ending ending, const char* detail) {
  loops.front()->Post([call = std::move(call), ending, detail] { call->End(ending, detail); });
}

void Peers::State::ForOne(const ring::MemberId& peer, std::function<void(Link&)> work) {
  const std::shared_ptr<Link> link = environment.directory.Find(peer);
  if (link != nullptr) link->loop().Post([link, work = std::move(work)] { work(*link); });
}

Peers::Peers(Parts parts, Limits limits, std::vector<net::Loop*> loops, std::uint64_t seed,
             Offer offer)
    : state_(std::make_unique<State>(parts, limits, std::move(loops), seed, offer)) {}

Peers::~Peers() { CHECK(state_->tasks.size() == 0); }

void Peers::SetAddresses(const std::vector<std::string>& addresses) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  if (state.closed) return;
  std::map<std::string, std::shared_ptr<Link>> wanted;
  for (const std::string& address : addresses) {
    if (wanted.size() == state.environment.limits.addresses_max) {
      state.environment.parts.metrics.CountLimit("peer_addresses");
      break;
    }
    const auto it = state.links.find(address);
    wanted.emplace(address, it == state.links.end() ? nullptr : it->second);
  }
  for (const auto& [address, link] : state.links) {
    if (!wanted.contains(address)) link->loop().Post([link] { link->Stop(); });
  }
  for (auto& [address, link] : wanted) {
    if (link != nullptr) continue;
    net::Loop& loop = *state.loops[state.next_loop++ % state.loops.size()];
    link = std::make_shared<Link>(state.environment, address, loop, state.random.Next());
    loop.Post([&tasks = state.tasks, link] {
      if (!tasks.Spawn(link->Run())) link->Stop();
    });
  }
  state.links = std::move(wanted);
}

bool Peers::IsConnected(const ring::MemberId& peer) const {
  return state_->environment.directory.Find(peer) != nullptr;
}

void Peers::Read(const ring::MemberId& peer, ring::PeerReadRequest request,
                 Completion<Result<ring::PeerReadReply>> done) {
  const BootTime deadline = request.deadline;
  state_->Submit<ReadCall>(peer, std::move(request), deadline,
                           state_->environment.limits.peer_timeout, std::move(done));
}

void Peers::Write(const ring::MemberId& peer, ring::PeerWriteRequest request,
                  Completion<Result<ring::PeerWriteReply>> done) {
  const BootTime deadline = request.deadline;
  state_->Submit<WriteCall>(peer, std::move(request), deadline,
                            state_->environment.limits.request_time_max, std::move(done));
}

void Peers::Push(const ring::MemberId& peer, ring::PeerPush push,
                 Completion<Result<ring::PeerPushReply>> done) {
  state_->Submit<PushCall>(peer, std::move(push), kNever, state_->environment.limits.push_timeout,
                           std::move(done));
}

void Peers::SendHeartbeat(const ring::Heartbeat& heartbeat) {
  const auto body = std::make_shared<const std::string>(EncodeHeartbeat(heartbeat));
  for (const auto& link : state_->environment.directory.All()) {
    link->Post(MessageType::kHeartbeat, body);
  }
}

void Peers::SendView(const SharedBytes& view) {
  const auto body = std::make_shared<const std::string>(EncodeViewMessage(*view));
  for (const auto& link : state_->environment.directory.All()) {
    link->Post(MessageType::kView, body);
  }
}

void Peers::RequestView(const ring::MemberId& peer, ring::Epoch have) {
  const std::shared_ptr<Link> link = state_->environment.directory.Find(peer);
  if (link == nullptr) return;
  link->Post(MessageType::kViewRequest,
             std::make_shared<const std::string>(EncodeViewRequest(have)));
}

void Peers::Subscribe(const ring::MemberId& peer, BootTime ping) {
  state_->ForOne(peer, [ping](Link& link) { link.Subscribe(ping); });
}

void Peers::Unsubscribe(const ring::MemberId& peer) {
  state_->ForOne(peer, [](Link& link) { link.Unsubscribe(); });
}

void Peers::SendPing(BootTime ping) {
  const auto body = std::make_shared<const std::string>(EncodePing(ping));
  for (const auto& link : state_->environment.directory.All()) {
    if (!link->subscribed()) continue;
    link->loop().Post([link, body] { link->SendPing(body); });
  }
}

void Peers::RequestResend(const ring::MemberId& peer, const model::Incarnation& incarnation,
                          model::Position applied) {
  const std::shared_ptr<Link> link = state_->environment.directory.Find(peer);
  if (link == nullptr) return;
  link->Post(MessageType::kResend,
             std::make_shared<const std::string>(EncodeResend({incarnation, applied})));
}

void Peers::Close() {
  std::map<std::string, std::shared_ptr<Link>> links;
  {
    MutexLock lock(state_->mutex);
    state_->closed = true;
    links.swap(state_->links);
  }
  state_->tasks.Close();
  for (auto& [address, link] : links) {
    net::Loop& loop = link->loop();
    loop.Post([stopped = std::move(link)] { stopped->Stop(); });
  }
}

void Peers::Stop() {
  Close();
  state_->tasks.BlockUntilEmpty();
}

}  // namespace coolkit::peer
