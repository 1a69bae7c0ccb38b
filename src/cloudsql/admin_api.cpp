#include "cloudsql/admin_api.h"

#include <algorithm>
#include <utility>

#include "json/value.h"
#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

std::string Text(const json::Value* object, std::string_view name) {
  const json::Value* const value = object == nullptr ? nullptr : object->Find(name);
  return value == nullptr ? std::string() : std::string(value->string());
}

std::string WithoutDot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

std::unexpected<store::DialFailure> Senseless(std::string_view what) {
  return Failed(reason::kApi, "the Admin API's answer has no " + std::string(what));
}

std::string_view TypeName(IpType ip) {
  return ip == IpType::kPublic ? "PRIMARY" : ip == IpType::kPrivate ? "PRIVATE" : "PSC";
}

// `dnsNames` has a name for each kind of connection, and may have some of a cluster of instances;
// `dnsName` is the older one.
std::vector<std::string> NamesOf(const json::Value& settings) {
  std::vector<std::string> names;
  if (const json::Value* const list = settings.Find("dnsNames")) {
    for (const json::Value& item : list->items()) {
      std::string name = WithoutDot(Text(&item, "name"));
      if (!name.empty()) names.push_back(std::move(name));
    }
  }
  std::string old = WithoutDot(Text(&settings, "dnsName"));
  if (!old.empty() && std::find(names.begin(), names.end(), old) == names.end()) {
    names.push_back(std::move(old));
  }
  return names;
}

// Where Private Service Connect goes: the instance's own name of that kind.
std::string PscNameOf(const json::Value& settings) {
  if (const json::Value* const list = settings.Find("dnsNames")) {
    for (const json::Value& item : list->items()) {
      const std::string scope = Text(&item, "dnsScope");
      if (Text(&item, "connectionType") == "PRIVATE_SERVICE_CONNECT" &&
          (scope.empty() || scope == "INSTANCE")) {
        return WithoutDot(Text(&item, "name"));
      }
    }
  }
  return WithoutDot(Text(&settings, "dnsName"));
}

}  // namespace

Outcome<ConnectSettings> ReadConnectSettings(std::string_view body, const InstanceName& name,
                                             IpType ip) {
  const Result<json::Value> answer = json::Parse(body);
  if (!answer || answer->kind() != json::Kind::kObject) return Senseless("JSON object");
  const std::string region = Text(&*answer, "region");
  if (region != name.region) {
    return Failed(reason::kRegion, "the instance " + name.instance + " is in the region '" +
                                       region + "', the URL says '" + name.region +
                                       "': correct the URL");
  }
  const std::string version = Text(&*answer, "databaseVersion");
  if (!version.empty() && !version.starts_with("POSTGRES")) {
    return Failed(reason::kInstance, "the instance " + name.Text() + " is no PostgreSQL");
  }
  const std::string backend = Text(&*answer, "backendType");
  if (!backend.empty() && backend != "SECOND_GEN") {
    return Failed(reason::kInstance, "the instance " + name.Text() + " has the backend " + backend +
                                         ", which connectors can't reach");
  }
  ConnectSettings settings;
  settings.authorities_pem = Text(answer->Find("serverCaCert"), "cert");
  if (settings.authorities_pem.empty()) return Senseless("serverCaCert");
  settings.dns_names = NamesOf(*answer);
  if (ip == IpType::kPsc) {
    settings.host = PscNameOf(*answer);
  } else if (const json::Value* const addresses = answer->Find("ipAddresses")) {
    for (const json::Value& address : addresses->items()) {
      if (Text(&address, "type") == TypeName(ip)) settings.host = Text(&address, "ipAddress");
    }
  }
  if (settings.host.empty()) {
    return Failed(reason::kInstance, "the instance " + name.Text() +
                                         " has no address of the kind " +
                                         std::string(TypeName(ip)) +
                                         ": say ip=public, ip=private or ip=psc as it is set up");
  }
  return settings;
}

Outcome<std::string> ReadEphemeralCertificate(std::string_view body) {
  const Result<json::Value> answer = json::Parse(body);
  if (!answer) return Senseless("JSON object");
  std::string pem = Text(answer->Find("ephemeralCert"), "cert");
  if (pem.empty()) pem = Text(&*answer, "cert");
  if (pem.empty()) return Senseless("ephemeralCert");
  return pem;
}

