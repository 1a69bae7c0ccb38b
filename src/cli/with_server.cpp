#include "base/text.h"
#include "cli/commands.h"
#include "cli/http_session.h"
#include "cli/service_url.h"

namespace coolkit::cli {
namespace {

constexpr milliseconds kTimeoutMax = std::chrono::hours(1);

// A flag's value, or its variable's, or its default; with the name for messages.
struct Chosen {
  std::string source;
  std::string value;
};

Chosen Choose(const Invocation& invocation, const Console& console, const std::string& flag,
              const std::string& variable, std::string_view fallback) {
  if (auto value = invocation.Flag(flag)) return {"--" + flag, std::move(*value)};
  const auto found = console.environment.find(variable);
  if (found != console.environment.end() && !found->second.empty()) {
    return {variable, found->second};
  }
  return {"the default", std::string(fallback)};
}

// Credentials in a URL are not sent, and not shown.
std::string Refusal(const Chosen& chosen, const std::string& reason) {
  const bool shown = chosen.value.find('@') == std::string::npos;
  return chosen.source + ": " + (shown ? "'" + chosen.value + "'" : "the value (not shown)") +
         " is not allowed: " + reason;
}

ExitCode Misused(const Invocation& invocation, Console& console, const std::string& detail) {
  console.errors << "coolkit " << invocation.command << ": " << detail << '\n';
  return ExitCode::kUsage;
}

}  // namespace

ExitCode RunWithServer(const Invocation& invocation, Console& console,
                       ExitCode (*command)(const Client&)) {
  const Chosen url = Choose(invocation, console, "url", "COOLKIT_URL", kDefaultUrl);
  auto parsed = ParseServiceUrl(url.value);
  if (!parsed) return Misused(invocation, console, Refusal(url, parsed.error().detail));
  const Chosen timeout =
      Choose(invocation, console, "timeout", "COOLKIT_TIMEOUT", kDefaultClientTimeout);
  const auto duration = ParseDuration(timeout.value);
  if (!duration || *duration > kTimeoutMax) {
    return Misused(invocation, console,
                   Refusal(timeout, "a duration such as 500ms or 10s, at most 1h"));
  }
  HttpSession session(std::move(*parsed), *duration);
  const Client client(invocation, console, [&session](http::ClientRequest request) {
    return session.Send(std::move(request));
  });
  return command(client);
}

}  // namespace coolkit::cli
