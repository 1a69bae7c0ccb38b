// Why: what requests and answers may carry besides their bodies, each described once, so that the
// OpenAPI document and the generated reference are complete. Immutable; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace coolkit::api {

enum class Parameter : std::uint8_t {
  kCollection,
  kKey,
  kCode,
  kTtl,
  kPrefix,
  kPageSize,
  kPageToken,
  kValues,
  kIfMatch,
  kIfNoneMatch,
  kIfModifiedSince,
  kIfUnmodifiedSince,
  kCacheControl,
  kMaxStaleness,
  kPosition,
  kTraceparent,
};

struct ParameterRow {
  Parameter id;
  std::string_view name;
  std::string_view in;  // path, query or header
  bool required = false;
  std::string_view schema;   // JSON
  std::string_view example;  // JSON
  std::string_view description;
};

// In the order of Parameter.
[[nodiscard]] std::span<const ParameterRow> ParameterRows();
[[nodiscard]] const ParameterRow& ParameterRowOf(Parameter parameter);

// Fields of an answer.
enum class AnswerField : std::uint8_t {
  kETag,
  kLastModified,
  kAge,
  kTtlMs,
  kCacheStatus,
  kPosition,
  kStalenessMs,
  kServerTiming,
  kTraceparent,
  kCacheControl,
  kAcceptRanges,
  kNosniff,
  kSandbox,
  kRetryAfter,
  kAllow,
  kAcceptPatch,
};

struct AnswerFieldRow {
  AnswerField id;
  std::string_view name;
  bool always = false;  // in every answer that lists it
  std::string_view schema;
  std::string_view description;
};

[[nodiscard]] std::span<const AnswerFieldRow> AnswerFieldRows();
[[nodiscard]] const AnswerFieldRow& AnswerFieldRowOf(AnswerField field);

}  // namespace coolkit::api
