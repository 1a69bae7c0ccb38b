#include "base/text.h"
#include "cli/commands.h"
#include "cli/service_url.h"

namespace coolkit::cli {
namespace {

json::Value Describe(const std::string& key, const http::ClientResponse& response) {
  std::vector<json::Member> members;
  members.push_back({"key", json::Value::String(key)});
  members.push_back({"version", json::Value::String(VersionOf(response))});
  members.push_back(
      {"content_type", json::Value::String(std::string(response.Header("content-type")))});
  if (const auto ttl = ParseDecimal(response.Header("coolkit-ttl-ms"))) {
    members.push_back({"ttl_ms", json::Value::Number(std::to_string(*ttl))});
  }
  AppendValue(members, response.body);
  return json::Value::Object(std::move(members));
}

}  // namespace

ExitCode RunGet(const Client& client) {
  const std::string name = client.invocation().Argument("COLLECTION/KEY");
  const auto target = ItemTarget(name);
  if (!target) return client.Misused(target.error().detail);
  const auto file = client.invocation().Flag("output");
  if (file && client.json()) return client.Misused("--output and --json exclude each other");

  http::ClientRequest request;
  request.target = *target;
  if (client.invocation().Switch("strong")) {
    request.headers.emplace_back("Cache-Control", "no-cache");
  }
  const auto response = client.Send(std::move(request));
  if (!response) return client.Failed(response.error());
  if (response->status != 200) return client.Refused(*response);
  if (client.json()) {
    client.PrintJson(Describe(name.substr(name.find('/') + 1), *response));
  } else if (file && *file != "-") {
    const auto written = client.console().write_file(*file, response->body);
    if (!written) return client.Failed(written.error());
  } else {
    client.console().output << response->body;
  }
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
