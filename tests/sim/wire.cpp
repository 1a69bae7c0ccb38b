#include "sim/wire.h"

#include <algorithm>
#include <utility>

namespace coolkit::sim {
namespace {

constexpr std::size_t kCapacity = 64 * 1024;  // bytes on their way in one direction

}  // namespace

// One end of a connection. What is read and written ends on its thread.
struct Wires::End : std::enable_shared_from_this<Wires::End> {
  struct Side {
    net::IoOperation* pending = nullptr;
    BootTime deadline = kNever;
    net::TimerId timer;
    bool is_read = false;
  };

  End(Wires& wires_in, Thread& thread_in, std::size_t machine_in)
      : wires(wires_in), thread(thread_in), machine(machine_in) {
    read.is_read = true;
  }

  [[nodiscard]] BootTime Now() const { return thread.process().PodTime(wires.scheduler_.now()); }
  bool Attempt(Side& side, net::IoOperation& operation, Result<std::size_t>& result) {
    if (closed || broken || dead) {
      result = Fail(ErrorCode::kConnectionClosed, "closed");
      return true;
    }
    if (side.deadline <= Now()) {
      result = Fail(ErrorCode::kTimeout, "deadline");
      return true;
    }
    return side.is_read ? AttemptRead(operation, result) : AttemptWrite(operation, result);
  }
  bool AttemptRead(net::IoOperation& operation, Result<std::size_t>& result) {
    if (inbox.empty() && !inbox_ended) return false;
    const std::size_t n = std::min(inbox.size(), operation.into().size());
    inbox.copy(operation.into().data(), n);
    inbox.erase(0, n);
    coming -= n;
    result = n;
    if (const EndPtr other = peer.lock(); n > 0 && other) Wake(other);
    return true;
  }
  bool AttemptWrite(net::IoOperation& operation, Result<std::size_t>& result) {
    const EndPtr other = peer.lock();
    if (output_ended || other == nullptr) {
      result = Fail(ErrorCode::kConnectionClosed, "the other end is closed");
      return true;
    }
    if (other->coming >= kCapacity) return false;
    std::string bytes;
    for (const std::string_view part : operation.from()) bytes += part;
    // Now and then a part only.
    std::size_t n = std::min(bytes.size(), kCapacity - other->coming);
    Random& random = wires.scheduler_.random();
    if (random.Below(16) == 0) n = 1 + random.Below(n);
    bytes.resize(n);
    result = n;
    other->coming += n;
    wires.Send(other, std::move(bytes));
    return true;
  }
  bool Start(Side& side, net::IoOperation& operation) {
    Result<std::size_t> result{std::size_t{0}};
    if (Attempt(side, operation, result)) {
      operation.SetResult(std::move(result));
      return false;
    }
    side.pending = &operation;
    Arm(side);
    return true;
  }
  void Advance() {
    const auto self = shared_from_this();
    for (Side* side : {&read, &write}) {
      if (side->pending == nullptr) continue;
      Result<std::size_t> result{std::size_t{0}};
      if (!Attempt(*side, *side->pending, result)) continue;
      Disarm(*side);
      std::exchange(side->pending, nullptr)->Complete(std::move(result));
    }
  }
  static void Wake(const EndPtr& end) {
    if (end->read.pending == nullptr && end->write.pending == nullptr) return;
    end->thread.Post([end] { end->Advance(); });
  }
  void Disarm(Side& side) {
    if (side.timer.value != 0) thread.Cancel(std::exchange(side.timer, net::TimerId{}));
  }
  void Arm(Side& side) {
    Disarm(side);
    if (side.deadline == kNever) return;
    side.timer = thread.At(side.deadline, [self = shared_from_this(), &side] {
      side.timer = {};
      self->Advance();
    });
  }
  void SetDeadline(Side& side, BootTime deadline) {
    side.deadline = deadline;
    if (side.pending != nullptr) Arm(side);
  }
  void EndOutput() {
    if (std::exchange(output_ended, true) || dead) return;
    if (const EndPtr other = peer.lock()) wires.SendEnd(other, false);
  }
  void Close() {
    if (closed) return;
    // TCP: what lies unread resets the connection.
    const EndPtr other = peer.lock();
    if (!dead && other && !inbox.empty()) wires.SendEnd(other, true);
    EndOutput();
    closed = true;
    Disarm(read);
    Disarm(write);
    Wake(shared_from_this());
  }
  void Break() {
    broken = true;
    inbox.clear();
    Wake(shared_from_this());
  }

