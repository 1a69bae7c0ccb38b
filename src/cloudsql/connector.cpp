#include "cloudsql/connector.h"

#include <algorithm>
#include <future>
#include <utility>

#include "cloudsql/relay.h"
#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

using Connected = Result<std::unique_ptr<net::Connection>>;
using Addresses = Result<std::vector<std::string>>;

// Of the server's side of the network.
store::DialFailure NetworkFailure(const Error& error, const std::string& where) {
  if (error.code == ErrorCode::kNotFound) return {"dns", "no address of " + where};
  if (error.code == ErrorCode::kTimeout) {
    return {"timeout", where + " does not answer: look at the network, the firewall and ip=…"};
  }
  if (error.detail.find("refused") != std::string::npos) {
    return {"refused", where + " refuses connections: look at ip=… and that the instance runs"};
  }
  return {"closed", where + ": " + error.detail};
}

store::DialFailure HandshakeFailure(const Error& error, const std::string& where) {
  switch (error.code) {
    case ErrorCode::kTimeout:
      return {"timeout", "the TLS handshake with " + where + " took too long"};
    case ErrorCode::kConnectionClosed:
      return {"closed", "the TLS handshake with " + where + " was cut: " + error.detail};
    case ErrorCode::kInvalidRequest:
      return {reason::kCertificate, where + ": " + error.detail};
    default:
      return {"tls", where + ": " + error.detail};
  }
}

constexpr milliseconds kJoinTime{30'000};  // for a connection that nobody dialled, a cancel say

}  // namespace

Connector::Connector(net::Loop& loop, Network& network, Instance& instance, Metrics& metrics,
                     telemetry::Log& log, std::string socket, Limits limits)
    : loop_(loop),
      network_(network),
      instance_(instance),
      metrics_(metrics),
      log_(log),
      socket_(std::move(socket)),
      limits_(limits) {}

void Connector::Start() {
  loop_.Post([this] {
    instance_.Start();
    WatchForMoves();
  });
}

void Connector::Stop() {
  std::promise<void> done;
  loop_.Post([this, &done] {
    stopped_ = true;
    loop_.Cancel(moves_timer_);
    tasks_.Close();
    instance_.Stop();
    ready_.clear();
    CloseAllBut({});
    done.set_value();
  });
  done.get_future().wait();
  tasks_.BlockUntilEmpty();
  instance_.tasks().BlockUntilEmpty();
}

void Connector::Dial(BootTime deadline,
                     Completion<std::expected<store::Route, store::DialFailure>> done) {
  loop_.Post([this, deadline, done = std::move(done)]() mutable {
    if (stopped_) return done(Failed("closed", "the connector is stopping"));
    static_cast<void>(tasks_.Spawn(Prepare(deadline, std::move(done))));
  });
}

net::Task<void> Connector::Prepare(
    BootTime deadline, Completion<std::expected<store::Route, store::DialFailure>> done) {
  Outcome<Upstream> upstream = co_await Open(deadline);
  if (!upstream) {
    done(std::unexpected(std::move(upstream.error())));
    co_return;
  }
  store::Route route;
  route.host = socket_;
  route.news = upstream->news;
  upstream->made = loop_.Now();
  ready_.push_back(std::move(*upstream));
  CloseUntaken();
  done(std::move(route));
}

void Connector::CloseUntaken() {
  while (!ready_.empty() && ready_.front().made + limits_.ready_time < loop_.Now()) {
    ready_.pop_front();
  }
}

