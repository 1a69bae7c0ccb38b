#include "net/private_listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

#include "base/text.h"
#include "crypto/digest.h"
#include "net/asio_context.h"
#include "net/tcp_connection.h"

namespace coolkit::net {
namespace {

using boost::asio::local::stream_protocol;

constexpr std::size_t kNameBytes = 16;

bool IsThisProcess(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == ::getpid();
}

}  // namespace

struct PrivateListener::State : std::enable_shared_from_this<State> {
  State(EventLoop& l, OnConnection f, std::function<void()> r)
      : loop(l), acceptor(l.asio().io), on_connection(std::move(f)), on_refused(std::move(r)) {}

  void Accept() {
    acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& error,
                                                      stream_protocol::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (!error) self->Take(std::move(socket));
      self->Accept();
    });
  }
  void Take(stream_protocol::socket socket) {
    if (!IsThisProcess(socket.native_handle())) return on_refused();
    on_connection(std::make_unique<TcpConnection>(loop, std::move(socket)));
  }

  EventLoop& loop;
  stream_protocol::acceptor acceptor;
  OnConnection on_connection;
  std::function<void()> on_refused;
};

PrivateListener::PrivateListener(EventLoop& loop, OnConnection on_connection,
                                 std::function<void()> on_refused)
    : loop_(loop),
      name_("@coolkit-" + HexEncode(crypto::RandomBytes(kNameBytes))),
      state_(std::make_shared<State>(loop, std::move(on_connection), std::move(on_refused))) {}

PrivateListener::~PrivateListener() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

Result<void> PrivateListener::Start(const std::string& suffix) {
  boost::system::error_code error;
  const stream_protocol::endpoint where('\0' + name_.substr(1) + suffix);
  stream_protocol::acceptor& acceptor = state_->acceptor;
  acceptor.open(where.protocol(), error);
  if (!error) acceptor.bind(where, error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return Fail(ErrorCode::kInternal, "no private socket: " + error.message());
  loop_.Post([state = state_] { state->Accept(); });
  return {};
}

}  // namespace coolkit::net
