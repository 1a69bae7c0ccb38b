#include "scaler/handler.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "json/writer.h"

namespace coolkit::scaler {
namespace {

constexpr std::uint64_t kBodyBytesMax = 1024;
constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";
constexpr std::string_view kPrefix = "/estimate/";
constexpr std::string_view kRetryAfterSeconds = "5";
constexpr seconds kHungAfter{180};
constexpr std::array<int, 6> kCodes{200, 204, 400, 404, 405, 503};

http::Response Answered(int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.AddHeader("Content-Type", type);
  response.AddHeader("Cache-Control", "no-store");
  response.AddHeader("X-Content-Type-Options", "nosniff");
  response.body = OwnedBytes(std::move(body));
  return response;
}

http::Response Problem(int status, const Error& error) {
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Field("type", "about:blank");
  writer.Field("title", http::ReasonPhrase(status));
  writer.Field("status", status);
  writer.Field("detail", IsValidUtf8(error.detail) ? std::string_view(error.detail) : "");
  writer.Field("code", ErrorCodeName(error.code));
  writer.Field("retryable", status == 503 || status == 408);
  writer.EndObject();
  body += '\n';
  http::Response response = Answered(status, "application/problem+json", std::move(body));
  if (status == 503) response.AddHeader("Retry-After", kRetryAfterSeconds);
  return response;
}

}  // namespace

struct Handler::State {
  State(std::vector<const Workload*> w, telemetry::Registry& registry, const Clock& c)
      : workloads(std::move(w)), clock(c) {
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
      counters.at(i) =
          &registry.AddCounter("coolkit_scaler_requests_total", "Answers of the scaler, by status.",
                               {{"code", std::to_string(kCodes.at(i))}});
    }
    others = &registry.AddCounter("coolkit_scaler_requests_total",
                                  "Answers of the scaler, by status.", {{"code", "other"}});
  }

  [[nodiscard]] http::Response Respond(const http::RequestHead& head) const;
  [[nodiscard]] http::Response Estimate(std::string_view name, std::string_view query) const;
  [[nodiscard]] http::Response Names() const;

  std::vector<const Workload*> workloads;
  const Clock& clock;
  std::array<telemetry::Counter*, kCodes.size()> counters{};
  telemetry::Counter* others = nullptr;
};

http::Response Handler::State::Names() const {
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("workloads").BeginArray();
  for (const Workload* workload : workloads) writer.String(workload->name());
  writer.EndArray();
  writer.EndObject();
  body += '\n';
  return Answered(200, "application/json", std::move(body));
}

http::Response Handler::State::Estimate(std::string_view name, std::string_view query) const {
  const bool explain = query == "explain=1" || query == "explain=true" || query == "explain";
  if (!query.empty() && !explain && query != "explain=0") {
    return Problem(400, {ErrorCode::kInvalidQuery, "the only parameter is explain=1", {}});
  }
  const auto found = std::find_if(workloads.begin(), workloads.end(),
                                  [&](const Workload* w) { return w->name() == name; });
  if (found == workloads.end()) {
    return Problem(404, {ErrorCode::kNotFound, "no such workload; /estimate lists them", {}});
  }
  const std::shared_ptr<const Answer> answer = (*found)->Current();
  if (!answer->usable) return Problem(503, {ErrorCode::kOverloaded, answer->why_not, {}});
  if (clock.Now() - answer->published > kHungAfter) {
    return Problem(503, {ErrorCode::kOverloaded, "the estimate is too old", {}});
  }
  return Answered(200, "application/json", explain ? answer->explain_body : answer->body);
}

http::Response Handler::State::Respond(const http::RequestHead& head) const {
  if (head.method == http::Method::kConnect) {
    return Problem(501, {ErrorCode::kMethodNotImplemented, "this is not a proxy", {}});
  }
  const std::size_t question = std::min(head.target.find('?'), head.target.size());
  const std::string_view path = head.target.substr(0, question);
  const std::string_view query = head.target.substr(std::min(question + 1, head.target.size()));
  const bool estimate = path.starts_with(kPrefix) && path.size() > kPrefix.size();
  const bool known = estimate || path == "/estimate" || path == "/healthz" || path == "*";
  if (!known) {
    return Problem(404, {ErrorCode::kNoSuchRoute, "this port has /estimate/{workload}", {}});
  }
  if (head.method == http::Method::kOptions) {
    http::Response response;
    response.status = 204;
    response.AddHeader("Allow", kAllow);
    return response;
  }
  if (head.method != http::Method::kGet && head.method != http::Method::kHead) {
    http::Response response =
        Problem(405, {ErrorCode::kMethodNotAllowed, "only GET, HEAD and OPTIONS", {}});
    response.AddHeader("Allow", kAllow);
    return response;
  }
  if (path == "/healthz") return Answered(200, "text/plain; charset=utf-8", "ok\n");
  return estimate ? Estimate(path.substr(kPrefix.size()), query) : Names();
}

Handler::Handler(std::vector<const Workload*> workloads, telemetry::Registry& registry,
                 const Clock& clock)
    : state_(std::make_unique<State>(std::move(workloads), registry, clock)) {}
Handler::~Handler() = default;

http::Admission Handler::Admit(const http::RequestHead& head) {
  http::Admission admission;
  admission.body_bytes_max = kBodyBytesMax;
  const bool reads = head.method == http::Method::kGet || head.method == http::Method::kHead;
  if (!reads) admission.refusal = state_->Respond(head);
  return admission;
}

net::Task<http::Response> Handler::Handle(const http::Request& request, net::Loop& /*loop*/) {
  co_return state_->Respond(*request.head);
}

http::Response Handler::RenderError(int status, const Error& error) {
  return Problem(status, error);
}

void Handler::Observe(const http::ExchangeRecord& record) {
  const auto code = std::find(kCodes.begin(), kCodes.end(), record.status);
  telemetry::Counter* counter =
      code == kCodes.end() ? state_->others
                           : state_->counters.at(static_cast<std::size_t>(code - kCodes.begin()));
  counter->Add();
}

}  // namespace coolkit::scaler
