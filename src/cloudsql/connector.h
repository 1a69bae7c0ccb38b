// Why: libpq knows nothing of Cloud SQL's certificates. A connection to the instance is made and
// verified here first; then libpq connects to a socket inside the process and is joined to it. So
// every failure is known by its own reason before libpq begins.
//
// Thread safety: Dial from any thread; the rest on the loop, but for Start and Stop, which are
// called once from another thread while the loop runs.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>

#include "cloudsql/instance.h"
#include "cloudsql/network.h"
#include "store/postgres/dialer.h"

namespace coolkit::cloudsql {

inline constexpr std::uint16_t kServerPort = 3307;

class Connector final : public store::Dialer {
 public:
  struct Limits {
    milliseconds ready_time{30'000};       // a connection that libpq does not take is closed
    milliseconds resolve_every{10'000};    // whether the instance has moved
    std::size_t buffer_bytes = 32 * 1024;  // of each direction
  };
  // All outlive the connector. `socket`: what libpq takes for its host.
  Connector(net::Loop& loop, Network& network, Instance& instance, Metrics& metrics,
            telemetry::Log& log, std::string socket, Limits limits);

  void Start();
  // Ends all connections and waits for what is under way.
  void Stop();

  void Dial(BootTime deadline,
            Completion<std::expected<store::Route, store::DialFailure>> done) override;
  // A connection of libpq's has come to the socket.
  void Serve(std::unique_ptr<net::Connection> inner);

 private:
  // A verified connection to the instance.
  struct Upstream {
    std::unique_ptr<net::Connection> connection;
    std::string address;
    std::shared_ptr<const ConnectInfo> info;
    std::shared_ptr<store::RouteNews> news;
    BootTime made{};
  };
  struct Joined {
    net::Connection* inner;
    net::Connection* outer;
    std::string address;
  };

  net::Task<Outcome<Upstream>> Open(BootTime deadline);
  net::Task<Outcome<Upstream>> OpenWith(std::shared_ptr<const ConnectInfo> info, BootTime deadline);
  net::Task<void> Prepare(BootTime deadline,
                          Completion<std::expected<store::Route, store::DialFailure>> done);
  net::Task<void> Join(std::unique_ptr<net::Connection> inner);
  void CloseUntaken();
  void WatchForMoves();
  net::Task<void> LookForMoves();
  void CloseAllBut(const std::vector<std::string>& addresses);

  net::Loop& loop_;
  Network& network_;
  Instance& instance_;
  Metrics& metrics_;
  telemetry::Log& log_;
  const std::string socket_;
  const Limits limits_;
  net::TaskGroup tasks_;
  std::deque<Upstream> ready_;
  std::list<Joined> joined_;
  net::TimerId moves_timer_;
  bool stopped_ = false;
};

}  // namespace coolkit::cloudsql
