#include "api/handler.h"

#include "api/answers.h"
#include "api/batch.h"
#include "api/item_read.h"
#include "api/item_write.h"
#include "api/list.h"
#include "api/problem.h"
#include "api/write_request.h"
#include "http/names.h"

namespace coolkit::api {
namespace {

using http::Method;

bool HasBody(Method method) {
  return method == Method::kPut || method == Method::kPost || method == Method::kPatch;
}

Result<void> JudgeMethod(const http::RequestHead& head, const Location& location) {
  if (head.method == Method::kConnect) {
    return Fail(ErrorCode::kMethodNotImplemented, "this is no proxy");
  }
  if (location.route == RouteId::kNone) {
    return Fail(ErrorCode::kNoSuchRoute, "there is no such path; see /openapi.json");
  }
  if (FindOperation(location.route, head.method) == nullptr) {
    return Fail(ErrorCode::kMethodNotAllowed,
                "this path has " + std::string(RouteOf(location.route).allow));
  }
  return {};
}

}  // namespace

Handler::Handler(Parts parts, Options options)
    : environment_(std::move(options), parts.service, parts.log, parts.clock, parts.random.Next()),
      metrics_(parts.registry) {}

std::uint64_t Handler::BodyBytesMax(const http::RequestHead& head, const Location& location) const {
  if (location.route == RouteId::kItem && HasBody(head.method)) {
    return environment_.options.max_value_bytes;
  }
  if (head.method == Method::kPost) return model::kMaxBatchBytes;
  return environment_.options.ignored_body_bytes_max;
}

Result<void> Handler::Judge(const http::RequestHead& head, const Location& location) const {
  Result<void> good = JudgeMethod(head, location);
  if (!good) return good;
  if (const http::Header* expect = head.Find(http::Field::kExpect)) {
    if (!http::EqualsIgnoreCase(expect->value, "100-continue")) {
      return Fail(ErrorCode::kExpectationFailed, "only Expect: 100-continue is understood");
    }
  }
  const std::uint64_t announced = head.content_length.value_or(0);
  if (announced > BodyBytesMax(head, location)) {
    return Fail(
        ErrorCode::kPayloadTooLarge,
        "a body has at most " + std::to_string(BodyBytesMax(head, location)) + " bytes here");
  }
  const bool early =
      head.expects_continue || head.chunked || announced >= environment_.options.early_check_bytes;
  if (!early || !HasBody(head.method)) return {};
  if (location.route != RouteId::kItem) return CheckBatch(head, location);
  WriteRequest write;
  return write.Parse(head, location);
}

http::Admission Handler::Admit(const http::RequestHead& head) {
  const Location location = Locate(head.target);
  const Result<void> good = Judge(head, location);
  http::Admission admission;
  if (good) {
    admission.body_bytes_max = BodyBytesMax(head, location);
    return admission;
  }
  http::Response refusal = Problem(good.error(), TraceOf(head, environment_.random).TraceIdHex());
  refusal.headers += ErrorFields(good.error().code, location.route);
  admission.refusal = std::move(refusal);
  return admission;
}

net::Task<http::Response> Handler::Handle(const http::Request& request, net::Loop& loop) {
  const Location location = Locate(request.head->target);
  if (request.head->method != Method::kOptions) {
    switch (location.route) {
      case RouteId::kItem:
        return HandleItem(request, location, loop);
      case RouteId::kList:
        return ListItems(environment_, request, location, loop);
      case RouteId::kBatchGet:
        return BatchGet(environment_, request, location, loop);
      case RouteId::kBatchWrite:
        return BatchWrite(environment_, request, location, loop);
      default:
        break;
    }
  }
  return HandlePage(request, location, loop);
}

net::Task<http::Response> Handler::HandleItem(const http::Request& request,
                                              const Location& location, net::Loop& loop) {
  switch (request.head->method) {
    case Method::kPut:
      return PutItem(environment_, request, location, loop);
    case Method::kDelete:
      return DeleteItem(environment_, request, location, loop);
    case Method::kPatch:
      return PatchItem(environment_, request, location, loop);
    default:
      return ReadItem(environment_, request, location, loop);
  }
}

net::Task<http::Response> Handler::HandlePage(const http::Request& request, Location location,
                                              net::Loop& loop) {
  const Call call(environment_, request, location, loop);
  co_return pages_.Answer(call);
}

http::Response Handler::RenderError(int status, const Error& error) {
  const std::string trace_id = telemetry::NewTrace(environment_.random).TraceIdHex();
  LogError(environment_.log, error, status, trace_id, "", "");
  return ProblemWithStatus(status, error, trace_id);
}

void Handler::Observe(const http::ExchangeRecord& record) {
  const RouteId route = record.head == nullptr ? RouteId::kNone : Locate(record.head->target).route;
  const Method method = record.head == nullptr ? Method::kOther : record.head->method;
  metrics_.Count(route, method, record.status, record.duration, record.request_bytes,
                 record.response_bytes);
  telemetry::Log& log = environment_.log;
  if (record.head == nullptr || !log.Enabled(telemetry::LogLevel::kDebug)) return;
  const http::Header* trace = record.head->Find(http::Field::kTraceparent);
  log.Debug("request", {{"method", record.head->method_text},
                        {"target", record.head->target},
                        {"route", RouteOf(route).path},
                        {"status", record.status},
                        {"duration_ms", static_cast<double>(record.duration.count()) / 1e6},
                        {"request_bytes", record.request_bytes},
                        {"response_bytes", record.response_bytes},
                        {"traceparent", trace == nullptr ? std::string_view() : trace->value}});
}

}  // namespace coolkit::api
