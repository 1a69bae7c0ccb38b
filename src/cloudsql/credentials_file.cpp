#include "cloudsql/credentials_file.h"

#include <algorithm>
#include <utility>

#include "cloudsql/external_account.h"
#include "cloudsql/jwt.h"
#include "json/value.h"
#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

constexpr std::string_view kGoogleTokens = "https://oauth2.googleapis.com/token";
constexpr std::string_view kJwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr milliseconds kTryTime{10'000};
constexpr milliseconds kPauseMin{200};
constexpr milliseconds kPauseMax{4'000};

// What a refusal says by name; not its texts, which may repeat what was sent.
std::string NamedError(std::string_view body) {
  const Result<json::Value> answer = json::Parse(body);
  const json::Value* error = answer ? answer->Find("error") : nullptr;
  if (error != nullptr && error->kind() == json::Kind::kObject) error = error->Find("status");
  if (error == nullptr) return {};
  const std::string name(error->string().substr(0, 64));
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  return plain && !name.empty() ? " (" + name + ")" : "";
}

WebRequest FormRequest(const std::string& url, std::string body) {
  WebRequest request;
  request.method = "POST";
  request.url = url;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = std::move(body);
  return request;
}

class ServiceAccount final : public TokenSource {
 public:
  ServiceAccount(const CredentialParts& parts, std::string email, std::string key_id,
                 crypto::RsaKey key, std::string token_url)
      : loop_(parts.loop),
        web_(parts.web),
        email_(std::move(email)),
        key_id_(std::move(key_id)),
        key_(std::move(key)),
        token_url_(std::move(token_url)) {}

  net::Task<Outcome<AccessToken>> Fetch(std::string scope, BootTime deadline) override {
    using Clock = std::chrono::system_clock;
    const std::int64_t now = Clock::to_time_t(loop_.clock().WallNow());
    const std::string claim =
        SignClaim({email_, scope, token_url_, key_id_, now + clock_offset_}, key_);
    std::string body = FormEncode({{"grant_type", kJwtGrant}, {"assertion", claim}});
    WebRequest request = FormRequest(token_url_, std::move(body));
    const Result<WebAnswer> first =
        co_await web_.Send(request, std::min(deadline, loop_.Now() + kTryTime));
    // A clock that is wrong makes claims of another hour: the server's own time is known now.
    if (first && first->status == 400 && first->server_time) {
      const std::int64_t offset = *first->server_time - now;
      if (std::abs(offset - clock_offset_) > kClockSlack) {
        clock_offset_ = offset;
        const std::string again =
            SignClaim({email_, scope, token_url_, key_id_, now + offset}, key_);
        request.body = FormEncode({{"grant_type", kJwtGrant}, {"assertion", again}});
      }
    } else if (first && first->status == 200) {
      co_return ReadTokenAnswer(first->body, loop_.Now(), "the token endpoint");
    }
    Outcome<AccessToken> token =
        co_await AskTokenEndpoint(loop_, web_, std::move(request), deadline);
    co_return std::move(token);
  }

 private:
  static constexpr std::int64_t kClockSlack = 60;

  net::Loop& loop_;
  Web& web_;
  const std::string email_;
  const std::string key_id_;
  const crypto::RsaKey key_;
  const std::string token_url_;
  std::int64_t clock_offset_ = 0;  // what to add to this machine's clock, in seconds
};

class AuthorizedUser final : public TokenSource {
 public:
  AuthorizedUser(const CredentialParts& parts, std::string token_url, std::string body)
      : loop_(parts.loop),
        web_(parts.web),
        token_url_(std::move(token_url)),
        body_(std::move(body)) {}
  // The refresh token was given for its scopes; asking for others would be refused.
  net::Task<Outcome<AccessToken>> Fetch(std::string /*scope*/, BootTime deadline) override {
    WebRequest request = FormRequest(token_url_, body_);
    Outcome<AccessToken> token =
        co_await AskTokenEndpoint(loop_, web_, std::move(request), deadline);
    co_return std::move(token);
  }

 private:
  net::Loop& loop_;
  Web& web_;
  const std::string token_url_;
  const std::string body_;
};

class TokenFile final : public TokenSource {
 public:
  TokenFile(const CredentialParts& parts, std::string path)
      : loop_(parts.loop), read_file_(parts.read_file), path_(std::move(path)) {}
  net::Task<Outcome<AccessToken>> Fetch(std::string /*scope*/, BootTime /*deadline*/) override {
    Result<std::string> text = read_file_(path_);
    if (!text) {
      co_return Failed(reason::kToken,
                       "the token file '" + path_ + "' can't be read: " + text.error().detail);
    }
    while (!text->empty() && static_cast<unsigned char>(text->back()) <= 0x20) text->pop_back();
    if (text->starts_with('{')) co_return ReadTokenAnswer(*text, loop_.Now(), "the token file");
    const std::string as_answer = json::Serialize(
        json::Value::Object({{"access_token", json::Value::String(std::move(*text))}}));
    co_return ReadTokenAnswer(as_answer, loop_.Now(), "the token file");
  }

 private:
  net::Loop& loop_;
  const ReadFile read_file_;
  const std::string path_;
};

std::string Text(const json::Value& object, std::string_view name) {
  const json::Value* const value = object.Find(name);
  return value == nullptr ? std::string() : std::string(value->string());
}

std::unexpected<Error> Refuse(const std::string& why) {
  return Fail(ErrorCode::kInvalidRequest, "the credentials file (not shown) " + why);
}

}  // namespace

net::Task<Outcome<AccessToken>> AskTokenEndpoint(net::Loop& loop, Web& web, WebRequest request,
                                                 BootTime deadline) {
  const std::string who = "the token endpoint " + request.url.substr(0, request.url.find('?'));
  for (milliseconds pause = kPauseMin;; pause = std::min(kPauseMax, pause * 2)) {
    const BootTime until = std::min(deadline, loop.Now() + kTryTime);
    const Result<WebAnswer> answer = co_await web.Send(request, until);
    std::string why;
    if (!answer) {
      why = answer.error().detail;
    } else if (answer->status == 200) {
      co_return ReadTokenAnswer(answer->body, loop.Now(), who);
    } else {
      why = "it answers " + std::to_string(answer->status) + NamedError(answer->body);
      if (answer->status < 500 && answer->status != 429) {
        std::string said = who;
        said.append(" refuses: ").append(why);
        said.append("; the key or grant is revoked, or belongs to somebody else");
        co_return Failed(reason::kTokenRefused, std::move(said));
      }
    }
    if (loop.Now() + pause >= deadline) {
      std::string said = who;
      said.append(": ").append(why);
      co_return Failed(reason::kToken, std::move(said));
    }
    net::SleepUntil nap(loop, loop.Now() + pause);
    co_await nap;
  }
}

Result<std::unique_ptr<TokenSource>> MakeCredentials(std::string_view text,
                                                     const CredentialParts& parts) {
  const Result<json::Value> file = json::Parse(text);
  if (!file || file->kind() != json::Kind::kObject) return Refuse("is no JSON object");
  const std::string type = Text(*file, "type");
  std::string token_url = Text(*file, "token_uri");
  if (token_url.empty()) token_url = kGoogleTokens;
  const Result<WebUrl> parsed = ParseWebUrl(token_url);
  if (!parsed || !IsSafe(*parsed)) return Refuse("has a token_uri that is not https");
  if (type == "service_account") {
    Result<crypto::RsaKey> key = crypto::RsaKey::FromPem(Text(*file, "private_key"));
    const std::string email = Text(*file, "client_email");
    if (!key || email.empty()) return Refuse("has no client_email or no RSA private_key");
    return std::make_unique<ServiceAccount>(parts, email, Text(*file, "private_key_id"),
                                            std::move(*key), token_url);
  }
  if (type == "authorized_user") {
    const std::string refresh = Text(*file, "refresh_token");
    if (refresh.empty()) return Refuse("has no refresh_token");
    const std::string id = Text(*file, "client_id");
    const std::string secret = Text(*file, "client_secret");
    return std::make_unique<AuthorizedUser>(parts, token_url,
                                            FormEncode({{"grant_type", "refresh_token"},
                                                        {"client_id", id},
                                                        {"client_secret", secret},
                                                        {"refresh_token", refresh}}));
  }
  if (type == "external_account") return MakeExternalAccount(*file, parts);
  if (type == "impersonated_service_account") {
    const json::Value* const source = file->Find("source_credentials");
    if (source == nullptr) return Refuse("has no source_credentials");
    auto inner = MakeCredentials(json::Serialize(*source), parts);
    if (!inner) return inner;
    return MakeImpersonation(std::move(*inner), Text(*file, "service_account_impersonation_url"),
                             parts);
  }
  return Refuse(
      "has another type than service_account, authorized_user, external_account and "
      "impersonated_service_account");
}

std::unique_ptr<TokenSource> MakeTokenFile(std::string path, const CredentialParts& parts) {
  return std::make_unique<TokenFile>(parts, std::move(path));
}

}  // namespace coolkit::cloudsql
