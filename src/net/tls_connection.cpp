#include "net/tls_connection.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace coolkit::net {
namespace {

constexpr std::size_t kRecordBytesMax = 16 * 1024;  // RFC 8446, 5.1
constexpr std::size_t kInputBytes = kRecordBytesMax + 1024;

std::string LastWords() {
  const unsigned long error = ERR_peek_last_error();
  const char* const words = error == 0 ? nullptr : ERR_reason_error_string(error);
  return words == nullptr ? "unknown" : words;
}

}  // namespace

TlsConnection::TlsConnection(SSL* session, std::unique_ptr<Connection> raw)
    : session_(session), raw_(std::move(raw)), input_(kInputBytes) {
  BIO* const from = BIO_new(BIO_s_mem());
  BIO* const to = BIO_new(BIO_s_mem());
  CHECK(from != nullptr && to != nullptr);
  BIO_set_mem_eof_return(from, -1);  // "not yet", not the end
  BIO_set_mem_eof_return(to, -1);
  SSL_set_bio(session_, from, to);
}

TlsConnection::~TlsConnection() { SSL_free(session_); }

Error TlsConnection::Failure(int result) const {
  if (SSL_get_error(session_, result) == SSL_ERROR_SYSCALL) {
    return {ErrorCode::kConnectionClosed, "the connection was cut", {}};
  }
  const long verdict = SSL_get_verify_result(session_);
  if (verdict != X509_V_OK) {
    return {ErrorCode::kInvalidRequest,
            "the server's certificate is not accepted: " +
                std::string(X509_verify_cert_error_string(verdict)),
            {}};
  }
  return {ErrorCode::kMalformedRequest, "TLS failed: " + LastWords(), {}};
}

Task<Result<std::size_t>> TlsConnection::Fill() {
  IoOperation read = raw_->Read(input_);
  const Result<std::size_t> n = co_await read;
  if (n && *n > 0) {
    CHECK(BIO_write(SSL_get_rbio(session_), input_.data(), static_cast<int>(*n)) ==
          static_cast<int>(*n));
  }
  co_return n;
}

Task<Result<void>> TlsConnection::Flush() {
  BIO* const from = SSL_get_wbio(session_);
  output_.resize(BIO_ctrl_pending(from));
  if (output_.empty()) co_return Result<void>();
  CHECK(BIO_read(from, output_.data(), static_cast<int>(output_.size())) ==
        static_cast<int>(output_.size()));
  std::string_view left = output_;
  while (!left.empty()) {
    IoOperation write = raw_->WriteSome(std::span<const std::string_view>(&left, 1));
    const Result<std::size_t> n = co_await write;
    if (!n) co_return Fail(n.error());
    left.remove_prefix(*n);
  }
  co_return Result<void>();
}

Task<Result<void>> TlsConnection::Handshake() {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_);
    const bool more = result != 1 && SSL_get_error(session_, result) == SSL_ERROR_WANT_READ;
    std::optional<Error> failed;
    if (result != 1 && !more) failed = Failure(result);
    // Also after a failure: the alert says why.
    const Result<void> flushed = co_await Flush();
    if (failed) co_return Fail(std::move(*failed));
    if (!flushed) co_return Fail(flushed.error());
    if (result == 1) co_return Result<void>();
    const Result<std::size_t> n = co_await Fill();
    if (!n) co_return Fail(n.error());
    if (*n == 0) {
      co_return Fail(ErrorCode::kConnectionClosed,
                     "the server ended the connection in the handshake");
    }
  }
}

std::optional<Result<std::size_t>> TlsConnection::TryRead(std::span<char> into) {
  ERR_clear_error();
  std::size_t n = 0;
  const int result = SSL_read_ex(session_, into.data(), into.size(), &n);
  if (result == 1) return Result<std::size_t>(n);
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return std::nullopt;
    case SSL_ERROR_ZERO_RETURN:
      return Result<std::size_t>(std::size_t{0});
    default:
      return Result<std::size_t>(Fail(Failure(result)));
  }
}

bool TlsConnection::StartRead(IoOperation& operation) {
  if (std::optional<Result<std::size_t>> now = TryRead(operation.into())) {
    operation.SetResult(std::move(*now));
    return false;
  }
  return Begin(read_, operation, ReadOn(operation.into()));
}

bool TlsConnection::Begin(Starting& starting, IoOperation& operation,
                          Task<Result<std::size_t>> task) {
  starting.inside = true;
  Detach(std::move(task), [&starting, &operation](Result<std::size_t> result) {
    if (starting.inside) {
      starting.ended.emplace(std::move(result));
    } else {
      operation.Complete(std::move(result));  // may destroy the connection
    }
  });
  starting.inside = false;
  if (!starting.ended) return true;
  operation.SetResult(std::move(*starting.ended));
  starting.ended.reset();
  return false;
}

Task<Result<std::size_t>> TlsConnection::ReadOn(std::span<char> into) {
  for (;;) {
    const Result<std::size_t> n = co_await Fill();
    if (!n) co_return Fail(n.error());
    // Without close_notify nobody knows whether the peer meant it.
    if (*n == 0) co_return Fail(ErrorCode::kConnectionClosed, "the connection was cut");
    std::optional<Result<std::size_t>> now = TryRead(into);
    if (now) co_return std::move(*now);
  }
}

bool TlsConnection::StartWrite(IoOperation& operation) {
  // One record for what is small, so that it is one packet and one decryption.
  std::string_view bytes;
  gathered_.clear();
  for (const std::string_view part : operation.from()) {
    if (bytes.empty()) {
      bytes = part.substr(0, kRecordBytesMax);
    } else {
      if (bytes.size() + part.size() > kRecordBytesMax) break;
      if (gathered_.empty()) gathered_ = bytes;
      gathered_ += part;
      bytes = gathered_;
    }
  }
  CHECK(!bytes.empty());
  ERR_clear_error();
  std::size_t n = 0;
  const int result = SSL_write_ex(session_, bytes.data(), bytes.size(), &n);
  if (result != 1) {
    operation.SetResult(Fail(Failure(result)));
    return false;
  }
  return Begin(write_, operation, WriteOn(n));
}

Task<Result<std::size_t>> TlsConnection::WriteOn(std::size_t accepted) {
  const Result<void> flushed = co_await Flush();
  if (!flushed) co_return Fail(flushed.error());
  co_return accepted;
}

}  // namespace coolkit::net
