#include "api/call.h"

#include <algorithm>

#include "http/names.h"

namespace coolkit::api {
namespace {

// Longer pod names are cut: a Kubernetes name has at most 253 characters, a usual one 63.
constexpr std::size_t kPodNameBytesMax = 128;

}  // namespace

std::string TokenText(std::string_view name) {
  std::string token(name.substr(0, kPodNameBytesMax));
  for (char& c : token) {
    if (!http::IsTokenChar(c) && c != ':' && c != '/') c = '-';
  }
  return token;
}

Environment::Environment(Options options_in, kv::Service& service_in, telemetry::Log& log_in,
                         const Clock& clock_in, std::uint64_t seed)
    : options(std::move(options_in)),
      service(service_in),
      log(log_in),
      clock(clock_in),
      random(seed),
      cache_status(std::string(kCacheStatus) + "coolkit-" + TokenText(options.pod_name) + "; ") {}

Call::Call(const Environment& environment_in, const http::Request& request,
           const Location& location_in, net::Loop& loop_in)
    : environment(environment_in),
      head(*request.head),
      body(request.body),
      location(location_in),
      loop(loop_in),
      deadline((body.empty() ? head.arrived : loop.Now()) + environment.options.request_timeout) {
  if (const http::Header* field = head.Find(http::Field::kTraceparent)) {
    if (const auto parent = telemetry::ParseTraceparent(field->value)) {
      trace = telemetry::ChildOf(*parent, environment.random);
    }
  }
}

std::string Call::TraceId() const {
  return (trace ? *trace : telemetry::NewTrace(environment.random)).TraceIdHex();
}

kv::WriteOptions Call::MakeWriteOptions(std::optional<model::Token> token) const {
  return {head.arrived, deadline, token};
}

telemetry::TraceContext TraceOf(const http::RequestHead& head, Random& random) {
  if (const http::Header* field = head.Find(http::Field::kTraceparent)) {
    if (const auto parent = telemetry::ParseTraceparent(field->value)) return *parent;
  }
  return telemetry::NewTrace(random);
}

}  // namespace coolkit::api
