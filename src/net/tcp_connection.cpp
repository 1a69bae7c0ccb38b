#include "net/tcp_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace coolkit::net {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr std::size_t kBuffersPerWriteMax = 16;
}  // namespace

TcpConnection::TcpConnection(EventLoop& loop, Socket socket)
    : loop_(loop), socket_(std::move(socket)), link_(std::make_shared<Link>(Link{this})) {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  loop_.asio().Watch(*this);
}

TcpConnection::~TcpConnection() {
  CHECK(read_ == nullptr && write_ == nullptr);
  link_->connection = nullptr;
  loop_.asio().Unwatch(*this);
}

std::unexpected<Error> TcpConnection::Failure(const boost::system::error_code& error) {
  return Fail(ErrorCode::kConnectionClosed, error.message());
}

bool TcpConnection::StartRead(IoOperation& operation) {
  CHECK(read_ == nullptr);
  if (closed_) {
    operation.SetResult(Fail(ErrorCode::kConnectionClosed, "closed"));
    return false;
  }
  if (read_timed_out_ || read_deadline_ <= loop_.Now()) {
    read_timed_out_ = true;
    operation.SetResult(Fail(ErrorCode::kTimeout, "the read deadline passed"));
    return false;
  }
  read_ = &operation;
  WaitReadable();
  return true;
}

void TcpConnection::WaitReadable() {
  // Asio tries the read at once and then waits for epoll; its handler is never called inline.
  const std::span<char> into = read_->into();
  socket_.async_read_some(
      asio::buffer(into.data(), into.size()),
      [link = link_](const boost::system::error_code& error, std::size_t bytes) {
        TcpConnection* self = link->connection;
        if (self == nullptr || self->read_ == nullptr) return;
        if (!error) return self->FinishRead(bytes);
        if (error == asio::error::eof) return self->FinishRead(std::size_t{0});
        if (error == asio::error::operation_aborted && !self->closed_) {
          if (!self->read_timed_out_) return self->WaitReadable();  // the other direction's cancel
          return self->FinishRead(Fail(ErrorCode::kTimeout, "the read deadline passed"));
        }
        self->FinishRead(Failure(error));
      });
}

void TcpConnection::FinishRead(Result<std::size_t> result) {
  IoOperation* operation = std::exchange(read_, nullptr);
  operation->Complete(std::move(result));  // may destroy this
}

bool TcpConnection::TryWrite(IoOperation& operation) {
  std::array<iovec, kBuffersPerWriteMax> parts;
  std::size_t count = 0;
  for (const std::string_view part : operation.from()) {
    if (part.empty()) continue;
    if (count == parts.size()) break;
    parts[count++] = {const_cast<char*>(part.data()), part.size()};
  }
  CHECK(count > 0);
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const int fd = socket_.native_handle();
  for (;;) {
    const ssize_t sent = count == 1  // the usual case, and cheaper
                             ? ::send(fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                             : ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent >= 0) {
      operation.SetResult(static_cast<std::size_t>(sent));
      return true;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    operation.SetResult(Failure({errno, boost::system::system_category()}));
    return true;
  }
}

bool TcpConnection::StartWrite(IoOperation& operation) {
  CHECK(write_ == nullptr);
  if (closed_) {
    operation.SetResult(Fail(ErrorCode::kConnectionClosed, "closed"));
    return false;
  }
  if (TryWrite(operation)) return false;
  if (write_timed_out_ || write_deadline_ <= loop_.Now()) {
    write_timed_out_ = true;
    operation.SetResult(Fail(ErrorCode::kTimeout, "the write deadline passed"));
    return false;
  }
  write_ = &operation;
  WaitWritable();
  return true;
}

void TcpConnection::WaitWritable() {
  socket_.async_wait(
      tcp::socket::wait_write, [link = link_](const boost::system::error_code& error) {
        TcpConnection* self = link->connection;
        if (self == nullptr || self->write_ == nullptr) return;
        if (error == asio::error::operation_aborted && !self->closed_) {
          if (!self->write_timed_out_) return self->WaitWritable();
          return self->FinishWrite(Fail(ErrorCode::kTimeout, "the write deadline passed"));
        }
        if (error) return self->FinishWrite(Failure(error));
        if (!self->TryWrite(*self->write_)) return self->WaitWritable();
        self->FinishWrite(self->write_->await_resume());
      });
}

void TcpConnection::FinishWrite(Result<std::size_t> result) {
  IoOperation* operation = std::exchange(write_, nullptr);
  operation->Complete(std::move(result));  // may destroy this
}

void TcpConnection::SetReadDeadline(BootTime deadline) {
  read_deadline_ = deadline;
  read_timed_out_ = false;
}

void TcpConnection::SetWriteDeadline(BootTime deadline) {
  write_deadline_ = deadline;
  write_timed_out_ = false;
}

void TcpConnection::CheckDeadlines(BootTime now) {
  const bool read_due = read_ != nullptr && read_deadline_ <= now;
  const bool write_due = write_ != nullptr && write_deadline_ <= now;
  if (!read_due && !write_due) return;
  read_timed_out_ = read_timed_out_ || read_due;
  write_timed_out_ = write_timed_out_ || write_due;
  boost::system::error_code ignored;
  socket_.cancel(ignored);  // both directions; the one that is not due waits again
}

void TcpConnection::ShutdownWrite() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void TcpConnection::Close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::string TcpConnection::PeerAddress() const {
  boost::system::error_code error;
  const Socket::endpoint_type any = socket_.remote_endpoint(error);
  tcp::endpoint peer;
  const int family = error ? AF_UNSPEC : any.protocol().family();
  if ((family != AF_INET && family != AF_INET6) || any.size() > peer.capacity()) return "unknown";
  std::memcpy(peer.data(), any.data(), any.size());
  return FormatEndpoint({peer.address().to_string(), peer.port()});
}

}  // namespace coolkit::net
