// Why: what one client asked and learnt is the unit of everything that is proven about coolkit: the
// load generator records it, histories store it, the checker judges it. A value of 64 bytes, since
// ten million of them are held at once.
#pragma once

#include <cstdint>
#include <string_view>

namespace coolkit::bench {

enum class Kind : std::uint8_t { kGet, kHead, kPut, kDelete, kPatch };
inline constexpr std::size_t kKindCount = 5;

enum class Outcome : std::uint8_t {
  kOk,       // a read that found a value, a write that was acknowledged
  kAbsent,   // the key was absent (a delete or patch that says so too)
  kFailed,   // certainly without effect
  kUnknown,  // no answer, or one that leaves open whether it took effect
  kRefused,  // an answer that says nothing of the value: a precondition, a limit, an overload
};
inline constexpr std::size_t kOutcomeCount = 5;

// Bits of Operation::marks.
inline constexpr std::uint8_t kStrongMark =
    1;  // a read of the database, begun after the request (G4)
inline constexpr std::uint8_t kStaleMark = 2;  // the answer says that it is stale: exempt from G2
inline constexpr std::uint8_t kBatchMark = 4;  // an item of a batch or a list
inline constexpr std::uint8_t kAllMarks = kStrongMark | kStaleMark | kBatchMark;

struct Operation {
  std::int64_t start_ns = 0;  // before the first byte was sent; any monotonic clock of the machine
  std::int64_t end_ns = 0;    // after the last byte was read; >= start_ns
  std::int64_t version = 0;   // written or read; of an absence: as of; 0: not known
  std::uint64_t digest = 0;   // of the value; 0: not known
  std::int64_t given_position = 0;     // of the token sent with the request
  std::int64_t received_position = 0;  // of the token that came with the answer
  std::uint32_t key = 0;
  std::uint32_t client = 0;    // history << kClientBits | client
  std::uint32_t limit_ms = 0;  // a put's time to live, a read's own staleness bound; 0: none
  std::uint8_t given_incarnation = 0;  // 0: no token
  std::uint8_t received_incarnation = 0;
  std::uint8_t marks = 0;
  Kind kind : 4 = Kind::kGet;
  Outcome outcome : 4 = Outcome::kOk;

  [[nodiscard]] bool IsWrite() const {
    return kind == Kind::kPut || kind == Kind::kDelete || kind == Kind::kPatch;
  }
  [[nodiscard]] bool Has(std::uint8_t mark) const { return (marks & mark) != 0; }
  friend bool operator==(const Operation&, const Operation&) = default;
};
static_assert(sizeof(Operation) == 64);

// A client's number within its history; the bits above say which of the merged histories.
inline constexpr std::uint32_t kClientBits = 24;
inline constexpr std::uint32_t kClientMask = (1U << kClientBits) - 1;

[[nodiscard]] std::string_view KindName(Kind kind);           // "get"
[[nodiscard]] std::string_view OutcomeName(Outcome outcome);  // "ok"
// The digest of a value, as `coolkit bench` records it: XXH3, and 1 for the value whose XXH3 is 0.
[[nodiscard]] std::uint64_t DigestOf(std::string_view value);

}  // namespace coolkit::bench
