#include "peer/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace coolkit::peer {
namespace {

constexpr std::size_t kBlockMin = 16u << 10;
constexpr std::size_t kBlockMax = 2 * kFrameBodyMax;
static_assert(kBlockMax >= kFrameBodyMax + kHeaderBytes);
constexpr int kQuietMax = 64;

std::unexpected<Error> Broken(const char* what) { return Fail(ErrorCode::kMalformedRequest, what); }

}  // namespace

std::span<char> FrameReader::Space() {
  if (begin_ == end_) {
    begin_ = 0;
    end_ = 0;
    ShrinkWhenQuiet();
  }
  if (capacity_ == 0) Resize(kBlockMin);
  if (end_ == capacity_) {
    if (begin_ > 0) {
      std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      // The longest frame fits into kBlockMax, and Next takes what is complete.
      CHECK(capacity_ < kBlockMax);
      Resize(std::min(2 * capacity_, kBlockMax));
    }
  }
  return {block_.get() + end_, capacity_ - end_};
}

void FrameReader::Commit(std::size_t n) {
  CHECK(n <= capacity_ - end_);
  quiet_ = n > capacity_ / 4 ? 0 : quiet_ + 1;
  end_ += n;
}

void FrameReader::Append(std::string_view bytes) {
  CHECK(buffered() + bytes.size() <= kBlockMax);
  if (bytes.empty()) return;
  if (end_ + bytes.size() > capacity_) Resize(std::max(kBlockMin, end_ + bytes.size()));
  std::memcpy(block_.get() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

Result<std::optional<FrameReader::Message>> FrameReader::Next() {
  DropAssembled();
  for (;;) {
    const std::string_view bytes(block_.get() + begin_, buffered());
    if (bytes.size() < kHeaderBytes) return std::optional<Message>();
    const FrameHeader header = ReadHeader(bytes);
    if (header.body_bytes > kFrameBodyMax) return Broken("a frame is longer than 64 KiB");
    if ((header.flags & kFlagsCritical & ~kFlagsKnown) != 0) return Broken("an unknown flag");
    if (bytes.size() < kHeaderBytes + header.body_bytes) return std::optional<Message>();
    begin_ += kHeaderBytes + header.body_bytes;
    Result<std::optional<Message>> message =
        TakeFrame(header, bytes.substr(kHeaderBytes, header.body_bytes));
    if (!message || *message) return message;
  }
}

Result<std::optional<FrameReader::Message>> FrameReader::TakeFrame(const FrameHeader& header,
                                                                   std::string_view body) {
  const auto it = std::find_if(partials_.begin(), partials_.end(), [&](const Partial& partial) {
    return partial.first.id == header.id &&
           (partial.first.type == header.type || header.type == MessageType::kAbort);
  });
  const auto index = static_cast<std::size_t>(it - partials_.begin());
  if (header.type == MessageType::kAbort) {
    if (it != partials_.end()) Drop(index);
    return std::optional<Message>();
  }
  const bool more = (header.flags & kFlagMore) != 0;
  if (it == partials_.end()) {
    if (!more) return std::optional(Message{header.type, header.flags, header.id, body});
    if (partials_.size() == kPartialsMax) return Broken("too many messages at once");
    partials_.push_back({header, {}});
  }
  const Result<void> grown = Grow(partials_[index], body);
  if (!grown) return Fail(grown.error());
  if (more) return std::optional<Message>();
  assembled_ = std::move(partials_[index].body);
  const FrameHeader first = partials_[index].first;
  partials_.erase(partials_.begin() + static_cast<std::ptrdiff_t>(index));
  const auto flags = static_cast<std::uint8_t>(first.flags & ~kFlagMore);
  return std::optional(Message{first.type, flags, first.id, assembled_});
}

Result<void> FrameReader::Grow(Partial& partial, std::string_view body) {
  if (partial.body.size() + body.size() > kMessageBytesMax) {
    return Broken("a message is longer than 16 MiB");
  }
  if (partial_bytes_ + body.size() > partial_bytes_max_) {
    return Fail(ErrorCode::kPayloadTooLarge, "peer_message_bytes");
  }
  if (!total_->TryCharge(body.size())) {
    return Fail(ErrorCode::kPayloadTooLarge, "peer_partial_bytes");
  }
  partial_bytes_ += body.size();
  partial.body += body;
  return {};
}

void FrameReader::Drop(std::size_t index) {
  const std::size_t bytes = partials_[index].body.size();
  total_->Release(bytes);
  partial_bytes_ -= bytes;
  partials_.erase(partials_.begin() + static_cast<std::ptrdiff_t>(index));
}

void FrameReader::DropAssembled() {
  if (assembled_.empty()) return;
  total_->Release(assembled_.size());
  partial_bytes_ -= assembled_.size();
  assembled_ = std::string();
}

void FrameReader::ReleasePartials() {
  total_->Release(partial_bytes_);
  partial_bytes_ = 0;
}

void FrameReader::Resize(std::size_t capacity) {
  auto block = std::make_unique_for_overwrite<char[]>(capacity);
  if (end_ > begin_) std::memcpy(block.get(), block_.get() + begin_, end_ - begin_);
  block_ = std::move(block);
  end_ -= begin_;
  begin_ = 0;
  capacity_ = capacity;
}

void FrameReader::ShrinkWhenQuiet() {
  if (capacity_ > kBlockMin && quiet_ >= kQuietMax) Resize(kBlockMin);
}

}  // namespace coolkit::peer
