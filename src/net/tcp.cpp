#include "net/tcp.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>

#include "base/check.h"
#include "net/asio_context.h"
#include "net/tcp_connection.h"

namespace coolkit::net {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// From now on the kernel drops what would begin a connection to `fd` (SYN without ACK), while
// handshakes under way complete. Without it a client could connect between the last accept and the
// close, and be reset after it sent its request; so it tries again a second later and is refused.
// Best effort: where the filter is not to be had, that gap stays.
void IgnoreNewHandshakes(int fd) {
  constexpr std::uint32_t kFlagsOffset = 13;  // RFC 9293, 3.1
  constexpr std::uint32_t kSyn = 0x02;
  constexpr std::uint32_t kAck = 0x10;
  std::array<sock_filter, 5> code{{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsOffset),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
  }};
  const sock_fprog program{code.size(), code.data()};
  static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

}  // namespace

// The acceptor lives on the first loop; each socket is made on the loop that will own it.
struct TcpListener::State : std::enable_shared_from_this<TcpListener::State> {
  State(Options o, std::vector<EventLoop*> l, OnConnection f)
      : options(std::move(o)),
        loops(std::move(l)),
        on_connection(std::move(f)),
        acceptor(loops.front()->asio().io),
        retry(loops.front()->asio().io) {}

  void Accept() {
    EventLoop* loop = loops[next];
    acceptor.async_accept(loop->asio().io,
                          [self = shared_from_this(), loop](const boost::system::error_code& error,
                                                            tcp::socket socket) {
                            self->OnAccept(error, *loop, std::move(socket));
                          });
  }

  void OnAccept(const boost::system::error_code& error, EventLoop& loop, tcp::socket socket) {
    if (!error) {
      next = (next + 1) % loops.size();
      Deliver(loop, std::move(socket));  // also when it was accepted just before the stop
    }
    if (stopped || error == asio::error::operation_aborted) return;
    if (!error) return Accept();
    if (options.on_accept_error) options.on_accept_error();
    if (error == asio::error::connection_aborted) return Accept();
    // Out of descriptors or memory: the connection waits in the backlog; try again a little later
    // instead of spinning.
    retry.expires_after(options.accept_retry);
    retry.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
      if (!failed && !self->stopped) self->Accept();
    });
  }

  // What the kernel has accepted already must not be reset: takes all of it before closing, and
  // gives handshakes under way a moment to complete.
  void CloseAfterBacklog(std::promise<void>& done) {
    stopped = true;
    boost::system::error_code error;
    acceptor.cancel(error);
    acceptor.non_blocking(true, error);
    IgnoreNewHandshakes(acceptor.native_handle());
    TakeBacklog();
    retry.expires_after(options.close_grace);
    retry.async_wait([self = shared_from_this(), &done](const boost::system::error_code&) {
      self->TakeBacklog();
      boost::system::error_code ignored;
      self->acceptor.close(ignored);
      done.set_value();
    });
  }

  void TakeBacklog() {
    boost::system::error_code error;
    while (!error) {
      EventLoop& loop = *loops[next];
      next = (next + 1) % loops.size();
      tcp::socket socket(loop.asio().io);
      acceptor.accept(socket, error);
      if (!error) Deliver(loop, std::move(socket));
    }
  }

  void Deliver(EventLoop& loop, tcp::socket socket) {
    loop.Post([self = shared_from_this(), &loop, socket = std::move(socket)]() mutable {
      self->on_connection(std::make_unique<TcpConnection>(loop, std::move(socket)));
    });
  }

  Options options;
  std::vector<EventLoop*> loops;
  OnConnection on_connection;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  std::size_t next = 0;
  bool stopped = false;  // on the first loop
  bool accepting = false;
};

TcpListener::TcpListener(Options options, std::vector<EventLoop*> loops, OnConnection on_connection)
    : state_(std::make_shared<State>(std::move(options), std::move(loops),
                                     std::move(on_connection))) {}

TcpListener::~TcpListener() { CHECK(!state_->accepting); }

