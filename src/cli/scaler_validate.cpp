// coolkit scaler validate: an endpoint, read as KEDA reads it.
#include <charconv>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/http_session.h"
#include "scaler/scaled_object.h"
#include "scaler/validation.h"

namespace coolkit::cli {
namespace {

constexpr int kRedirectsMax = 10;  // as Go's client
constexpr int kReadings = 2;

struct Question {
  std::string url;
  milliseconds timeout{3'000};
  scaler::ValidationInput input;
};

std::unexpected<Error> Refusal(const std::string& what, const std::string& value,
                               std::string_view allowed) {
  return Fail(ErrorCode::kInvalidRequest,
              what + ": '" + value + "' is not allowed; allowed is " + std::string(allowed));
}

Result<double> Number(const std::string& what, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Refusal(what, text, "a number");
  }
  return value;
}

// KEDA's timeout: milliseconds without a unit, or a duration.
Result<milliseconds> Timeout(const std::string& what, const std::string& text) {
  if (const auto bare = ParseDecimal(text); bare && *bare > 0 && *bare < 3'600'000) {
    return milliseconds(*bare);
  }
  const auto value = ParseDuration(text);
  if (!value) return Refusal(what, text, "a duration");
  return *value;
}

Result<void> TakeObject(const std::string& path, Console& console, Question& question) {
  const auto yaml = console.read_file(path);
  if (!yaml) return Fail(ErrorCode::kInvalidRequest, "--scaled-object: " + yaml.error().detail);
  auto object = scaler::ParseScaledObject(*yaml);
  if (!object) {
    return Fail(ErrorCode::kInvalidRequest,
                "--scaled-object: '" + path + "': " + object.error().detail);
  }
  scaler::ValidationInput& input = question.input;
  question.url = object->url;
  input.value_location = object->value_location;
  input.metric_type = object->metric_type;
  input.min = object->min;
  input.max = object->max;
  const auto target = Number("targetValue", object->target_value);
  if (!target) return Fail(target.error());
  input.target = *target;
  if (!object->timeout.empty()) {
    const auto timeout = Timeout("timeout", object->timeout);
    if (!timeout) return Fail(timeout.error());
    question.timeout = *timeout;
  }
  input.object = std::move(*object);
  return {};
}

// The flags that were given, over what the ScaledObject says.
Result<void> TakeFlags(const Invocation& invocation, Question& question) {
  scaler::ValidationInput& input = question.input;
  if (const auto text = invocation.Flag("value-location")) input.value_location = *text;
  if (const auto text = invocation.Flag("metric-type")) {
    const bool known = *text == "AverageValue" || *text == "Value";
    if (!known) return Refusal("--metric-type", *text, "AverageValue or Value");
    input.metric_type =
        *text == "Value" ? scaler::MetricType::kValue : scaler::MetricType::kAverageValue;
  }
  if (const auto text = invocation.Flag("target-value")) {
    const auto value = Number("--target-value", *text);
    if (!value) return Fail(value.error());
    input.target = *value;
  }
  for (const auto& [flag, field] :
       {std::pair("current", &input.current), {"min", &input.min}, {"max", &input.max}}) {
    const auto text = invocation.Flag(flag);
    if (!text) continue;
    const auto value = ParseDecimal(*text);
    if (!value || *value == 0 || *value > 100'000) {
      return Refusal("--" + std::string(flag), *text, "a whole number from 1 to 100000");
    }
    *field = static_cast<int>(*value);
  }
  if (const auto text = invocation.Flag("timeout")) {
    const auto value = Timeout("--timeout", *text);
    if (!value) return Fail(value.error());
    question.timeout = *value;
  }
  if (!invocation.Argument("URL").empty()) question.url = invocation.Argument("URL");
  input.timeout_s = std::chrono::duration<double>(question.timeout).count();
  return {};
}

struct Target {
  ServiceUrl service;
  std::string path;
};

// http://HOST[:PORT]/PATH[?QUERY]
Result<Target> Split(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash =
      scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  const auto service = ParseServiceUrl(url.substr(0, slash));
  if (!service) return Fail(service.error());
  return Target{*service, slash == std::string::npos ? "/" : url.substr(slash)};
}

// One GET, redirects followed as KEDA's client does.
scaler::Reading Get(std::string url, milliseconds timeout) {
  const SystemClock clock;
  const BootTime began = clock.Now();
  scaler::Reading reading;
  for (int hop = 0; hop <= kRedirectsMax; ++hop) {
    const auto target = Split(url);
    if (!target) {
      reading.failure = target.error().detail;
      break;
    }
    http::ClientRequest request;
    request.target = target->path;
    HttpSession session(target->service, timeout);
    auto answer = session.Send(std::move(request));
    reading.seconds = std::chrono::duration<double>(clock.Now() - began).count();
    if (!answer) {
      reading.failure = answer.error().detail;
      break;
    }
    reading.status = answer->status;
    reading.body = std::move(answer->body);
    const std::string location(answer->Header("location"));
    const bool moved = answer->status >= 301 && answer->status <= 308 && answer->status != 304;
    if (!moved || location.empty()) break;
    url = location.starts_with('/') ? "http://" + target->service.authority + location : location;
  }
  return reading;
}

}  // namespace

ExitCode RunScalerValidate(const Invocation& invocation, Console& console) {
  const auto failed = [&](const Error& error) {
    console.errors << "coolkit scaler validate: " << error.detail << '\n';
    return ExitCode::kUsage;
  };
  Question question;
  if (const auto path = invocation.Flag("scaled-object")) {
    if (const auto done = TakeObject(*path, console, question); !done) return failed(done.error());
  }
  if (const auto done = TakeFlags(invocation, question); !done) return failed(done.error());
  if (question.url.empty()) {
    return failed({ErrorCode::kInvalidRequest, "give a URL or --scaled-object", {}});
  }
  if (const auto target = Split(question.url); !target) return failed(target.error());
  for (int i = 0; i < kReadings; ++i) {
    question.input.readings.push_back(Get(question.url, question.timeout));
  }
  const scaler::Validation validation = scaler::Validate(question.input);
  console.output << question.url << '\n' << scaler::ValidationText(validation);
  return validation.faults.empty() ? ExitCode::kDone : ExitCode::kNegative;
}

}  // namespace coolkit::cli
