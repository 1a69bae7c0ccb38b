#include "kv/peer_service.h"

#include <algorithm>
#include <utility>

#include "net/when_all.h"

namespace coolkit::kv {
namespace {

ring::PeerReadItem Failed(ErrorCode code, const char* detail) {
  ring::PeerReadItem item;
  item.status = ring::PeerReadItem::Status::kFailed;
  item.error = {code, detail, {}};
  return item;
}

// A reply is of one life of the database (R12): what is of another one is asked for again.
void KeepOneLife(ring::PeerReadReply& reply, std::size_t index,
                 const model::Incarnation& incarnation, bool& known) {
  if (!known) {
    reply.incarnation = incarnation;
    known = true;
  } else if (!(reply.incarnation == incarnation)) {
    reply.items[index] = Failed(ErrorCode::kIncarnationChanged, "the database began a new life");
  }
}

}  // namespace

PeerService::PeerService(Service& service, const ring::Router& router)
    : service_(service), router_(router) {}

void PeerService::Stop() {
  stopped_ = true;
  tasks_.Close();
  tasks_.BlockUntilEmpty();
}

ring::Epoch PeerService::epoch() const {
  const ring::ViewPtr view = router_.view();
  return view == nullptr ? 0 : view->epoch();
}

void PeerService::OnRead(const ring::MemberId&, ring::PeerReadRequest request, net::Loop& loop,
                         Completion<ring::PeerReadReply> done) {
  ring::PeerReadReply reply;
  reply.epoch = epoch();
  reply.items.resize(request.keys.size());
  std::vector<std::size_t> missing;
  bool known = false;
  for (std::size_t i = 0; i < request.keys.size(); ++i) {
    std::optional<Service::PeerRead> found =
        service_.TryReadForPeer(request.keys[i].ref(), request);
    if (!found) {
      missing.push_back(i);
      continue;
    }
    reply.items[i] = std::move(found->item);
    KeepOneLife(reply, i, found->incarnation, known);
  }
  if (missing.empty() || request.kind == ring::PeerReadRequest::Kind::kCacheOnly) {
    return done(std::move(reply));
  }
  for (const std::size_t i : missing) {
    reply.items[i] = Failed(ErrorCode::kDraining, "the pod is stopping");
  }
  if (stopped_) return done(std::move(reply));
  tasks_.Spawn(
      Load(std::move(request), std::move(reply), std::move(missing), loop, std::move(done)));
}

net::Task<void> PeerService::Load(ring::PeerReadRequest request, ring::PeerReadReply reply,
                                  std::vector<std::size_t> missing, net::Loop& loop,
                                  Completion<ring::PeerReadReply> done) {
  std::vector<net::Task<Service::PeerRead>> reads;
  reads.reserve(missing.size());
  for (const std::size_t i : missing) {
    reads.push_back(service_.ReadForPeer(request.keys[i], request, loop));
  }
  std::vector<Service::PeerRead> answers =
      co_await net::WhenAll<Service::PeerRead>(std::move(reads));
  bool known = missing.size() < reply.items.size();
  for (std::size_t n = 0; n < missing.size(); ++n) {
    const std::size_t i = missing[n];
    reply.items[i] = std::move(answers[n].item);
    if (reply.items[i].status != ring::PeerReadItem::Status::kFound) continue;
    KeepOneLife(reply, i, answers[n].incarnation, known);
  }
  done(std::move(reply));
}

void PeerService::OnWrite(const ring::MemberId&, ring::PeerWriteRequest request, net::Loop& loop,
                          Completion<ring::PeerWriteReply> done) {
  using Refusal = ring::PeerWriteReply::Refusal;
  ring::PeerWriteReply refusal;
  refusal.epoch = epoch();
  const bool ours = std::all_of(request.ops.begin(), request.ops.end(),
                                [this](const auto& op) { return service_.Owns(op.key.ref()); });
  if (!ours) refusal.refusal = Refusal::kNotOwner;
  if (stopped_) refusal.refusal = Refusal::kDraining;
  if (refusal.refusal != Refusal::kNone) return done(std::move(refusal));
  tasks_.Spawn(Write(std::move(request), loop, std::move(done)));
}

net::Task<void> PeerService::Write(ring::PeerWriteRequest request, net::Loop& loop,
                                   Completion<ring::PeerWriteReply> done) {
  const BootTime deadline = request.deadline;
  std::vector<Result<store::WriteAnswer>> answers =
      co_await service_.WriteHere(std::move(request.ops), deadline, loop);
  ring::PeerWriteReply reply;
  reply.epoch = epoch();
  for (Result<store::WriteAnswer>& answer : answers) {
    ring::PeerWriteItem item;
    item.done = answer.has_value();
    if (answer) {
      item.outcome = answer->outcome;
      item.incarnation = answer->snapshot.incarnation;
      item.position = answer->snapshot.position;
      item.db_now = answer->snapshot.db_now;
    } else {
      item.error = std::move(answer.error());
    }
    reply.items.push_back(std::move(item));
  }
  done(std::move(reply));
}

void PeerService::OnPush(const ring::MemberId&, ring::PeerPush push, net::Loop&,
                         Completion<ring::PeerPushReply> done) {
  ring::PeerPushReply reply;
  std::size_t refused = 0;
  for (const ring::PeerPushItem& item : push.items) {
    if (!service_.Owns(item.entry->key_ref())) {
      ++refused;
      continue;
    }
    // R7: no age; the horizon has to prove it.
    const model::Proof proof{item.as_of, item.seen, {}};
    if (service_.Admit(item.entry, proof, push.incarnation)) ++reply.admitted;
  }
  reply.go_on = !stopped_ && refused < push.items.size();
  done(reply);
}

}  // namespace coolkit::kv
