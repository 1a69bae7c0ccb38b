// Why: what a pod finds behind `--peers dns:NAME` can be asked from where the pod runs, where there
// is no other tool for it.
#include <deque>
#include <future>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/setting_values.h"
#include "net/dns_resolver.h"

namespace coolkit::cli {
namespace {

using Addresses = Result<std::vector<std::string>>;

}  // namespace

ExitCode RunResolve(const Invocation& invocation, Console& console) {
  const auto misused = [&console](const std::string& detail) {
    console.errors << "coolkit resolve: " << detail << '\n';
    return ExitCode::kUsage;
  };
  net::DnsResolver::Options options;
  options.server = invocation.Flag("dns-server").value_or("");
  if (!IsDnsServer(options.server)) return misused("--dns-server: allowed is ADDRESS:PORT");
  const auto timeout = ParseDuration(invocation.Flag("timeout").value_or("5s"), false);
  if (!timeout) return misused("--timeout: allowed is a duration such as 5s");
  const SystemClock clock;
  net::DnsResolver resolver(clock, options);
  resolver.Start();
  std::deque<std::promise<Addresses>> answers;
  const std::vector<std::string> names = invocation.All("NAME");
  for (const std::string& name : names) {
    std::promise<Addresses>& answer = answers.emplace_back();
    resolver.Resolve(name, clock.Now() + *timeout,
                     [&answer](Addresses found) { answer.set_value(std::move(found)); });
  }
  ExitCode code = ExitCode::kDone;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Addresses found = answers[i].get_future().get();
    if (!found) {
      console.errors << "coolkit resolve: " << names[i] << ": " << ErrorCodeName(found.error().code)
                     << ": " << found.error().detail << '\n';
      code = ExitCode::kFailure;
      continue;
    }
    console.output << names[i] << ':';
    for (const std::string& address : *found) console.output << ' ' << address;
    console.output << '\n';
  }
  resolver.Stop();
  return code;
}

}  // namespace coolkit::cli
