#include "bench/history_reader.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "bench/history_format.h"
#include "model/incarnation.h"

namespace coolkit::bench {
namespace {

constexpr auto kInt64Max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// The names that a stream has defined so far, as numbers of the history.
struct Stream {
  std::vector<std::uint32_t> keys;
  std::vector<std::uint8_t> incarnations;
};

struct Block {
  BlockHead head;
  std::size_t offset = 0;  // of the head, for messages
  std::string_view operations;
  const Stream* stream = nullptr;
  std::size_t keys = 0;  // of the stream, that it may use
  std::size_t incarnations = 0;
};

std::unexpected<Error> Wrong(std::size_t offset, std::string_view what) {
  return Fail(ErrorCode::kInvalidRequest,
              "the block at byte " + std::to_string(offset) + " is wrong: " + std::string(what));
}

BlockHead ParseHead(const char* at) {
  BlockHead head;
  head.payload_bytes = ReadFixed<std::uint32_t>(at);
  head.names_bytes = ReadFixed<std::uint32_t>(at + 4);
  head.operations = ReadFixed<std::uint32_t>(at + 8);
  head.stream = ReadFixed<std::uint32_t>(at + 12);
  head.base_ns = ReadFixed<std::int64_t>(at + 16);
  head.checksum = ReadFixed<std::uint64_t>(at + 24);
  return head;
}

// Finds the blocks and takes their names, from the front to the end.
class Scanner {
 public:
  Scanner(std::string_view bytes, History& history) : bytes_(bytes), history_(history) {}

  Result<ReadSummary> Scan() {
    std::size_t offset = kHistoryMagic.size();
    while (bytes_.size() - offset >= kBlockHeadBytes) {
      const BlockHead head = ParseHead(bytes_.data() + offset);
      if (head.payload_bytes == 0) return End(offset, head);
      Result<void> good = CheckHead(offset, head);
      if (!good) return Fail(good.error());
      const std::string_view rest = bytes_.substr(offset + kBlockHeadBytes);
      if (rest.size() < head.payload_bytes) break;
      good = AddBlock(offset, head, rest.substr(0, head.payload_bytes));
      if (!good) return Fail(good.error());
      summary_.operations += head.operations;
      offset += kBlockHeadBytes + head.payload_bytes;
    }
    summary_.cut_off = true;
    return summary_;
  }

  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }

 private:
  Result<ReadSummary> End(std::size_t offset, const BlockHead& head) {
    if (head.names_bytes != 0 || head.operations != 0 || head.stream != 0 || head.base_ns != 0) {
      return Wrong(offset, "it is the end and has other sizes than 0");
    }
    if (head.checksum != summary_.operations) {
      return Wrong(offset, "it is the end and counts another number of operations");
    }
    if (offset + kBlockHeadBytes != bytes_.size()) return Wrong(offset, "bytes follow the end");
    return summary_;
  }

  static Result<void> CheckHead(std::size_t offset, const BlockHead& head) {
    if (head.payload_bytes > kBlockBytesMax) return Wrong(offset, "its payload is too long");
    if (head.names_bytes > head.payload_bytes) return Wrong(offset, "its names are too long");
    if (head.stream >= kStreamsMax) return Wrong(offset, "its stream is out of range");
    // An operation has at least six bytes.
    if (head.operations > (head.payload_bytes - head.names_bytes) / 6) {
      return Wrong(offset, "it has not room for its operations");
    }
    return {};
  }

  Result<void> AddBlock(std::size_t offset, const BlockHead& head, std::string_view payload) {
    const std::uint64_t seed = Hash64(bytes_.substr(offset, kCheckedHeadBytes));
    if (Hash64(payload, seed) != head.checksum) {
      return Wrong(offset, "its checksum differs");
    }
    Stream& stream = streams_[head.stream];
    PayloadReader names(payload.substr(0, head.names_bytes));
    for (std::uint64_t left = names.Varint(); left > 0 && names.good(); --left) {
      const std::string_view name = names.Text(kKeyBytesMax);
      if (name.empty() || !IsValidUtf8(name)) return Wrong(offset, "a key is malformed");
      stream.keys.push_back(history_.keys().Number(name));
    }
    for (std::uint64_t left = names.Varint(); left > 0 && names.good(); --left) {
      const std::string_view name = names.Text(kIncarnationBytesMax);
      if (!model::ParseIncarnation(name)) return Wrong(offset, "an incarnation is malformed");
      const auto number = history_.IncarnationNumber(name);
      if (!number || stream.incarnations.size() == kIncarnationsMax) {
        return Wrong(offset, "there are too many incarnations");
      }
      stream.incarnations.push_back(*number);
    }
    if (!names.good() || !names.AtEnd()) return Wrong(offset, "its names are malformed");
    blocks_.push_back({head, offset, payload.substr(head.names_bytes), &stream, stream.keys.size(),
                       stream.incarnations.size()});
    return {};
  }

