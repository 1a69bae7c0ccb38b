#include "ops/handler.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "base/text.h"
#include "json/writer.h"
#include "ops/media_type.h"
#include "ops/probe.h"

namespace coolkit::ops {
namespace {

constexpr std::uint64_t kBodyBytesMax = 1024;  // of a GET that has a body; longer ones get 413
constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";
constexpr const char* kNoSuchPage =
    "this port has /metrics, /healthz, /healthz/{check}, /livez, /readyz, /startupz and /ring";
constexpr milliseconds kRetryAfter{1'000};

enum class Page { kMetrics, kHealthz, kLivez, kReadyz, kStartupz, kRing, kOther };
constexpr std::array<std::string_view, 7> kPagePaths{"/metrics",  "/healthz", "/livez", "/readyz",
                                                     "/startupz", "/ring",    "other"};

constexpr std::array<MediaType, 2> kMetricFormats{
    MediaType{"text", "plain", "0.0.4"},
    MediaType{"application", "openmetrics-text", "1.0.0"},
};
constexpr std::array<MediaType, 2> kProbeFormats{
    MediaType{"text", "plain", ""},
    MediaType{"application", "json", ""},
};

// A target taken apart: /healthz/process?verbose is {kHealthz, "process", "verbose"}.
struct Location {
  Page page = Page::kOther;
  std::string_view check;
  std::string_view query;
};

Location Locate(std::string_view target) {
  Location location;
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, question);
  location.query = target.substr(std::min(question + 1, target.size()));
  constexpr std::string_view kChecks = "/healthz/";
  if (path.starts_with(kChecks) && path.size() > kChecks.size()) {
    location.check = path.substr(kChecks.size());
    path = kPagePaths[static_cast<std::size_t>(Page::kHealthz)];
  }
  const auto found = std::find(kPagePaths.begin(), kPagePaths.end() - 1, path);
  location.page = static_cast<Page>(found - kPagePaths.begin());
  return location;
}

http::Response Answer(int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.AddHeader("Content-Type", type);
  response.AddHeader("Cache-Control", "no-store");
  response.AddHeader("X-Content-Type-Options", "nosniff");
  response.body = OwnedBytes(std::move(body));
  return response;
}

// In whole seconds, at least one.
void AddRetryAfter(http::Response& response, milliseconds wait) {
  const auto whole = std::chrono::ceil<seconds>(std::max(wait, kRetryAfter)).count();
  response.AddHeader("Retry-After", std::to_string(whole));
}

// RFC 9457. The pages that describe the codes are served by the other port, so the type is the one
// that says no more than the status.
http::Response Problem(int status, const Error& error) {
  const bool retryable = status == 503 || status == 429 || status == 408;
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Field("type", "about:blank");
  writer.Field("title", http::ReasonPhrase(status));
  writer.Field("status", status);
  writer.Field("detail", IsValidUtf8(error.detail) ? std::string_view(error.detail) : "");
  writer.Field("code", ErrorCodeName(error.code));
  writer.Field("retryable", retryable);
  writer.EndObject();
  body += '\n';
  http::Response response = Answer(status, "application/problem+json", std::move(body));
  if (status == 503 || status == 429) AddRetryAfter(response, error.retry_after);
  return response;
}

}  // namespace

struct Handler::State {
  explicit State(Options options_in);

  [[nodiscard]] http::Response Respond(const http::RequestHead& head) const;
  [[nodiscard]] http::Response Metrics(const http::RequestHead& head) const;
  [[nodiscard]] http::Response Probe(const Location& location, const http::RequestHead& head) const;
  // The checks that a page asks; nothing: there is no such check.
  [[nodiscard]] std::vector<const Check*> ChecksOf(const Location& location) const;
  [[nodiscard]] bool Knows(const Location& location) const;
  void Count(Page page, int status);
  telemetry::Counter& CounterFor(Page page, int status) REQUIRES(mutex);

