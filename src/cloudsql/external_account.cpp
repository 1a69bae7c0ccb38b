#include "cloudsql/external_account.h"

#include <utility>
#include <vector>

#include "base/text.h"

namespace coolkit::cloudsql {
namespace {

constexpr std::string_view kCloudScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::string_view kExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

std::string Text(const json::Value* object, std::string_view name) {
  const json::Value* const value = object == nullptr ? nullptr : object->Find(name);
  return value == nullptr ? std::string() : std::string(value->string());
}

std::unexpected<Error> Refuse(const std::string& why) {
  return Fail(ErrorCode::kInvalidRequest, "the credentials file (not shown) " + why);
}

bool IsSafeUrl(std::string_view url) {
  const Result<WebUrl> parsed = ParseWebUrl(url);
  return parsed && IsSafe(*parsed);
}

struct Source {
  std::string path;  // of a file; empty: the URL
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string field;  // of a JSON document; empty: the text as it is
};

struct Exchange {
  Source subject;
  std::string audience;
  std::string subject_token_type;
  std::string token_url;
};

class FederatedTokens final : public TokenSource {
 public:
  FederatedTokens(const CredentialParts& parts, Exchange exchange)
      : parts_(parts), exchange_(std::move(exchange)) {}

  net::Task<Outcome<AccessToken>> Fetch(std::string scope, BootTime deadline) override {
    const Outcome<std::string> subject = co_await Subject(deadline);
    if (!subject) co_return std::unexpected(subject.error());
    WebRequest request;
    request.method = "POST";
    request.url = exchange_.token_url;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = FormEncode({{"grant_type", kExchangeGrant},
                               {"audience", exchange_.audience},
                               {"scope", scope},
                               {"requested_token_type", kAccessTokenType},
                               {"subject_token_type", exchange_.subject_token_type},
                               {"subject_token", *subject}});
    Outcome<AccessToken> token =
        co_await AskTokenEndpoint(parts_.loop, parts_.web, std::move(request), deadline);
    co_return std::move(token);
  }

 private:
  net::Task<Outcome<std::string>> Subject(BootTime deadline) {
    const Source& source = exchange_.subject;
    Result<std::string> text = std::string();
    if (!source.path.empty()) {
      text = parts_.read_file(source.path);
    } else {
      WebRequest request;
      request.url = source.url;
      request.headers = source.headers;
      Result<WebAnswer> answer = co_await parts_.web.Send(std::move(request), deadline);
      if (!answer) {
        text = Fail(answer.error());
      } else if (answer->status != 200) {
        text = Fail(ErrorCode::kNotFound, "it answers " + std::to_string(answer->status));
      } else {
        text = std::move(answer->body);
      }
    }
    const std::string where =
        "the credential_source " + (source.path.empty() ? source.url : source.path);
    if (!text) co_return Failed(reason::kToken, where + ": " + text.error().detail);
    if (!source.field.empty()) {
      const Result<json::Value> document = json::Parse(*text);
      text = document ? Text(&*document, source.field) : std::string();
    }
    while (!text->empty() && static_cast<unsigned char>(text->back()) <= 0x20) text->pop_back();
    if (text->empty()) co_return Failed(reason::kToken, where + " holds no token");
    co_return std::move(*text);
  }

  const CredentialParts parts_;
  const Exchange exchange_;
};

class Impersonation final : public TokenSource {
 public:
  Impersonation(const CredentialParts& parts, std::unique_ptr<TokenSource> source, std::string url)
      : parts_(parts), source_(std::move(source)), url_(std::move(url)) {}

  net::Task<Outcome<AccessToken>> Fetch(std::string scope, BootTime deadline) override {
    const std::string own_scope(kCloudScope);
    const Outcome<AccessToken> own = co_await source_->Fetch(own_scope, deadline);
    if (!own) co_return std::unexpected(own.error());
    WebRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("Authorization", "Bearer " + own->text);
    std::vector<json::Value> scopes{json::Value::String(std::move(scope))};
    request.body =
        json::Serialize(json::Value::Object({{"scope", json::Value::Array(std::move(scopes))},
                                             {"lifetime", json::Value::String("3600s")}}));
    const Result<WebAnswer> answer = co_await parts_.web.Send(std::move(request), deadline);
    co_return Read(answer);
  }

