#include "api/answers.h"

#include <algorithm>

#include "api/error_table.h"
#include "api/header_block.h"
#include "api/problem.h"
#include "api/write_request.h"

namespace coolkit::api {
namespace {

// Every answer of /v1/kv but errors, and then by how long others may keep it.
constexpr std::string_view kGuards =
    "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: sandbox\r\n";
constexpr std::string_view kAskAgain = "Cache-Control: no-cache\r\n";
constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";
constexpr std::string_view kNoRanges = "Accept-Ranges: none\r\n";

// From this pod's memory or another one's.
bool FromMemory(const kv::ReadAnswer& answer) {
  return answer.source == kv::Source::kHit || answer.source == kv::Source::kStale ||
         (answer.relay && !answer.relay->loaded);
}

void StaleParameters(HeaderBlock& block, nanoseconds staleness) {
  block.Text("hit; ttl=-");
  block.Number(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(staleness).count()));
  block.Text("; detail=stale");
}

// The member of the pod that answered this one, which is nearer to the database.
void RelayMember(HeaderBlock& block, const kv::ReadAnswer& answer) {
  const cache::Relay& relay = *answer.relay;
  block.Text("coolkit-");
  block.Text(TokenText(*relay.pod));
  block.Text("; ");
  if (relay.stale) {
    StaleParameters(block, answer.staleness);
  } else {
    block.Text(relay.loaded ? "fwd=uri-miss; stored" : "hit");
  }
  if (relay.collapsed) block.Text("; collapsed");
}

// The parameters of this pod's member of Cache-Status (RFC 9211 section 2).
void CacheStatusParameters(HeaderBlock& block, const kv::ReadAnswer& answer) {
  switch (answer.source) {
    case kv::Source::kHit:
      block.Text(answer.near ? "hit; detail=near" : "hit");
      return;
    case kv::Source::kStale:
      return StaleParameters(block, answer.staleness);
    case kv::Source::kMiss:
      block.Text("fwd=uri-miss");
      break;
    case kv::Source::kRevalidated:
      block.Text("fwd=stale");
      break;
    case kv::Source::kRequested:
      block.Text("fwd=request");
      break;
  }
  if (answer.stored) block.Text("; stored");
  if (answer.collapsed) block.Text("; collapsed");
}

void Position(HeaderBlock& block, const model::Token& token) {
  block.Text("Coolkit-Position: ");
  block.Token(token);
  block.Text("\r\n");
}

// Milliseconds with three decimals since the request's head was read; and the trace.
void TimingAndTrace(HeaderBlock& block, const Call& call) {
  const auto passed =
      std::chrono::duration_cast<microseconds>(call.environment.clock.Now() - call.head.arrived);
  const std::int64_t micros = std::max<std::int64_t>(0, passed.count());
  const std::int64_t thousandths = micros % 1000;
  block.Text("Server-Timing: total;dur=");
  block.Number(micros / 1000);
  const char decimals[] = {'.', static_cast<char>('0' + thousandths / 100),
                           static_cast<char>('0' + thousandths / 10 % 10),
                           static_cast<char>('0' + thousandths % 10)};
  block.Text({decimals, sizeof decimals});
  block.Text("\r\n");
  if (call.trace) {
    block.Text("traceparent: ");
    block.Text(call.trace->Header());
    block.Text("\r\n");
  }
}

void VersionTag(HeaderBlock& block, model::Version version) {
  block.Text("ETag: \"");
  block.Number(version.value);
  block.Text("\"\r\n");
}

// Where a read's answer came from and how old it may be.
void ReadFields(HeaderBlock& block, const Call& call, const kv::ReadAnswer& answer) {
  std::string_view own = call.environment.cache_status;
  if (answer.relay) {
    block.Text(kCacheStatus);
    RelayMember(block, answer);
    block.Text(", ");
    own.remove_prefix(kCacheStatus.size());
  }
  block.Text(own);
  CacheStatusParameters(block, answer);
  block.Text("\r\n");
  if (FromMemory(answer)) {
    block.Text("Age: ");
    block.Number(std::chrono::floor<std::chrono::seconds>(answer.staleness).count());
    block.Text("\r\nCoolkit-Staleness-Ms: ");
    block.Number(std::chrono::ceil<milliseconds>(answer.staleness).count());
    block.Text("\r\n");
  }
  Position(block, answer.token);
  TimingAndTrace(block, call);
}

// What a content type written by plain SQL can't do is end the field.
std::string_view SafeContentType(const model::Entry& entry) {
  const std::string_view type = entry.content_type();
  const bool visible =
      std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return visible ? type : "application/octet-stream";
}

// The fields of 200 and 304; a 304 leaves out what describes the body (RFC 9110 section 15.4.5).
std::string ValueHeaders(const Call& call, const kv::ReadAnswer& answer, bool with_type) {
  const model::Entry& entry = *answer.entry;
  HeaderBlock block;
  VersionTag(block, entry.version());
  block.Text("Last-Modified: ");
  block.HttpDate(std::chrono::floor<seconds>(entry.modified_at()).time_since_epoch().count());
  if (with_type) {
    block.Text("\r\nContent-Type: ");
    block.Text(SafeContentType(entry));
  }
  block.Text("\r\n");
  if (answer.ttl) {
    block.Text("Coolkit-Ttl-Ms: ");
    block.Number(answer.ttl->count());
    block.Text("\r\n");
  }
  ReadFields(block, call, answer);
  block.Text(kGuards);
  block.Text(kAskAgain);
  block.Text(kNoRanges);
  return block.str();
}

// The problem of 404, 409 and 412, which tell something about the state like a value does.
http::Response StateProblem(const Call& call, const Error& error, const HeaderBlock& fields) {
  const bool ask_again =
      error.code == ErrorCode::kNotFound || error.code == ErrorCode::kPreconditionFailed;
  http::Response response =
      Problem(error, call.TraceId(), ask_again ? Caching::kAskAgain : Caching::kNoStore);
  response.headers += fields.view();
  return response;
}

http::Response ReadProblem(const Call& call, const kv::ReadAnswer& answer, ErrorCode code) {
  HeaderBlock block;
  ReadFields(block, call, answer);
  block.Text(kNoRanges);
  return StateProblem(call, Error{code, {}, {}}, block);
}

void WriteFields(HeaderBlock& block, const Call& call, const model::Token& position) {
  block.Text(call.environment.cache_status);
  block.Text("fwd=method\r\n");
  Position(block, position);
  TimingAndTrace(block, call);
}

}  // namespace

