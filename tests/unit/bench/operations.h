// Why: directed cases of the checker read like the histories that they are. Pure.
#pragma once

#include "bench/operation.h"

namespace coolkit::bench {

inline constexpr std::int64_t kMs = 1'000'000;

// Operations with times in milliseconds, for directed cases. A value's digest is its version.
inline Operation Op(Kind kind, std::int64_t start_ms, std::int64_t end_ms, std::int64_t version) {
  Operation operation;
  operation.kind = kind;
  operation.start_ns = start_ms * kMs;
  operation.end_ns = end_ms * kMs;
  operation.version = version;
  if (kind == Kind::kGet || kind == Kind::kPut) {
    operation.digest = static_cast<std::uint64_t>(version);
  }
  return operation;
}
inline Operation Put(std::int64_t start_ms, std::int64_t end_ms, std::int64_t version) {
  return Op(Kind::kPut, start_ms, end_ms, version);
}
inline Operation Delete(std::int64_t start_ms, std::int64_t end_ms, std::int64_t version) {
  return Op(Kind::kDelete, start_ms, end_ms, version);
}
inline Operation Get(std::int64_t start_ms, std::int64_t end_ms, std::int64_t version) {
  return Op(Kind::kGet, start_ms, end_ms, version);
}
inline Operation Absent(std::int64_t start_ms, std::int64_t end_ms, std::int64_t as_of = 0) {
  Operation operation = Op(Kind::kGet, start_ms, end_ms, as_of);
  operation.digest = 0;
  operation.outcome = Outcome::kAbsent;
  return operation;
}
inline Operation Strong(Operation operation) {
  operation.marks |= kStrongMark;
  return operation;
}
inline Operation Stale(Operation operation) {
  operation.marks |= kStaleMark;
  return operation;
}
inline Operation Unknown(Operation operation) {
  operation.outcome = Outcome::kUnknown;
  operation.version = 0;
  return operation;
}
inline Operation Given(Operation operation, std::int64_t position) {
  operation.given_incarnation = 1;
  operation.given_position = position;
  return operation;
}
inline Operation Received(Operation operation, std::int64_t position) {
  operation.received_incarnation = 1;
  operation.received_position = position;
  return operation;
}
inline Operation Limited(Operation operation, std::uint32_t limit_ms) {
  operation.limit_ms = limit_ms;
  return operation;
}

}  // namespace coolkit::bench