 private:
  [[nodiscard]] Outcome<AccessToken> Read(const Result<WebAnswer>& answer) const {
    const std::string who = "impersonation of a service account";
    if (!answer) return Failed(reason::kToken, who + ": " + answer.error().detail);
    if (answer->status >= 500 || answer->status == 429) {
      return Failed(reason::kToken, who + ": it answers " + std::to_string(answer->status));
    }
    if (answer->status != 200) {
      return Failed(reason::kTokenRefused,
                    who + " is refused (" + std::to_string(answer->status) +
                        "): grant roles/iam.serviceAccountTokenCreator on it");
    }
    const Result<json::Value> body = json::Parse(answer->body);
    const std::string text = body ? Text(&*body, "accessToken") : std::string();
    if (text.empty()) return Failed(reason::kToken, who + " answered without a token");
    return AccessToken{text, parts_.loop.Now() + Life(Text(&*body, "expireTime"))};
  }
  // `2026-01-02T03:04:05Z`; whole seconds are enough.
  [[nodiscard]] seconds Life(const std::string& expires) const {
    const auto number = [&expires](std::size_t at, std::size_t size) {
      const auto value = ParseLeading(expires.substr(std::min(at, expires.size()), size));
      return static_cast<int>(value);
    };
    const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                          std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    constexpr seconds kUnknown{300};
    if (expires.size() < 19 || !day.ok()) return kUnknown;
    const auto at = std::chrono::sys_days(day) + std::chrono::hours(number(11, 2)) +
                    std::chrono::minutes(number(14, 2)) + seconds(number(17, 2));
    const auto left = std::chrono::floor<seconds>(at - parts_.loop.clock().WallNow());
    constexpr seconds kMost{3600};
    return std::clamp(left, kUnknown, kMost);
  }
  static std::uint64_t ParseLeading(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return 0;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  }

  const CredentialParts parts_;
  const std::unique_ptr<TokenSource> source_;
  const std::string url_;
};

}  // namespace

Result<std::unique_ptr<TokenSource>> MakeImpersonation(std::unique_ptr<TokenSource> source,
                                                       std::string url,
                                                       const CredentialParts& parts) {
  if (!IsSafeUrl(url)) return Refuse("has a service_account_impersonation_url that is not https");
  return std::make_unique<Impersonation>(parts, std::move(source), std::move(url));
}

Result<std::unique_ptr<TokenSource>> MakeExternalAccount(const json::Value& file,
                                                         const CredentialParts& parts) {
  const json::Value* const source = file.Find("credential_source");
  Exchange exchange;
  exchange.audience = Text(&file, "audience");
  exchange.subject_token_type = Text(&file, "subject_token_type");
  exchange.token_url = Text(&file, "token_url");
  if (!IsSafeUrl(exchange.token_url)) return Refuse("has a token_url that is not https");
  if (source != nullptr &&
      (source->Find("environment_id") != nullptr || source->Find("executable") != nullptr)) {
    return Refuse("has a credential_source of AWS or of an executable; file and url are supported");
  }
  exchange.subject.path = Text(source, "file");
  exchange.subject.url = Text(source, "url");
  if (exchange.subject.path.empty() && !IsSafeUrl(exchange.subject.url)) {
    return Refuse("has a credential_source without a file or a safe url");
  }
  const json::Value* const headers = source->Find("headers");
  if (headers != nullptr) {
    for (const json::Member& header : headers->members()) {
      exchange.subject.headers.emplace_back(header.name, header.value.string());
    }
  }
  const json::Value* const format = source->Find("format");
  if (Text(format, "type") == "json") {
    exchange.subject.field = Text(format, "subject_token_field_name");
  }
  std::unique_ptr<TokenSource> tokens =
      std::make_unique<FederatedTokens>(parts, std::move(exchange));
  const std::string impersonation = Text(&file, "service_account_impersonation_url");
  if (impersonation.empty()) return tokens;
  return MakeImpersonation(std::move(tokens), impersonation, parts);
}

}  // namespace coolkit::cloudsql
