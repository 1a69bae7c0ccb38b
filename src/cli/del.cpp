#include "cli/commands.h"
#include "cli/service_url.h"

namespace coolkit::cli {

ExitCode RunDel(const Client& client) {
  const auto target = ItemTarget(client.invocation().Argument("COLLECTION/KEY"));
  if (!target) return client.Misused(target.error().detail);

  http::ClientRequest request;
  request.method = "DELETE";
  request.target = *target;
  if (!client.AddCondition(request, "If-Match", "if-match")) {
    return client.Misused("a header can't hold control characters");
  }
  const auto response = client.Send(std::move(request));
  if (!response) return client.Failed(response.error());
  if (response->status != 204) return client.Refused(*response);
  if (client.json()) {
    client.PrintJson(json::Value::Object({{"version", json::Value::String(VersionOf(*response))}}));
  }
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
