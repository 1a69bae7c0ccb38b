// Why: a kv::Service in a ring of three whose other pods answer when a test says so.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kv/peer_service.h"
#include "support/scripted_peers.h"
#include "unit/kv/fixture.h"

namespace coolkit::kv {

class RemoteTest : public ServiceTest {
 protected:
  using Status = ring::PeerReadItem::Status;

  RemoteTest() {
    for (int n = 0; n < 3; ++n) {
      members_[n].id.bytes[0] = static_cast<std::uint8_t>(n + 1);
      members_[n].name = "pod-" + std::to_string(n);
      members_[n].address = "10.0.0.1:" + std::to_string(8080 + n);
    }
  }
  ~RemoteTest() override {
    // What still waits ends, so that no task is left behind.
    while (!peers_.reads.empty() || !store_.reads.empty()) {
      if (!peers_.reads.empty()) peers_.FailRead(ErrorCode::kConnectionClosed);
      if (!store_.reads.empty()) store_.FailRead(ErrorCode::kDatabaseUnavailable);
      loop_.RunReady();
    }
  }
  // All slots at pod `owner` (0 is this one), taken over from `previous`.
  void Own(std::uint16_t owner, std::uint16_t previous = ring::kNoMember) {
    Follow([owner, previous](ring::View& view, std::uint32_t slot) {
      view.SetOwner(slot, owner, previous);
    });
  }
  // Every pod has each third slot.
  void OwnInTurn() {
    Follow([](ring::View& view, std::uint32_t slot) {
      view.SetOwner(slot, static_cast<std::uint16_t>(slot % 3), ring::kNoMember);
    });
  }
  template <class SetOwner>
  void Follow(SetOwner set_owner) {
    ring::View view;
    view.set_epoch(++epoch_);
    for (const ring::Member& member : members_) view.AddMember(member);
    for (std::uint32_t slot = 0; slot < model::kSlotCount; ++slot) set_owner(view, slot);
    router_.Follow(std::make_shared<const ring::View>(std::move(view)), clock_.Now());
  }
  auto Start(const ReadOptions& options) {
    auto slot = std::make_shared<std::optional<Result<ReadAnswer>>>();
    net::Detach(ring_service_.Read(key_, options, loop_),
                [slot](Result<ReadAnswer> answer) { slot->emplace(std::move(answer)); });
    loop_.RunReady();
    return slot;
  }
  auto StartPut(const std::string& value) {
    WriteOptions options;
    options.deadline = clock_.Now() + seconds(10);
    auto slot = std::make_shared<std::optional<Result<WriteAnswer>>>();
    net::Detach(ring_service_.Write(Put(value), options, loop_),
                [slot](Result<WriteAnswer> answer) { slot->emplace(std::move(answer)); });
    loop_.RunReady();
    return slot;
  }
  ring::PeerReadItem Item(std::string_view value, std::int64_t version, std::int64_t as_of,
                          milliseconds age = milliseconds(0), std::string_view key = "key") {
    model::Entry::Fields fields;
    fields.collection = key_.collection;
    fields.key = key;
    fields.version = {version};
    fields.present = !value.empty();
    fields.value = value;
    ring::PeerReadItem item;
    item.status = Status::kFound;
    item.entry = model::Entry::Create(fields);
    item.as_of = {as_of};
    item.seen = {as_of};
    item.age = age;
    item.db_now = store_.DbNow();
    return item;
  }
  ring::PeerReadReply AskThisPod(ring::PeerReadRequest::Kind kind, nanoseconds staleness_max = kB) {
    ring::PeerReadRequest request;
    request.kind = kind;
    request.deadline = clock_.Now() + seconds(1);
    request.staleness_max = staleness_max;
    request.keys.push_back(key_);
    std::optional<ring::PeerReadReply> got;
    peer_service_.OnRead(members_[1].id, std::move(request), loop_,
                         [&got](ring::PeerReadReply reply) { got = std::move(reply); });
    loop_.RunReady();
    if (!got) {
      EXPECT_FALSE(store_.reads.empty()) << "neither answered nor loading";
      store_.AnswerRead("loaded", 7, 3);
      loop_.RunReady();
    }
    return std::move(*got);
  }

  ring::Member members_[3];
  ring::Epoch epoch_ = 0;
  support::ScriptedPeers peers_;
  ring::Router router_{[] {
                         ring::MemberId id;
                         id.bytes[0] = 1;
                         return id;
                       }(),
                       {}};
  cache::Flights peer_flights_{{}};
  Service ring_service_{
      {cache_, flights_, store_, state_, metrics_, clock_, &router_, &peers_, &peer_flights_}, {}};
  PeerService peer_service_{ring_service_, router_};
};

}  // namespace coolkit::kv