Result<void> TcpListener::Bind() {
  State& s = *state_;
  const std::string where = FormatEndpoint(s.options.listen);
  const auto fail = [&](const boost::system::error_code& error) {
    return Fail(ErrorCode::kInternal, "can't listen on " + where + ": " + error.message());
  };
  boost::system::error_code error;
  tcp::resolver resolver(s.loops.front()->asio().io);
  const auto found = resolver.resolve(s.options.listen.host, std::to_string(s.options.listen.port),
                                      tcp::resolver::passive, error);
  if (error || found.empty()) return fail(error);
  const tcp::endpoint endpoint = *found.begin();
  s.acceptor.open(endpoint.protocol(), error);
  if (!error) s.acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) s.acceptor.bind(endpoint, error);
  if (!error) s.acceptor.listen(s.options.backlog, error);
  if (error) return fail(error);
  return {};
}

void TcpListener::Start() {
  state_->accepting = true;
  state_->loops.front()->Post([state = state_] { state->Accept(); });
}

void TcpListener::Stop() {
  if (!state_->accepting) return;
  std::promise<void> done;
  state_->loops.front()->Post([state = state_, &done] { state->CloseAfterBacklog(done); });
  done.get_future().wait();
  state_->accepting = false;
}

Endpoint TcpListener::BoundEndpoint() const {
  boost::system::error_code error;
  const tcp::endpoint bound = state_->acceptor.local_endpoint(error);
  if (error) return state_->options.listen;
  return {bound.address().to_string(), bound.port()};
}

namespace {

// A network that drops connections in silence (a firewall, a machine that died) is noticed, also
// where nobody is waiting for an answer. Best effort.
void KeepAlive(int fd) {
  const auto set = [fd](int level, int option, int value) {
    static_cast<void>(setsockopt(fd, level, option, &value, sizeof value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);  // seconds
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// One attempt to connect: resolve, try the addresses in turn, give up at the deadline.
struct Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(EventLoop& l, Completion<Result<std::unique_ptr<Connection>>> d)
      : loop(l), resolver(l.asio().io), socket(l.asio().io), done(std::move(d)) {}

  void Begin(const Endpoint& endpoint, BootTime deadline) {
    timer = loop.At(deadline, [self = shared_from_this()] {
      self->Finish(Fail(ErrorCode::kTimeout, "connecting took too long"));
    });
    resolver.async_resolve(
        endpoint.host, std::to_string(endpoint.port),
        [self = shared_from_this()](const boost::system::error_code& error,
                                    const tcp::resolver::results_type& found) {
          if (error) return self->Finish(Fail(ErrorCode::kConnectionClosed, error.message()));
          for (const auto& entry : found) self->addresses.push_back(entry.endpoint());
          self->TryNext({});
        });
  }

  void TryNext(const boost::system::error_code& last) {
    if (finished) return;
    if (next == addresses.size()) {
      return Finish(Fail(ErrorCode::kConnectionClosed, last ? last.message() : "no address"));
    }
    boost::system::error_code ignored;
    socket.close(ignored);
    socket.async_connect(
        addresses[next++], [self = shared_from_this()](const boost::system::error_code& error) {
          if (error) return self->TryNext(error);
          if (self->finished) return;
          KeepAlive(self->socket.native_handle());
          self->Finish(std::unique_ptr<Connection>(
              std::make_unique<TcpConnection>(self->loop, std::move(self->socket))));
        });
  }

  void Finish(Result<std::unique_ptr<Connection>> result) {
    if (finished) return;
    finished = true;
    loop.Cancel(timer);
    resolver.cancel();
    boost::system::error_code ignored;
    if (!result) socket.close(ignored);
    done(std::move(result));
  }

  EventLoop& loop;
  tcp::resolver resolver;
  tcp::socket socket;
  Completion<Result<std::unique_ptr<Connection>>> done;
  std::vector<tcp::endpoint> addresses;
  std::size_t next = 0;
  TimerId timer;
  bool finished = false;
};

}  // namespace

void TcpConnect(EventLoop& loop, Endpoint endpoint, BootTime deadline,
                Completion<Result<std::unique_ptr<Connection>>> done) {
  loop.Post([&loop, endpoint = std::move(endpoint), deadline, done = std::move(done)]() mutable {
    std::make_shared<Attempt>(loop, std::move(done))->Begin(endpoint, deadline);
  });
}

}  // namespace coolkit::net