  Wires& wires;
  Thread& thread;
  const std::size_t machine;
  std::weak_ptr<End> peer;
  Side read;
  Side write;
  std::string inbox;
  std::size_t coming = 0;  // bytes on their way and in the inbox
  BootTime last_arrival = kMinusInfinity;
  bool inbox_ended = false;
  bool output_ended = false;
  bool closed = false;
  bool broken = false;
  bool dead = false;  // its process is gone
};

class WireConnection final : public net::Connection {
 public:
  explicit WireConnection(Wires::EndPtr end) : end_(std::move(end)) {}
  ~WireConnection() override { end_->Close(); }
  WireConnection(const WireConnection&) = delete;
  WireConnection& operator=(const WireConnection&) = delete;

  void SetReadDeadline(BootTime deadline) override { end_->SetDeadline(end_->read, deadline); }
  void SetWriteDeadline(BootTime deadline) override { end_->SetDeadline(end_->write, deadline); }
  void ShutdownWrite() override { end_->EndOutput(); }
  void Close() override { end_->Close(); }
  [[nodiscard]] net::Loop& loop() override { return end_->thread; }
  [[nodiscard]] std::string PeerAddress() const override { return "wire:1"; }

 protected:
  bool StartRead(net::IoOperation& operation) override {
    return end_->Start(end_->read, operation);
  }
  bool StartWrite(net::IoOperation& operation) override {
    return end_->Start(end_->write, operation);
  }

