// Why: one TLS session over a Connection, with OpenSSL working on memory only. Inside net; on the
// connection's loop.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/task.h"

namespace coolkit::net {

class TlsConnection final : public Connection {
 public:
  // Takes the session.
  TlsConnection(SSL* session, std::unique_ptr<Connection> raw);
  ~TlsConnection() override;

  // Errors: as TlsClient::Start.
  Task<Result<void>> Handshake();

  void SetReadDeadline(BootTime deadline) override { raw_->SetReadDeadline(deadline); }
  void SetWriteDeadline(BootTime deadline) override { raw_->SetWriteDeadline(deadline); }
  // Without close_notify: who needs the peer to know says so in the protocol above.
  void ShutdownWrite() override { raw_->ShutdownWrite(); }
  void Close() override { raw_->Close(); }
  [[nodiscard]] Loop& loop() override { return raw_->loop(); }
  [[nodiscard]] std::string PeerAddress() const override { return raw_->PeerAddress(); }

 protected:
  bool StartRead(IoOperation& operation) override;
  bool StartWrite(IoOperation& operation) override;

 private:
  // What is there by now: bytes, 0 at the end of the session, an error; nothing: more is needed.
  std::optional<Result<std::size_t>> TryRead(std::span<char> into);
  [[nodiscard]] Error Failure(int result) const;
  // Reads ciphertext once; 0 at the end of the stream.
  Task<Result<std::size_t>> Fill();
  // Writes what OpenSSL has to say.
  Task<Result<void>> Flush();
  Task<Result<std::size_t>> ReadOn(std::span<char> into);
  Task<Result<std::size_t>> WriteOn(std::size_t accepted);
  // An operation that may end inside the call that starts it.
  struct Starting {
    bool inside = false;
    std::optional<Result<std::size_t>> ended;
  };
  bool Begin(Starting& starting, IoOperation& operation, Task<Result<std::size_t>> task);

  SSL* session_;
  std::unique_ptr<Connection> raw_;
  std::vector<char> input_;
  std::string gathered_;  // small parts of one write, for one record
  std::string output_;    // ciphertext on its way
  Starting read_;
  Starting write_;
};

}  // namespace coolkit::net
