#include "http/server.h"

#include <utility>

#include "base/check.h"
#include "http/server_connection.h"
#include "http/server_shared.h"

namespace coolkit::http {
namespace {

net::Task<void> ServeToEnd(std::shared_ptr<ServerShared> shared,
                           std::shared_ptr<ServerConnection> connection, bool refused) {
  if (refused) {
    co_await connection->RunRefused();
  } else {
    co_await connection->Run();
  }
  shared->Unregister(connection);
  shared->LeaveConnection();
}

}  // namespace

ServerShared::ServerShared(Handler& handler_in, const ServerLimits& limits_in,
                           ServerMetrics metrics_in, std::function<std::int64_t()> date_seconds_in)
    : handler(handler_in),
      limits(limits_in),
      metrics(std::move(metrics_in)),
      date_seconds(std::move(date_seconds_in)),
      body_bytes(limits_in.body_bytes_in_flight_max),
      response_bytes(limits_in.response_bytes_in_flight_max) {}

std::size_t ServerShared::EnterConnection() {
  if (metrics.connections_open) metrics.connections_open(1);
  return connections.fetch_add(1, std::memory_order_relaxed) + 1;
}

void ServerShared::LeaveConnection() {
  connections.fetch_sub(1, std::memory_order_relaxed);
  if (metrics.connections_open) metrics.connections_open(-1);
}

bool ServerShared::EnterRequest() {
  if (requests_in_flight.fetch_add(1, std::memory_order_relaxed) >= limits.requests_in_flight_max) {
    requests_in_flight.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  if (metrics.requests_in_flight) metrics.requests_in_flight(1);
  return true;
}

void ServerShared::LeaveRequest() {
  requests_in_flight.fetch_sub(1, std::memory_order_relaxed);
  if (metrics.requests_in_flight) metrics.requests_in_flight(-1);
}

void ServerShared::Register(std::shared_ptr<ServerConnection> connection) {
  MutexLock lock(mutex_);
  registered_.insert(std::move(connection));
}

void ServerShared::Unregister(const std::shared_ptr<ServerConnection>& connection) {
  MutexLock lock(mutex_);
  registered_.erase(connection);
}

std::vector<std::shared_ptr<ServerConnection>> ServerShared::Connections() const {
  MutexLock lock(mutex_);
  return {registered_.begin(), registered_.end()};
}

struct Server::State final : ServerShared {
  using ServerShared::ServerShared;
};

Server::Server(Handler& handler, ServerLimits limits, ServerMetrics metrics,
               std::function<std::int64_t()> date_seconds)
    : state_(
          std::make_shared<State>(handler, limits, std::move(metrics), std::move(date_seconds))) {}

Server::~Server() { CHECK(state_->tasks.size() == 0); }

void Server::Serve(std::unique_ptr<net::Connection> connection) {
  const ServerLimits& limits = state_->limits;
  const std::size_t open = state_->EnterConnection();
  if (open > limits.connections_max + limits.refused_connections_max) {
    state_->Hit("refused_connections");
    state_->LeaveConnection();
    return;
  }
  const auto served = std::make_shared<ServerConnection>(state_, std::move(connection));
  // Registered first: whoever closes the group and then looks at the list misses nobody.
  state_->Register(served);
  if (!state_->tasks.Spawn(ServeToEnd(state_, served, open > limits.connections_max))) {
    state_->Unregister(served);
    state_->LeaveConnection();
  }
}

void Server::Drain() {
  state_->draining.store(true, std::memory_order_relaxed);
  for (auto& connection : state_->Connections()) {
    net::Loop& loop = connection->loop();
    loop.Post([connection = std::move(connection)] { connection->OnDrain(); });
  }
}

std::size_t Server::open_connections() const {
  return state_->connections.load(std::memory_order_relaxed);
}

void Server::CloseConnections() {
  state_->tasks.Close();
  for (auto& connection : state_->Connections()) {
    net::Loop& loop = connection->loop();
    loop.Post([connection = std::move(connection)] { connection->OnStop(); });
  }
}

void Server::Stop() {
  CloseConnections();
  state_->tasks.BlockUntilEmpty();
}

}  // namespace coolkit::http