 private:
  Wires::EndPtr end_;
};

BootTime Wires::ArrivalFrom(std::size_t from, std::size_t to) {
  BootTime sent = scheduler_.now();
  const auto cut = cut_until_.find({from, to});
  if (cut != cut_until_.end()) sent = std::max(sent, cut->second);
  return sent + network_.Delay(scheduler_.random());
}

void Wires::Send(const EndPtr& to, std::string bytes) {
  traffic_.bytes += bytes.size();
  ++traffic_.writes;
  const EndPtr from = to->peer.lock();
  to->last_arrival = std::max(to->last_arrival, ArrivalFrom(from->machine, to->machine));
  const bool breaks = network_.Loses(scheduler_.random());
  scheduler_.After(to->last_arrival - scheduler_.now(),
                   [this, to, breaks, bytes = std::move(bytes)] {
                     if (to->dead) return;
                     if (to->closed || breaks) {
                       if (const EndPtr back = to->peer.lock()) SendEnd(back, true);
                       if (breaks) to->Break();
                       return;
                     }
                     to->inbox += bytes;
                     End::Wake(to);
                   });
}

void Wires::SendEnd(const EndPtr& to, bool reset) {
  const EndPtr from = to->peer.lock();
  const std::size_t machine = from == nullptr ? to->machine : from->machine;
  to->last_arrival = std::max(to->last_arrival, ArrivalFrom(machine, to->machine));
  scheduler_.After(to->last_arrival - scheduler_.now(), [to, reset] {
    if (to->dead) return;
    to->inbox_ended = true;
    if (reset) to->Break();
    End::Wake(to);
  });
}

void Wires::Add(const EndPtr& end) {
  std::erase_if(ends_, [](const auto& known) { return known.expired(); });
  ends_.push_back(end);
}

void Wires::Cut(std::size_t from, std::size_t to, BootTime until) {
  BootTime& end = cut_until_[{from, to}];
  end = std::max(end, until);
}

void Wires::Die(const std::string& address, const Process& process, bool machine_too) {
  hosts_.erase(address);
  if (machine_too) vanished_[address] = scheduler_.now();
  for (const auto& known : ends_) {
    const EndPtr end = known.lock();
    if (end == nullptr || &end->thread.process() != &process || end->dead) continue;
    if (const EndPtr other = end->peer.lock(); other && !machine_too) SendEnd(other, true);
    end->dead = true;
    End::Wake(end);
  }
}

void Wires::Shutdown() {
  for (const auto& known : ends_) {
    if (const EndPtr end = known.lock()) end->dead = true;
  }
}

void Wires::Connect(Thread& thread, std::size_t machine, const std::string& address,
                    BootTime deadline, Completion<Result<std::unique_ptr<net::Connection>>> done) {
  using Dialled = Result<std::unique_ptr<net::Connection>>;
  const BootTime latest = thread.process().WorldTime(deadline);
  const auto listens = hosts_.find(address);
  const std::size_t there = listens == hosts_.end() ? machine : listens->second.machine;
  const BootTime arrival = ArrivalFrom(machine, there);
  const auto fail_at = [this](BootTime when, ErrorCode code, auto answer) {
    scheduler_.After(std::max(when - scheduler_.now(), nanoseconds(0)),
                     [code, answer = std::move(answer)]() mutable {
                       answer(Dialled(Fail(code, "could not be connected")));
                     });
  };
  if (arrival >= latest || (listens == hosts_.end() && vanished_.contains(address))) {
    return fail_at(latest, ErrorCode::kTimeout, std::move(done));
  }
  scheduler_.After(arrival - scheduler_.now(), [this, &thread, machine, there, address, latest,
                                                fail_at, done = std::move(done)]() mutable {
    const auto host = hosts_.find(address);
    const BootTime back = ArrivalFrom(there, machine);
    if (host == hosts_.end()) return fail_at(back, ErrorCode::kConnectionClosed, std::move(done));
    if (back >= latest) return fail_at(latest, ErrorCode::kTimeout, std::move(done));
    const std::vector<Thread*>& loops = host->second.loops;
    Thread& acceptor = *loops[scheduler_.random().Below(loops.size())];
    ++traffic_.connections;
    const auto mine = std::make_shared<End>(*this, thread, machine);
    const auto theirs = std::make_shared<End>(*this, acceptor, host->second.machine);
    mine->peer = theirs;
    theirs->peer = mine;
    Add(mine);
    Add(theirs);
    auto accepted = std::make_shared<std::unique_ptr<net::Connection>>(
        std::make_unique<WireConnection>(theirs));
    acceptor.Post([accept = host->second.accept, accepted] { accept(std::move(*accepted)); });
    // An end that nobody took is closed.
    auto dialled =
        std::make_shared<std::unique_ptr<net::Connection>>(std::make_unique<WireConnection>(mine));
    scheduler_.After(back - scheduler_.now(), [dialled, done = std::move(done)]() mutable {
      done(Dialled(std::move(*dialled)));
    });
  });
}

void WireDialer::Connect(net::Loop& loop, const std::string& address, BootTime deadline,
                         Completion<Result<std::unique_ptr<net::Connection>>> done) {
  if (stopped_) return done(Fail(ErrorCode::kConnectionClosed, "stopped"));
  auto dial = std::make_shared<Dial>();
  dial->thread = static_cast<Thread*>(&loop);
  dial->done = std::move(done);
  dials_.push_back(dial);
  wires_.Connect(*dial->thread, machine_, address, deadline,
                 [this, weak = std::weak_ptr<Dial>(dial)](auto connection) {
                   const std::shared_ptr<Dial> ended = weak.lock();
                   if (ended == nullptr) return;
                   std::erase(dials_, ended);
                   // Posted: the world calls, not the pod.
                   auto result = std::make_shared<decltype(connection)>(std::move(connection));
                   ended->thread->Post([ended, result] { ended->done(std::move(*result)); });
                 });
}

void WireDialer::Stop() {
  stopped_ = true;
  for (const std::shared_ptr<Dial>& dial : std::exchange(dials_, {})) {
    dial->thread->Post([dial] { dial->done(Fail(ErrorCode::kConnectionClosed, "stopped")); });
  }
}

}  // namespace coolkit::sim
