#include "bench/history_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/check.h"
#include "base/hash.h"

namespace coolkit::bench {
namespace {

// Two bytes, four varints of at most ten bytes, a digest, two tokens, a limit.
constexpr std::size_t kOperationBytesMax = 2 + 5 * 10 + 8 + 2 * (2 + 10) + 5;

char* PutDifference(char* at, std::int64_t value, std::int64_t before) {
  return PutVarint(at,
                   ZigZag(static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(before)));
}

void AppendText(std::string& out, std::string_view text) {
  std::array<char, 10> length;
  out.append(length.data(), PutVarint(length.data(), text.size()));
  out += text;
}

std::string RenderHead(const BlockHead& head) {
  std::string bytes;
  AppendFixed(bytes, head.payload_bytes);
  AppendFixed(bytes, head.names_bytes);
  AppendFixed(bytes, head.operations);
  AppendFixed(bytes, head.stream);
  AppendFixed(bytes, head.base_ns);
  AppendFixed(bytes, head.checksum);
  return bytes;
}

std::uint8_t Parts(const Operation& operation) {
  std::uint8_t parts = operation.marks & kAllMarks;
  if (operation.version != 0) parts |= kHasVersion;
  if (operation.digest != 0) parts |= kHasDigest;
  if (operation.given_incarnation != 0) parts |= kHasGiven;
  if (operation.received_incarnation != 0) parts |= kHasReceived;
  if (operation.limit_ms != 0) parts |= kHasLimit;
  return parts;
}

}  // namespace

FileSink::~FileSink() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> FileSink::Open(const std::string& path) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ >= 0) return {};
  return Fail(ErrorCode::kInternal,
              "can't write '" + path + "': " + std::system_category().message(errno));
}

Result<void> FileSink::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return Fail(ErrorCode::kInternal,
                  "can't write the history: " + std::system_category().message(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

HistoryFile::HistoryFile(HistorySink& sink) : sink_(sink) {
  const MutexLock lock(mutex_);
  state_ = sink_.Write(kHistoryMagic);
}

std::uint32_t HistoryFile::AddStream() {
  const MutexLock lock(mutex_);
  CHECK(streams_ < kStreamsMax);
  return streams_++;
}

void HistoryFile::Append(std::string_view block, std::uint32_t operations) {
  const MutexLock lock(mutex_);
  operations_ += operations;
  if (state_) state_ = sink_.Write(block);
}

Result<void> HistoryFile::Finish() {
  const MutexLock lock(mutex_);
  BlockHead end;
  end.checksum = operations_;
  if (state_) state_ = sink_.Write(RenderHead(end));
  return state_;
}

std::uint64_t HistoryFile::operations() const {
  const MutexLock lock(mutex_);
  return operations_;
}

std::uint32_t HistoryStream::DefineKey(std::string_view key) {
  CHECK(!key.empty() && key.size() <= kKeyBytesMax);
  AppendText(key_names_, key);
  ++new_keys_;
  return keys_++;
}

std::uint8_t HistoryStream::DefineIncarnation(std::string_view incarnation) {
  CHECK(!incarnation.empty() && incarnation.size() <= kIncarnationBytesMax);
  CHECK(incarnations_ < kIncarnationsMax);
  AppendText(incarnation_names_, incarnation);
  ++new_incarnations_;
  return static_cast<std::uint8_t>(++incarnations_);
}

void HistoryStream::Add(const Operation& operation) {
  CHECK(operation.client <= kClientMask && operation.end_ns >= operation.start_ns);
  if (operations_ == 0) base_ns_ = last_start_ns_ = operation.start_ns;
  std::array<char, kOperationBytesMax> bytes;
  char* at = bytes.data();
  *at++ = static_cast<char>(static_cast<unsigned>(operation.kind) |
                            static_cast<unsigned>(operation.outcome) << 4U);
  *at++ = static_cast<char>(Parts(operation));
  at = PutVarint(at, operation.key);
  at = PutVarint(at, operation.client);
  at = PutDifference(at, operation.start_ns, last_start_ns_);
  at = PutVarint(at, static_cast<std::uint64_t>(operation.end_ns) -
                         static_cast<std::uint64_t>(operation.start_ns));
  last_start_ns_ = operation.start_ns;
  if (operation.version != 0) {
    at = PutDifference(at, operation.version, last_version_);
    last_version_ = operation.version;
  }
  if (operation.digest != 0) {
    for (unsigned i = 0; i < 8; ++i) *at++ = static_cast<char>(operation.digest >> (8 * i) & 0xFFU);
  }
  if (operation.given_incarnation != 0) {
    at = PutVarint(at, operation.given_incarnation);
    at = PutDifference(at, operation.given_position, last_position_);
    last_position_ = operation.given_position;
  }
  if (operation.received_incarnation != 0) {
    at = PutVarint(at, operation.received_incarnation);
    at = PutDifference(at, operation.received_position, last_position_);
    last_position_ = operation.received_position;
  }
  if (operation.limit_ms != 0) at = PutVarint(at, operation.limit_ms);
  operations_text_.append(bytes.data(), at);
  ++operations_;
  if (operations_text_.size() + key_names_.size() >= kBlockBytesTarget) Flush();
}

void HistoryStream::Flush() {
  if (operations_ == 0) return;  // names alone wait for the first operation
  std::string payload;
  payload.reserve(key_names_.size() + operations_text_.size() + 64);
  std::array<char, 10> count;
  payload.append(count.data(), PutVarint(count.data(), new_keys_));
  payload += key_names_;
  payload.append(count.data(), PutVarint(count.data(), new_incarnations_));
  payload += incarnation_names_;
  BlockHead head;
  head.names_bytes = static_cast<std::uint32_t>(payload.size());
  payload += operations_text_;
  CHECK(payload.size() <= kBlockBytesMax);
  head.payload_bytes = static_cast<std::uint32_t>(payload.size());
  head.operations = operations_;
  head.stream = stream_;
  head.base_ns = base_ns_;
  const std::string unchecked = RenderHead(head);
  head.checksum = Hash64(payload, Hash64(std::string_view(unchecked).substr(0, kCheckedHeadBytes)));
  file_.Append(RenderHead(head) + payload, operations_);
  key_names_.clear();
  incarnation_names_.clear();
  operations_text_.clear();
  new_keys_ = new_incarnations_ = operations_ = 0;
  last_version_ = last_position_ = 0;
}

}  // namespace coolkit::bench