  std::string_view bytes_;
  History& history_;
  ReadSummary summary_;
  std::map<std::uint32_t, Stream> streams_;
  std::vector<Block> blocks_;
};

// Decodes the operations of one block.
class BlockReader {
 public:
  BlockReader(const Block& block, std::uint32_t source)
      : block_(block),
        source_(source << kClientBits),
        bytes_(block.operations),
        start_(static_cast<std::uint64_t>(block.head.base_ns)) {}

  // False: it is malformed.
  [[nodiscard]] bool Read(History::Shards& into) {
    for (std::uint32_t i = 0; i < block_.head.operations; ++i) {
      Operation operation;
      if (!Next(operation)) return false;
      into[operation.key % History::kShards].push_back(operation);
    }
    return bytes_.good() && bytes_.AtEnd();
  }

 private:
  bool Next(Operation& operation) {
    const unsigned what = bytes_.Byte();
    const unsigned parts = bytes_.Byte();
    if ((what & 15U) >= kKindCount || what >> 4U >= kOutcomeCount) return false;
    operation.kind = static_cast<Kind>(what & 15U);
    operation.outcome = static_cast<Outcome>(what >> 4U);
    operation.marks = static_cast<std::uint8_t>(parts & kAllMarks);
    const std::uint64_t key = bytes_.Varint();
    const std::uint64_t client = bytes_.Varint();
    if (key >= block_.keys || client > kClientMask) return false;
    operation.key = block_.stream->keys[key];
    operation.client = source_ | static_cast<std::uint32_t>(client);
    start_ += UnZigZag(bytes_.Varint());
    operation.start_ns = static_cast<std::int64_t>(start_);
    const std::uint64_t length = bytes_.Varint();
    const std::uint64_t end = start_ + length;
    if (length > kInt64Max || static_cast<std::int64_t>(end) < operation.start_ns) return false;
    operation.end_ns = static_cast<std::int64_t>(end);
    return ReadParts(parts, operation) && bytes_.good();
  }

  bool ReadParts(unsigned parts, Operation& operation) {
    if ((parts & kHasVersion) != 0) {
      version_ += UnZigZag(bytes_.Varint());
      if (version_ == 0 || version_ > kInt64Max) return false;
      operation.version = static_cast<std::int64_t>(version_);
    }
    if ((parts & kHasDigest) != 0) {
      operation.digest = bytes_.Fixed64();
      if (operation.digest == 0) return false;
    }
    const bool given = (parts & kHasGiven) == 0 ||
                       ReadToken(operation.given_incarnation, operation.given_position);
    const bool received = (parts & kHasReceived) == 0 ||
                          ReadToken(operation.received_incarnation, operation.received_position);
    if (!given || !received) return false;
    if ((parts & kHasLimit) != 0) {
      const std::uint64_t limit = bytes_.Varint();
      if (limit == 0 || limit > std::numeric_limits<std::uint32_t>::max()) return false;
      operation.limit_ms = static_cast<std::uint32_t>(limit);
    }
    return true;
  }

  bool ReadToken(std::uint8_t& incarnation, std::int64_t& position) {
    const std::uint64_t number = bytes_.Varint();
    if (number == 0 || number > block_.incarnations) return false;
    incarnation = block_.stream->incarnations[number - 1];
    position_ += UnZigZag(bytes_.Varint());
    position = static_cast<std::int64_t>(position_);
    return position >= 0;
  }

  const Block& block_;
  std::uint32_t source_;
  PayloadReader bytes_;
  std::uint64_t start_;
  std::uint64_t version_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace

bool IsBinaryHistory(std::string_view bytes) { return bytes.starts_with(kHistoryMagic); }

Result<ReadSummary> ReadBinaryHistory(std::string_view bytes, const Workers& workers,
                                      History& history) {
  if (!IsBinaryHistory(bytes)) {
    return Fail(ErrorCode::kInvalidRequest, "it does not begin like a history of this version");
  }
  const auto source = history.AddSource();
  if (!source) return Fail(ErrorCode::kInvalidRequest, "there are too many histories");
  Scanner scanner(bytes, history);
  const Result<ReadSummary> summary = scanner.Scan();
  if (!summary) return summary;

  const std::vector<Block>& blocks = scanner.blocks();
  std::vector<History::Shards*> parts;
  for (unsigned i = 0; i < workers.count(); ++i) parts.push_back(&history.AddPart());
  const std::size_t expected = summary->operations / workers.count() / History::kShards;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> wrong{blocks.size()};
  workers.Run([&](unsigned worker) {
    for (auto& shard : *parts[worker]) shard.reserve(expected + expected / 4);
    for (std::size_t i = next++; i < blocks.size(); i = next++) {
      if (BlockReader(blocks[i], *source).Read(*parts[worker])) continue;
      std::size_t first = wrong;
      while (i < first && !wrong.compare_exchange_weak(first, i)) {
      }
    }
  });
  if (wrong < blocks.size()) return Wrong(blocks[wrong].offset, "an operation is malformed");
  return summary;
}

}  // namespace coolkit::bench
