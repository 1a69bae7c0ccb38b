// Why: a TCP socket, or another stream, as a Connection. Inside net only; on its loop.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>

#include "net/asio_context.h"
#include "net/connection.h"
#include "net/tcp.h"

namespace coolkit::net {

class TcpConnection final : public Connection, private DeadlineHolder {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  TcpConnection(EventLoop& loop, Socket socket);
  ~TcpConnection() override;

  void SetReadDeadline(BootTime deadline) override;
  void SetWriteDeadline(BootTime deadline) override;
  void ShutdownWrite() override;
  void Close() override;
  [[nodiscard]] Loop& loop() override { return loop_; }
  [[nodiscard]] std::string PeerAddress() const override;

 protected:
  bool StartRead(IoOperation& operation) override;
  bool StartWrite(IoOperation& operation) override;

 private:
  // Outlives the connection while a handler of Asio's is on its way.
  struct Link {
    TcpConnection* connection = nullptr;
  };

  void CheckDeadlines(BootTime now) override;
  void WaitReadable();
  void WaitWritable();
  void FinishRead(Result<std::size_t> result);
  void FinishWrite(Result<std::size_t> result);
  // Tries now; false: the socket would block.
  bool TryWrite(IoOperation& operation);
  [[nodiscard]] static std::unexpected<Error> Failure(const boost::system::error_code& error);

  EventLoop& loop_;
  Socket socket_;
  std::shared_ptr<Link> link_;
  IoOperation* read_ = nullptr;
  IoOperation* write_ = nullptr;
  BootTime read_deadline_ = kNever;
  BootTime write_deadline_ = kNever;
  bool read_timed_out_ = false;
  bool write_timed_out_ = false;
  bool closed_ = false;
};

}  // namespace coolkit::net