net::Task<Outcome<Connector::Upstream>> Connector::Open(BootTime deadline) {
  Outcome<std::shared_ptr<const ConnectInfo>> info = co_await instance_.Get(deadline);
  if (!info) co_return std::unexpected(std::move(info.error()));
  // It may have taken its turn at the API for long; what follows has its own time.
  const BootTime until = std::max(deadline, loop_.Now() + milliseconds(5'000));
  Outcome<Upstream> upstream = co_await OpenWith(*info, until);
  // Another certificate may help, one with another authority too.
  if (!upstream && (upstream.error().reason == reason::kCertificate ||
                    upstream.error().reason == "tls" || upstream.error().reason == "closed")) {
    instance_.ForceRefresh(*info);
  }
  co_return std::move(upstream);
}

net::Task<Outcome<Connector::Upstream>> Connector::OpenWith(std::shared_ptr<const ConnectInfo> info,
                                                            BootTime deadline) {
  const std::string& host = info->host;
  const std::string where = host + ":" + std::to_string(kServerPort);
  const Addresses addresses = co_await net::AwaitCompletion<Addresses>(
      loop_, [this, &host, deadline](Completion<Addresses> done) {
        network_.Resolve(host, deadline, std::move(done));
      });
  if (!addresses) co_return std::unexpected(NetworkFailure(addresses.error(), where));
  store::DialFailure last{"dns", "no address of " + where};
  for (std::size_t i = 0; i < addresses->size() && !stopped_; ++i) {
    // One that keeps silent leaves the others their time.
    const auto share = (deadline - loop_.Now()) / static_cast<std::int64_t>(addresses->size() - i);
    const BootTime until = loop_.Now() + share;
    const std::string& address = (*addresses)[i];
    Connected raw = co_await net::AwaitCompletion<Connected>(
        loop_, [this, &address, until](Completion<Connected> done) {
          network_.Connect(address, kServerPort, until, std::move(done));
        });
    if (!raw) {
      last = NetworkFailure(raw.error(), where);
      continue;
    }
    if (stopped_) break;
    Connected secure = co_await info->tls->Start(std::move(*raw), host, until);
    if (!secure) {
      last = HandshakeFailure(secure.error(), where);
      continue;
    }
    Upstream upstream;
    upstream.address = address;
    upstream.connection = std::move(*secure);
    upstream.info = std::move(info);
    upstream.news = std::make_shared<store::RouteNews>();
    co_return std::move(upstream);
  }
  if (stopped_) co_return Failed("closed", "the connector is stopping");
  co_return std::unexpected(std::move(last));
}

void Connector::Serve(std::unique_ptr<net::Connection> inner) {
  if (!stopped_) static_cast<void>(tasks_.Spawn(Join(std::move(inner))));
}

net::Task<void> Connector::Join(std::unique_ptr<net::Connection> inner) {
  CloseUntaken();
  Upstream upstream;
  if (!ready_.empty()) {
    upstream = std::move(ready_.front());
    ready_.pop_front();
  } else {
    Outcome<Upstream> opened = co_await Open(loop_.Now() + kJoinTime);
    if (!opened || stopped_) {
      inner->Close();
      co_return;
    }
    upstream = std::move(*opened);
  }
  const auto self = joined_.insert(
      joined_.end(), Joined{inner.get(), upstream.connection.get(), upstream.address});
  metrics_.connections.Add(1);
  // With TLS 1.3 a server refuses a client's certificate only after the handshake.
  Function<void(const Error&)> on_early_failure = [this, &upstream](const Error& error) {
    if (stopped_) return;
    instance_.ForceRefresh(upstream.info);
    upstream.news->Report(
        {reason::kCertificate, "the instance ended the connection at once: " + error.detail +
                                   "; a new certificate is asked for"});
  };
  co_await Relay(*inner, *upstream.connection, limits_.buffer_bytes, std::move(on_early_failure));
  metrics_.connections.Add(-1);
  joined_.erase(self);
}

// An instance that is reached by name moves when the name does: a failover. Connections to where it
// was would hang or meet a server that only reads.
void Connector::WatchForMoves() {
  moves_timer_ = loop_.At(loop_.Now() + limits_.resolve_every, [this] {
    static_cast<void>(tasks_.Spawn(LookForMoves()));
    WatchForMoves();
  });
}

net::Task<void> Connector::LookForMoves() {
  if (joined_.empty()) co_return;
  const BootTime deadline = loop_.Now() + limits_.resolve_every / 2;
  const Outcome<std::shared_ptr<const ConnectInfo>> info = co_await instance_.Get(deadline);
  if (!info) co_return;
  const std::string& host = (*info)->host;
  const Addresses addresses = co_await net::AwaitCompletion<Addresses>(
      loop_, [this, &host, deadline](Completion<Addresses> done) {
        network_.Resolve(host, deadline, std::move(done));
      });
  if (addresses && !addresses->empty()) CloseAllBut(*addresses);
}

void Connector::CloseAllBut(const std::vector<std::string>& addresses) {
  std::size_t closed = 0;
  // Closed connections end on the loop, later: the list does not change here.
  for (const Joined& joined : joined_) {
    if (std::find(addresses.begin(), addresses.end(), joined.address) != addresses.end()) continue;
    joined.inner->Close();
    joined.outer->Close();
    ++closed;
  }
  if (closed > 0 && !stopped_) {
    log_.Info("the Cloud SQL instance has moved", {{"connections_closed", closed}});
  }
}

}  // namespace coolkit::cloudsql
