#include "cli/client.h"

#include <algorithm>

#include "base/text.h"

namespace coolkit::cli {
namespace {

// RFC 9110 section 5.5: visible characters, space, tab and bytes above ASCII.
bool IsHeaderValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

ExitCode ExitCodeOf(int status) {
  switch (status) {
    case 404:
    case 412:
      return ExitCode::kNegative;
    case 400:
    case 405:
    case 413:
    case 414:
    case 415:
    case 431:
      return ExitCode::kUsage;
    default:
      return ExitCode::kFailure;
  }
}

std::string TextOf(const json::Value& object, std::string_view name) {
  const json::Value* member = object.Find(name);
  return member == nullptr ? std::string() : std::string(member->string());
}

// "The key is absent (not_found)", or the status if the answer is no problem document.
std::string Describe(const http::ClientResponse& response) {
  const auto problem = json::Parse(response.body);
  const std::string detail = problem ? TextOf(*problem, "detail") : std::string();
  const std::string title = problem ? TextOf(*problem, "title") : std::string();
  const std::string code = problem ? TextOf(*problem, "code") : std::string();
  std::string text = !detail.empty() ? detail : title;
  if (text.empty()) return "the server answered " + std::to_string(response.status);
  if (!code.empty()) text += " (" + code + ")";
  return text;
}

}  // namespace

Client::Client(const Invocation& invocation, Console& console, Exchange exchange)
    : invocation_(invocation), console_(console), exchange_(std::move(exchange)) {}

bool Client::AddHeader(http::ClientRequest& request, const std::string& name,
                       const std::string& value) const {
  if (!IsHeaderValue(value)) return false;
  request.headers.emplace_back(name, value);
  return true;
}

bool Client::AddCondition(http::ClientRequest& request, const std::string& name,
                          const std::string& flag) const {
  const auto value = invocation_.Flag(flag);
  if (!value) return true;
  return AddHeader(request, name, IsNumber(*value) ? "\"" + *value + "\"" : *value);
}

Result<http::ClientResponse> Client::Send(http::ClientRequest request) const {
  const bool verbose = invocation_.Switch("verbose");
  if (verbose) {
    console_.errors << "> " << request.method << ' ' << request.target << '\n';
    for (const auto& [name, value] : request.headers) {
      console_.errors << "> " << name << ": " << value << '\n';
    }
  }
  auto response = exchange_(std::move(request));
  if (verbose && response) {
    console_.errors << "< " << response->status << '\n';
    for (const auto& [name, value] : response->headers) {
      console_.errors << "< " << name << ": " << value << '\n';
    }
  }
  return response;
}

ExitCode Client::Refused(const http::ClientResponse& response) const {
  console_.errors << "coolkit " << invocation_.command << ": " << Describe(response) << '\n';
  return ExitCodeOf(response.status);
}

ExitCode Client::Failed(const Error& error) const {
  console_.errors << "coolkit " << invocation_.command << ": " << error.detail << '\n';
  return ExitCode::kFailure;
}

ExitCode Client::Misused(const std::string& detail) const {
  console_.errors << "coolkit " << invocation_.command << ": " << detail << '\n';
  return ExitCode::kUsage;
}

void Client::PrintJson(const json::Value& value) const {
  console_.output << json::Serialize(value) << '\n';
}

std::string VersionOf(const http::ClientResponse& response) {
  std::string_view tag = response.Header("etag");
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
    tag = tag.substr(1, tag.size() - 2);
  }
  return std::string(tag);
}

void AppendValue(std::vector<json::Member>& members, std::string_view bytes) {
  if (IsValidUtf8(bytes)) {
    members.push_back({"text", json::Value::String(std::string(bytes))});
  } else {
    members.push_back({"base64", json::Value::String(Base64Encode(bytes))});
  }
}

}  // namespace coolkit::cli
