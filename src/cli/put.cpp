#include <iterator>

#include "cli/commands.h"
#include "cli/service_url.h"

namespace coolkit::cli {
namespace {

// The value of the argument: text, @FILE, or standard input.
Result<std::string> ReadValue(const Client& client) {
  const auto& arguments = client.invocation().arguments;
  const auto argument = arguments.find("VALUE");
  if (argument == arguments.end() || argument->second == "-") {
    std::istream& input = client.console().input;
    std::string value{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
    if (input.bad()) return Fail(ErrorCode::kInternal, "can't read standard input");
    return value;
  }
  if (!argument->second.starts_with('@')) return argument->second;
  const std::string path = argument->second.substr(1);
  auto content = client.console().read_file(path);
  if (!content) {
    return Fail(ErrorCode::kInternal, "can't read '" + path + "': " + content.error().detail);
  }
  return content;
}

}  // namespace

ExitCode RunPut(const Client& client) {
  const Invocation& invocation = client.invocation();
  const auto target = ItemTarget(invocation.Argument("COLLECTION/KEY"));
  if (!target) return client.Misused(target.error().detail);

  http::ClientRequest request;
  request.method = "PUT";
  request.target = *target;
  if (const auto ttl = invocation.Flag("ttl")) {
    request.target += "?ttl=" + PercentEncode(*ttl, false);
  }
  const auto type = invocation.Flag("content-type");
  const bool fine = (!type || client.AddHeader(request, "Content-Type", *type)) &&
                    client.AddCondition(request, "If-Match", "if-match") &&
                    client.AddCondition(request, "If-None-Match", "if-none-match");
  if (!fine) return client.Misused("a header can't hold control characters");
  auto value = ReadValue(client);
  if (!value) return client.Failed(value.error());
  request.body = std::move(*value);

  const auto response = client.Send(std::move(request));
  if (!response) return client.Failed(response.error());
  if (response->status != 201 && response->status != 204) return client.Refused(*response);
  if (client.json()) {
    client.PrintJson(json::Value::Object({{"created", json::Value::Bool(response->status == 201)},
                                          {"version", json::Value::String(VersionOf(*response))}}));
  }
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
