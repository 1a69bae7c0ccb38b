// Why: what every call needs beside its own parameters: the parts of the process that it uses, and
// the request with its deadline and trace. Environment: any thread. Call: its connection's loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/location.h"
#include "api/options.h"
#include "api/shared_random.h"
#include "base/clock.h"
#include "http/message.h"
#include "kv/service.h"
#include "net/loop.h"
#include "telemetry/log.h"
#include "telemetry/trace_context.h"

namespace coolkit::api {

inline constexpr std::string_view kCacheStatus = "Cache-Status: ";

// A pod's name as a token of RFC 8941, which is what names a cache in Cache-Status.
[[nodiscard]] std::string TokenText(std::string_view name);

// Shared by all calls; outlives them.
struct Environment {
  Environment(Options options_in, kv::Service& service_in, telemetry::Log& log_in,
              const Clock& clock_in, std::uint64_t seed);

  const Options options;
  kv::Service& service;
  telemetry::Log& log;
  const Clock& clock;
  mutable SharedRandom random;
  // `Cache-Status: coolkit-<pod>; `, the start of the field that every answer of /v1/kv carries.
  const std::string cache_status;
};

// One request under way. The views live until the answer is written.
struct Call {
  Call(const Environment& environment_in, const http::Request& request, const Location& location_in,
       net::Loop& loop_in);

  const Environment& environment;
  const http::RequestHead& head;
  std::string_view body;
  Location location;
  net::Loop& loop;
  BootTime deadline;  // counted from the request's last byte: a slow upload is not held against it
  // The request's trace with a parent id of this pod; nothing when it came without one.
  std::optional<telemetry::TraceContext> trace;

  // The id that errors and logs name: the request's, or a new one.
  [[nodiscard]] std::string TraceId() const;
  [[nodiscard]] kv::WriteOptions MakeWriteOptions(std::optional<model::Token> token) const;
};

// The trace of a request, or a new one.
[[nodiscard]] telemetry::TraceContext TraceOf(const http::RequestHead& head, Random& random);

}  // namespace coolkit::api
