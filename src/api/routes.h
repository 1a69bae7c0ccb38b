// Why: one table says which calls exist; the router, Allow and OPTIONS, the OpenAPI document, the
// generated reference and the metrics' route label all read it, so that they can't disagree.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/parameters.h"
#include "http/message.h"

namespace coolkit::api {

enum class RouteId : std::uint8_t {
  kItem,        // /v1/kv/{collection}/{key}
  kList,        // /v1/kv/{collection}
  kBatchGet,    // /v1/kv/{collection}:batchGet
  kBatchWrite,  // /v1/kv/{collection}:batchWrite
  kOpenApi,     // /openapi.json
  kErrorPage,   // /errors/{code}
  kIndex,       // /
  kServer,      // *, for OPTIONS (RFC 9110 section 9.3.7)
  kNone,        // nothing is there
};
inline constexpr std::size_t kRouteCount = 9;

// What a request body may be.
enum class RequestBody : std::uint8_t { kNone, kValue, kPatch, kBatchGet, kBatchWrite };

// What an answer's body is.
enum class AnswerBody : std::uint8_t {
  kNone,
  kValue,
  kList,
  kBatchGet,
  kBatchWrite,
  kOpenApi,
  kText,
  kProblem
};

// One status that an operation may answer with, and the fields that are always (or, where the
// table of fields says so, sometimes) in it.
struct Answer {
  int status = 200;
  AnswerBody body = AnswerBody::kNone;
  std::span<const AnswerField> fields;
  std::string_view description;
};

struct Operation {
  http::Method method = http::Method::kGet;
  std::string_view id;       // operationId
  std::string_view summary;  // one line
  std::string_view description;
  std::span<const Parameter> parameters;
  RequestBody body = RequestBody::kNone;
  std::span<const Answer> answers;
};

struct Route {
  RouteId id = RouteId::kNone;
  std::string_view path;   // the template; also the metrics' route label
  std::string_view allow;  // value of Allow
  std::span<const Operation> operations;
};

// By RouteId; kServer has only OPTIONS, kNone has none.
[[nodiscard]] const Route& RouteOf(RouteId id);
// All, in the order of RouteId.
[[nodiscard]] std::span<const Route> Routes();
// The operation of a method, or null: 405.
[[nodiscard]] const Operation* FindOperation(RouteId id, http::Method method);

}  // namespace coolkit::api
