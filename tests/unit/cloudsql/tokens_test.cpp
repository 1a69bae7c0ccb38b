#include <gtest/gtest.h>

#include <optional>

#include "base/text.h"
#include "cloudsql/credentials_file.h"
#include "cloudsql/jwt.h"
#include "cloudsql/metadata_tokens.h"
#include "cloudsql/token_cache.h"
#include "json/value.h"
#include "support/manual_loop.h"
#include "unit/cloudsql/scripted_web.h"
#include "unit/cloudsql/test_identity.h"

namespace coolkit::cloudsql {
namespace {

class Tokens : public testing::Test {
 protected:
  Outcome<AccessToken> Fetch(TokenSource& source, seconds within = seconds(30)) {
    std::optional<Outcome<AccessToken>> got;
    net::Detach(source.Fetch(std::string(kLoginScope), loop_.Now() + within),
                [&got](Outcome<AccessToken> token) { got.emplace(std::move(token)); });
    for (int i = 0; i < 10'000 && !got; ++i) loop_.RunFor(milliseconds(50));
    return got.value_or(Failed("never", "the source did not answer"));
  }
  std::unique_ptr<TokenSource> Credentials(const std::string& json) {
    auto made = MakeCredentials(json, {loop_, web_, read_file_});
    EXPECT_TRUE(made) << made.error().detail;
    return made ? std::move(*made) : nullptr;
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  ScriptedWeb web_;
  ReadFile read_file_ = [](const std::string& path) -> Result<std::string> {
    if (path == "/token") return std::string("subject\n");
    return Fail(ErrorCode::kNotFound, "no such file");
  };
};

const std::string kGood = R"({"access_token":"t","expires_in":3600})";

TEST_F(Tokens, TheMetadataServerIsAskedUntilItIsReady) {
  int calls = 0;
  web_.answer = [&calls](const WebRequest& request) -> Result<WebAnswer> {
    EXPECT_EQ(request.headers.at(0).first, "Metadata-Flavor");
    if (++calls == 1) return Fail(ErrorCode::kConnectionClosed, "Connection refused");
    if (calls == 2) return Answered(404);
    if (calls == 3) return Answered(503);
    return Answered(200, kGood);
  };
  MetadataTokens source(loop_, web_, "metadata");
  const auto token = Fetch(source);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->text, "t");
  EXPECT_EQ(calls, 4);
}

TEST_F(Tokens, WhatIsNoMetadataServerIsNotBelieved) {
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> {
    WebAnswer answer = Answered(200, kGood);
    answer.flavor.clear();
    return answer;
  };
  MetadataTokens source(loop_, web_, "metadata");
  const auto token = Fetch(source, seconds(5));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().reason, reason::kToken);
}

TEST_F(Tokens, AreFetchedOnceForAllAndAgainBeforeTheyEnd) {
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> { return Answered(200, kGood); };
  MetadataTokens source(loop_, web_, "metadata");
  TokenCache cache(loop_, source);
  EXPECT_TRUE(Fetch(cache));
  EXPECT_TRUE(Fetch(cache));
  EXPECT_EQ(web_.asked.size(), 1U);
  clock_.Advance(seconds(3600 - 299));
  EXPECT_TRUE(Fetch(cache));
  EXPECT_EQ(web_.asked.size(), 2U);
}

TEST_F(Tokens, OneThatLivesAMinuteIsOfUse) {
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> {
    return Answered(200, R"({"access_token":"t","expires_in":60})");
  };
  MetadataTokens source(loop_, web_, "metadata");
  TokenCache cache(loop_, source);
  EXPECT_TRUE(Fetch(cache));
  clock_.Advance(seconds(44));
  EXPECT_TRUE(Fetch(cache));
  EXPECT_EQ(web_.asked.size(), 1U);
  clock_.Advance(seconds(2));
  EXPECT_TRUE(Fetch(cache));
  EXPECT_EQ(web_.asked.size(), 2U);
}

TEST_F(Tokens, AnOldOneServesWhileThereIsNoOther) {
  bool works = true;
  web_.answer = [&works](const WebRequest&) -> Result<WebAnswer> {
    return works ? Answered(200, kGood) : Answered(403);
  };
  MetadataTokens source(loop_, web_, "metadata");
  TokenCache cache(loop_, source);
  EXPECT_TRUE(Fetch(cache));
  works = false;
  clock_.Advance(seconds(3400));
  EXPECT_TRUE(Fetch(cache));
  clock_.Advance(seconds(300));
  EXPECT_FALSE(Fetch(cache));
}

TEST_F(Tokens, AServiceAccountSignsAClaim) {
  const std::string file = json::Serialize(json::Value::Object(
      {{"type", json::Value::String("service_account")},
       {"client_email", json::Value::String("a@p.iam.gserviceaccount.com")},
       {"private_key_id", json::Value::String("k1")},
       {"private_key", json::Value::String(std::string(kTestKey))},
       {"token_uri", json::Value::String("https://oauth2.googleapis.com/token")}}));
  const auto source = Credentials(file);
  ASSERT_NE(source, nullptr);
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> { return Answered(200, kGood); };
  ASSERT_TRUE(Fetch(*source));
  const std::string& body = web_.asked.at(0).body;
  const std::string expected = Base64Url(R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  EXPECT_NE(body.find("assertion=" + expected + "."), std::string::npos) << body;
  EXPECT_EQ(body.find("PRIVATE"), std::string::npos);
}

TEST_F(Tokens, AWrongClockIsCorrectedByTheServersOwn) {
  const std::string file = json::Serialize(
      json::Value::Object({{"type", json::Value::String("service_account")},
                           {"client_email", json::Value::String("a@p")},
                           {"private_key", json::Value::String(std::string(kTestKey))}}));
  const auto source = Credentials(file);
  ASSERT_NE(source, nullptr);
  const auto now = std::chrono::system_clock::to_time_t(clock_.WallNow());
  web_.answer = [this, now](const WebRequest&) -> Result<WebAnswer> {
    WebAnswer answer = Answered(400, R"({"error":"invalid_grant"})");
    answer.server_time = now + 7200;
    return web_.asked.size() == 1 ? answer : Answered(200, kGood);
  };
  EXPECT_TRUE(Fetch(*source));
  EXPECT_EQ(web_.asked.size(), 2U);
}

TEST_F(Tokens, ARevokedGrantIsSaidByNameAndNotTriedForEver) {
  const auto source = Credentials(
      R"({"type":"authorized_user","client_id":"i","client_secret":"s3","refresh_token":"r3"})");
  ASSERT_NE(source, nullptr);
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> {
    return Answered(400, R"({"error":"invalid_grant","error_description":"r3"})");
  };
  const auto token = Fetch(*source);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().reason, reason::kTokenRefused);
  EXPECT_NE(token.error().message.find("invalid_grant"), std::string::npos);
  EXPECT_EQ(token.error().message.find("r3"), std::string::npos);
  EXPECT_EQ(web_.asked.size(), 1U);
}

TEST_F(Tokens, AFederatedIdentityIsExchangedAndImpersonates) {
  const auto source = Credentials(R"({"type":"external_account","audience":"//iam/pool",
      "subject_token_type":"urn:ietf:params:oauth:token-type:jwt",
      "token_url":"https://sts.googleapis.com/v1/token",
      "service_account_impersonation_url":"https://iamcredentials.googleapis.com/x:generate",
      "credential_source":{"file":"/token"}})");
  ASSERT_NE(source, nullptr);
  web_.answer = [](const WebRequest& request) -> Result<WebAnswer> {
    if (request.url.starts_with("https://sts")) {
      EXPECT_NE(request.body.find("subject_token=subject"), std::string::npos);
      return Answered(200, R"({"access_token":"federated","expires_in":3600})");
    }
    EXPECT_EQ(request.headers.at(1).second, "Bearer federated");
    EXPECT_NE(request.body.find("sqlservice.login"), std::string::npos);
    return Answered(200, R"({"accessToken":"mine","expireTime":"2030-01-01T00:00:00Z"})");
  };
  const auto token = Fetch(*source);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->text, "mine");
}

TEST_F(Tokens, RefusesFilesThatWouldSendSecretsInClear) {
  const CredentialParts parts{loop_, web_, read_file_};
  EXPECT_FALSE(MakeCredentials("{}", parts));
  EXPECT_FALSE(MakeCredentials("no json", parts));
  EXPECT_FALSE(MakeCredentials(
      R"({"type":"authorized_user","refresh_token":"r","token_uri":"http://example.com/t"})",
      parts));
  EXPECT_FALSE(MakeCredentials(
      R"({"type":"external_account","token_url":"https://sts/","credential_source":{}})", parts));
}

TEST_F(Tokens, ATokenFileIsReadEachTime) {
  const auto source = MakeTokenFile("/token", {loop_, web_, read_file_});
  const auto token = Fetch(*source);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->text, "subject");
  EXPECT_FALSE(Fetch(*MakeTokenFile("/none", {loop_, web_, read_file_})));
}

}  // namespace
}  // namespace coolkit::cloudsql
