// Any text where an operator writes a setting: it is taken, and means the same when it is written
// again, or it is refused. What is shown of a database's URL does not have its password.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "bench/call.h"
#include "bench/key_choice.h"
#include "cli/peers_setting.h"
#include "cli/service_url.h"
#include "net/tcp.h"
#include "ops/probe.h"
#include "scaler/workload_options.h"
#include "store/postgres/conninfo.h"
#include "store/url.h"
#include "telemetry/log.h"

namespace {

using namespace coolkit;

void TryNumbers(std::string_view text) {
  if (const auto duration = ParseDuration(text, true); duration && duration->count() > 0) {
    CHECK(ParseDuration(FormatDuration(*duration), true).value_or(milliseconds(-1)) == *duration);
  }
  if (const auto size = ParseByteSize(text)) {
    CHECK(ParseByteSize(FormatByteSize(*size)).value_or(*size + 1) == *size);
  }
  if (const auto number = ParseDecimal(text)) CHECK(std::to_string(*number) == text);
}

void TryAddresses(std::string_view text) {
  if (const auto endpoint = net::ParseEndpoint(text)) {
    const auto again = net::ParseEndpoint(net::FormatEndpoint(*endpoint));
    CHECK(again && again->host == endpoint->host && again->port == endpoint->port);
  }
  if (const auto url = cli::ParseServiceUrl(text)) CHECK(!url->endpoint.host.empty());
  static_cast<void>(cli::ItemTarget(text));
  static_cast<void>(cli::ParsePeers(text));
  static_cast<void>(scaler::ParsePodList(text));
}

// The password in its place, in a URL that says all the rest of it in any way.
void TryDatabase(std::string_view text) {
  constexpr std::string_view kSecret = "S3cretQ";
  static_cast<void>(store::ParseDatabaseUrl(text));
  static_cast<void>(store::RedactDatabaseUrl(text));
  static_cast<void>(store::ParsePostgresUrl(text));
  const std::string url = "postgres://user:" + std::string(kSecret) + std::string(text);
  if (text.find(kSecret) != std::string_view::npos) return;
  CHECK(store::RedactDatabaseUrl(url).find(kSecret) == std::string::npos);
  const auto database = store::ParseDatabaseUrl(url);
  CHECK(database || database.error().detail.find(kSecret) == std::string::npos);
  const auto postgres = store::ParsePostgresUrl(url);
  CHECK(postgres || postgres.error().detail.find(kSecret) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  TryNumbers(text);
  TryAddresses(text);
  TryDatabase(text);
  static_cast<void>(bench::ParseMix(text));
  static_cast<void>(bench::ParseKeyLaw(text));
  static_cast<void>(telemetry::ParseLogLevel(text));
  CHECK(ops::ProbeQuery::Parse(text).excluded.size() <= ops::ProbeQuery::kExcludedMax);
  return 0;
}