http::Response AnswerRead(const Call& call, const kv::ReadAnswer& answer,
                          const Preconditions& preconditions) {
  // An absent value is 404 whatever the preconditions say (RFC 9110 section 13.2.1).
  if (!answer.entry->present()) return ReadProblem(call, answer, ErrorCode::kNotFound);
  const Verdict verdict =
      preconditions.empty() ? Verdict::kProceed : Evaluate(preconditions, *answer.entry, true);
  if (verdict == Verdict::kFailed) {
    return ReadProblem(call, answer, ErrorCode::kPreconditionFailed);
  }
  http::Response response;
  if (verdict == Verdict::kNotModified) {
    response.status = 304;
    response.headers = ValueHeaders(call, answer, false);
    return response;
  }
  response.headers = ValueHeaders(call, answer, true);
  response.body = answer.entry.ValueBytes();
  return response;
}

http::Response AnswerWritten(const Call& call, int status, model::Version version,
                             const model::Token& token) {
  HeaderBlock block;
  VersionTag(block, version);
  WriteFields(block, call, token);
  block.Text(kGuards);
  block.Text(kAskAgain);
  http::Response response;
  response.status = status;
  response.headers = block.str();
  return response;
}

http::Response AnswerMany(const Call& call, int status, std::string json,
                          const std::optional<model::Token>& position,
                          std::string_view cache_status) {
  HeaderBlock block;
  block.Text("Content-Type: application/json\r\n");
  block.Text(call.environment.cache_status);
  block.Text(cache_status);
  block.Text("\r\n");
  if (position) Position(block, *position);
  TimingAndTrace(block, call);
  block.Text(kGuards);
  block.Text(kNoStore);
  http::Response response;
  response.status = status;
  response.headers = block.str();
  response.body = OwnedBytes(std::move(json));
  return response;
}

std::string ErrorFields(ErrorCode code, RouteId route) {
  switch (code) {
    case ErrorCode::kMethodNotAllowed:
      return "Allow: " + std::string(RouteOf(route).allow) + "\r\n";
    case ErrorCode::kUnsupportedEncoding:
      return "Accept-Encoding: identity\r\n";
    case ErrorCode::kUnsupportedMediaType:
      if (route != RouteId::kItem) return {};
      return "Accept-Patch: " + std::string(kPatchTypes) + "\r\n";
    default:
      return {};
  }
}

http::Response AnswerError(const Call& call, const Error& error) {
  const std::string trace_id = call.TraceId();
  http::Response response = Problem(error, trace_id);
  HeaderBlock block;
  TimingAndTrace(block, call);
  response.headers += block.view();
  response.headers += ErrorFields(error.code, call.location.route);
  LogError(call.environment.log, error, response.status, trace_id, call.head.method_text,
           RouteOf(call.location.route).path);
  return response;
}

http::Response AnswerRefused(const Call& call, const Error& error, const model::Token& position) {
  HeaderBlock block;
  WriteFields(block, call, position);
  return StateProblem(call, error, block);
}

void LogError(telemetry::Log& log, const Error& error, int status, std::string_view trace_id,
              std::string_view method, std::string_view route) {
  // Refusing what is too much, and what the client asked for, is no fault.
  const bool expected = error.code == ErrorCode::kNotCached ||
                        error.code == ErrorCode::kOverloaded ||
                        error.code == ErrorCode::kMethodNotImplemented ||
                        error.code == ErrorCode::kTransferCodingUnsupported ||
                        error.code == ErrorCode::kHttpVersionUnsupported;
  if (status < 500 || expected) return;
  log.Warn("request failed", {{"code", ErrorCodeName(error.code)},
                              {"status", status},
                              {"detail", error.detail},
                              {"method", method},
                              {"route", route},
                              {"trace_id", trace_id}});
}

}  // namespace coolkit::api