  Options options;
  Check started;
  Mutex mutex;
  std::map<std::pair<Page, int>, telemetry::Counter*> counters GUARDED_BY(mutex);
};

Handler::State::State(Options options_in) : options(std::move(options_in)) {
  CHECK(options.registry != nullptr);
  std::set<std::string_view> names;
  for (const Check& check : options.checks) {
    CHECK(check.read != nullptr);
    CHECK(names.insert(check.name).second);
    options.registry->AddCallback(telemetry::MetricType::kGauge, "coolkit_health_check_status",
                                  "1 while the health check passes, else 0.",
                                  {{"check", check.name}},
                                  [read = check.read] { return read().ok ? 1.0 : 0.0; });
  }
  CHECK(names.contains(kProcessCheck));
  started.name = "started";
  started.read = [is_started = options.started] {
    const bool done = is_started == nullptr || is_started();
    return CheckResult{done, done ? "" : "still starting"};
  };
  // Known from the first scrape on: a counter that appears later hides its first increase.
  const MutexLock lock(mutex);
  for (std::size_t page = 0; page + 1 < kPagePaths.size(); ++page) {
    static_cast<void>(CounterFor(static_cast<Page>(page), 200));
  }
}

telemetry::Counter& Handler::State::CounterFor(Page page, int status) {
  telemetry::Counter*& counter = counters[{page, status}];
  if (counter == nullptr) {
    counter = &options.registry->AddCounter(
        "coolkit_ops_requests_total", "Answers of the operations port.",
        {{"path", std::string(kPagePaths[static_cast<std::size_t>(page)])},
         {"code", std::to_string(status)}});
  }
  return *counter;
}

void Handler::State::Count(Page page, int status) {
  const MutexLock lock(mutex);
  CounterFor(page, status).Add();
}

bool Handler::State::Knows(const Location& location) const {
  switch (location.page) {
    case Page::kOther:
      return false;
    case Page::kMetrics:
      return true;
    case Page::kRing:
      return options.ring != nullptr;
    default:
      return location.check.empty() || !ChecksOf(location).empty();
  }
}

std::vector<const Check*> Handler::State::ChecksOf(const Location& location) const {
  if (location.page == Page::kStartupz) return {&started};
  std::vector<const Check*> checks;
  for (const Check& check : options.checks) {
    const bool asked = location.page == Page::kLivez    ? check.name == kProcessCheck
                       : location.page == Page::kReadyz ? check.name != kDatabaseCheck
                       : location.check.empty()         ? true
                                                        : check.name == location.check;
    if (asked) checks.push_back(&check);
  }
  return checks;
}

http::Response Handler::State::Metrics(const http::RequestHead& head) const {
  const bool open_metrics = ChooseOffer(head.Joined(http::Field::kAccept), kMetricFormats) == 1;
  http::Response response =
      open_metrics ? Answer(200, "application/openmetrics-text; version=1.0.0; charset=utf-8",
                            options.registry->OpenMetricsText())
                   : Answer(200, "text/plain; version=0.0.4; charset=utf-8",
                            options.registry->PrometheusText());
  response.AddHeader("Vary", "Accept");
  return response;
}

http::Response Handler::State::Probe(const Location& location,
                                     const http::RequestHead& head) const {
  const ProbeQuery query = ProbeQuery::Parse(location.query);
  std::string name(kPagePaths[static_cast<std::size_t>(location.page)].substr(1));
  if (!location.check.empty()) name.append("/").append(location.check);
  const ProbeReport report = RunProbe(std::move(name), ChecksOf(location), options.checks, query);
  const int status = report.ok() ? 200 : 503;
  const bool json = ChooseOffer(head.Joined(http::Field::kAccept), kProbeFormats) == 1;
  http::Response response =
      json ? Answer(status, "application/json", report.Json())
           : Answer(status, "text/plain; charset=utf-8", report.Text(query.verbose));
  response.AddHeader("Vary", "Accept");
  if (status == 503) AddRetryAfter(response, kRetryAfter);
  return response;
}

http::Response Handler::State::Respond(const http::RequestHead& head) const {
  if (head.method == http::Method::kConnect) {
    return Problem(501, {ErrorCode::kMethodNotImplemented, "this is not a proxy", {}});
  }
  const Location location = Locate(head.target);
  const bool options_of_all = head.method == http::Method::kOptions && head.target == "*";
  if (!options_of_all && !Knows(location)) {
    return Problem(404, {ErrorCode::kNoSuchRoute, kNoSuchPage, {}});
  }
  if (head.method == http::Method::kOptions) {
    http::Response response;
    response.status = 204;
    response.AddHeader("Allow", kAllow);
    response.AddHeader("Cache-Control", "no-store");
    return response;
  }
  if (head.method != http::Method::kGet && head.method != http::Method::kHead) {
    http::Response response =
        Problem(405, {ErrorCode::kMethodNotAllowed, "only GET, HEAD and OPTIONS", {}});
    response.AddHeader("Allow", kAllow);
    return response;
  }
  if (location.page == Page::kMetrics) return Metrics(head);
  if (location.page == Page::kRing) {
    return Answer(200, "application/json", RingJson(options.ring()));
  }
  return Probe(location, head);
}

Handler::Handler(Options options) : state_(std::make_unique<State>(std::move(options))) {}
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
  const Page page = record.head == nullptr ? Page::kOther : Locate(record.head->target).page;
  state_->Count(page, record.status);
}

}  // namespace coolkit::ops