store::DialFailure ReadRefusal(const WebAnswer& answer, const InstanceName& name) {
  const std::string said =
      "the Admin API answers " + std::to_string(answer.status) + " for " + name.Text();
  const bool about_rate = answer.body.find("ateLimitExceeded") != std::string::npos ||
                          answer.body.find("uotaExceeded") != std::string::npos ||
                          answer.body.find("RESOURCE_EXHAUSTED") != std::string::npos;
  if (answer.status == 429 || (answer.status == 403 && about_rate)) {
    return {reason::kQuota,
            said +
                ": its quota is used up (180 requests a minute); it is asked "
                "again later; raise the quota, or log in by IAM without the connector"};
  }
  switch (answer.status) {
    case 401:
      return {reason::kTokenRefused, said + ": the token is refused; look at the identity"};
    case 403:
      if (answer.body.find("accessNotConfigured") != std::string::npos ||
          answer.body.find("SERVICE_DISABLED") != std::string::npos) {
        return {reason::kPermission,
                said + ": the API is off: gcloud services enable sqladmin.googleapis.com"};
      }
      return {reason::kPermission,
              said +
                  ": grant roles/cloudsql.client (and roles/cloudsql.instanceUser for IAM "
                  "logins) to this identity in the instance's project"};
    case 404:
      return {reason::kInstance, said + ": there is no such instance; look at project and name"};
    case 400:
      return {reason::kInstance, said +
                                     ": the request is refused; look at the instance's name and "
                                     "that it is running"};
    default:
      return {reason::kApi, said};
  }
}

std::string AdminApi::UrlOf(const InstanceName& name) const {
  return endpoint_ + "/sql/v1beta4/projects/" + name.project + "/instances/" + name.instance;
}

net::Task<AdminApi::Reply> AdminApi::GetConnectSettings(const InstanceName& name,
                                                        BootTime deadline) {
  WebRequest request;
  request.url = UrlOf(name) + "/connectSettings";
  Reply reply = co_await Call(name, std::move(request), deadline);
  co_return std::move(reply);
}

net::Task<AdminApi::Reply> AdminApi::GenerateEphemeralCertificate(const InstanceName& name,
                                                                  const std::string& public_pem,
                                                                  const std::string& login_token,
                                                                  BootTime deadline) {
  std::vector<json::Member> fields{{"public_key", json::Value::String(public_pem)}};
  if (!login_token.empty()) {
    // Google pads some tokens with dots, and refuses them so.
    const std::size_t end = login_token.find_last_not_of('.');
    fields.push_back({"access_token", json::Value::String(login_token.substr(0, end + 1))});
  }
  WebRequest request;
  request.method = "POST";
  request.url = UrlOf(name) + ":generateEphemeralCert";
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = json::Serialize(json::Value::Object(std::move(fields)));
  Reply reply = co_await Call(name, std::move(request), deadline);
  co_return std::move(reply);
}

net::Task<AdminApi::Reply> AdminApi::Call(const InstanceName& name, WebRequest request,
                                          BootTime deadline) {
  const std::string scope(kAdminScope);
  std::string refused;
  for (;;) {
    const Outcome<AccessToken> token = co_await tokens_.Fetch(scope, deadline);
    if (!token) co_return std::unexpected(Refused{token.error(), milliseconds(0)});
    Reply reply = co_await CallWith(token->text, name, request, deadline);
    const bool unauthorized = !reply && reply.error().failure.reason == reason::kTokenRefused;
    if (unauthorized) tokens_.Forget(token->text);
    if (!unauthorized || !refused.empty()) co_return std::move(reply);
    refused = token->text;
  }
}

net::Task<AdminApi::Reply> AdminApi::CallWith(const std::string& token, const InstanceName& name,
                                              WebRequest request, BootTime deadline) {
  request.headers.emplace_back("Authorization", "Bearer " + token);
  request.headers.emplace_back("User-Agent", "coolkit");
  milliseconds pause = limits_.pause_min;
  for (int n = 1;; ++n) {
    const BootTime until = std::min(deadline, loop_.Now() + limits_.try_time);
    Result<WebAnswer> answer = co_await web_.Send(request, until);
    if (answer && answer->status == 200) {
      co_return Answer{std::move(answer->body), answer->server_time, milliseconds(0)};
    }
    Refused refused;
    bool again = true;
    if (answer) {
      refused = {ReadRefusal(*answer, name), answer->retry_after};
      again = answer->status >= 500;
    } else {
      const bool certificate = answer.error().code == ErrorCode::kInvalidRequest;
      refused.failure = {reason::kApi, "the Admin API can't be asked: " + answer.error().detail +
                                           (certificate ? "" : "; look at the network's way out")};
      again = !certificate;
    }
    if (!again || n >= limits_.tries_max || loop_.Now() + pause >= deadline) {
      co_return std::unexpected(std::move(refused));
    }
    net::SleepUntil nap(loop_, loop_.Now() + pause);
    co_await nap;
    pause = pause * 8 / 5;
  }
}

}  // namespace coolkit::cloudsql
