// Why: the fields that the answers of /v1/kv carry are the contract with clients and caches, so all
// of them are written here. Pure but for the clock; any thread.
#pragma once

#include <optional>
#include <string>

#include "api/call.h"
#include "api/preconditions.h"
#include "base/error.h"
#include "http/message.h"
#include "kv/service.h"

namespace coolkit::api {

// 200, 304, 404 or 412 of a read. HEAD gets GET's answer: the server leaves the body out.
[[nodiscard]] http::Response AnswerRead(const Call& call, const kv::ReadAnswer& answer,
                                        const Preconditions& preconditions);

// 201 or 204 of a write that happened.
[[nodiscard]] http::Response AnswerWritten(const Call& call, int status, model::Version version,
                                           const model::Token& token);

// 200 or 412 of a list or batch, with its JSON. `position`: nothing was read or written if none.
// `cache_status`: how the answer came about, in the words of RFC 9211.
[[nodiscard]] http::Response AnswerMany(const Call& call, int status, std::string json,
                                        const std::optional<model::Token>& position,
                                        std::string_view cache_status);

// The fields that an error of that code calls for on that route: Allow, Accept-Patch,
// Accept-Encoding.
[[nodiscard]] std::string ErrorFields(ErrorCode code, RouteId route);

// An error, with those fields; one that is the service's fault is logged.
[[nodiscard]] http::Response AnswerError(const Call& call, const Error& error);

// 404, 409 or 412 of a write: an error that tells something about the state at `position` (R10).
[[nodiscard]] http::Response AnswerRefused(const Call& call, const Error& error,
                                           const model::Token& position);

// Logs an error that is the service's fault.
void LogError(telemetry::Log& log, const Error& error, int status, std::string_view trace_id,
              std::string_view method, std::string_view route);

}  // namespace coolkit::api
