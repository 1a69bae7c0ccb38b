// Why: the pods' network as TCP shows it: connections that are late, break, or carry nothing in one
// direction for a while; addresses where nobody listens, and machines that vanish without a word.
// Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "peer/dialer.h"
#include "sim/network.h"
#include "sim/scheduler.h"

namespace coolkit::sim {

class WireConnection;

// Bytes and messages, as they went out.
struct Traffic {
  std::uint64_t bytes = 0;
  std::uint64_t writes = 0;
  std::uint64_t connections = 0;
};

class Wires {
 public:
  // A process that listens at an address. Outlives its time in the registry only.
  struct Host {
    std::size_t machine = 0;  // by which directions are cut
    std::vector<Thread*> loops;
    std::function<void(std::unique_ptr<net::Connection>)> accept;  // on one of the loops
  };
  Wires(Scheduler& scheduler, const Network& network) : scheduler_(scheduler), network_(network) {}

  void Listen(const std::string& address, Host host) { hosts_[address] = std::move(host); }
  // The process is gone: nothing more comes from it, and its kernel says so to others, unless
  // its machine is gone, too.
  void Die(const std::string& address, const Process& process, bool machine_too);

  // Nothing arrives at `to` that `from` sends until then; it is sent again afterwards.
  void Cut(std::size_t from, std::size_t to, BootTime until);
  void HealAll() { cut_until_.clear(); }
  // The end of the world: what is still on its way moves nobody.
  void Shutdown();

  void Connect(Thread& thread, std::size_t machine, const std::string& address, BootTime deadline,
               Completion<Result<std::unique_ptr<net::Connection>>> done);

  [[nodiscard]] const Traffic& traffic() const { return traffic_; }

 private:
  friend class WireConnection;
  struct End;
  using EndPtr = std::shared_ptr<End>;

  // When something that is sent now gets there.
  [[nodiscard]] BootTime ArrivalFrom(std::size_t from, std::size_t to);
  void Send(const EndPtr& to, std::string bytes);
  void SendEnd(const EndPtr& to, bool reset);
  void Add(const EndPtr& end);

  Scheduler& scheduler_;
  const Network& network_;
  std::map<std::string, Host> hosts_;
  std::map<std::string, BootTime> vanished_;  // machines that answer nothing
  std::map<std::pair<std::size_t, std::size_t>, BootTime> cut_until_;
  std::vector<std::weak_ptr<End>> ends_;
  Traffic traffic_;
};

// A pod's way to others.
class WireDialer final : public peer::Dialer {
 public:
  WireDialer(Wires& wires, std::size_t machine) : wires_(wires), machine_(machine) {}

  void Connect(net::Loop& loop, const std::string& address, BootTime deadline,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override;
  // The pod is dying: nobody is called later.
  void Stop();

 private:
  struct Dial {
    Thread* thread = nullptr;
    Completion<Result<std::unique_ptr<net::Connection>>> done;
  };
  Wires& wires_;
  std::size_t machine_;
  bool stopped_ = false;
  std::vector<std::shared_ptr<Dial>> dials_;
};

}  // namespace coolkit::sim
