#include "cloudsql/admin_api.h"

#include <gtest/gtest.h>

#include <optional>

#include "cloudsql/credentials_file.h"
#include "cloudsql/token_cache.h"
#include "support/manual_loop.h"
#include "unit/cloudsql/scripted_web.h"

namespace coolkit::cloudsql {
namespace {

const InstanceName kName{"p", "r", "i"};

// What Google answers, shortened: more fields than are looked at.
std::string Settings(const std::string& more) {
  return R"({"kind":"sql#connectSettings","serverCaCert":{"kind":"sql#sslCert","certSerialNumber":)"
         R"("0","cert":"PEM","commonName":"C=US"},"ipAddresses":[{"type":"OUTGOING","ipAddress":)"
         R"("9.9.9.9"},{"type":"PRIMARY","ipAddress":"1.1.1.1"},{"type":"PRIVATE","ipAddress":)"
         R"("10.0.0.1"}],"region":"r","databaseVersion":"POSTGRES_16","backendType":"SECOND_GEN",)"
         R"("mdxProtocolSupport":["CLIENT_PROTOCOL_TYPE"])" +
         more + "}";
}

TEST(ConnectSettingsTest, TheAddressOfTheKindThatIsAskedFor) {
  EXPECT_EQ(ReadConnectSettings(Settings(""), kName, IpType::kPublic)->host, "1.1.1.1");
  EXPECT_EQ(ReadConnectSettings(Settings(""), kName, IpType::kPrivate)->host, "10.0.0.1");
  const auto none = ReadConnectSettings(Settings(""), kName, IpType::kPsc);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, reason::kInstance);
}

TEST(ConnectSettingsTest, PscGoesToTheInstancesOwnNameOfThatKind) {
  const std::string names =
      R"(,"serverCaMode":"GOOGLE_MANAGED_CAS_CA","pscEnabled":true,"dnsNames":[)"
      R"({"name":"public.sql.goog.","connectionType":"PUBLIC","dnsScope":"INSTANCE"},)"
      R"({"name":"all.sql-psc.goog.","connectionType":"PRIVATE_SERVICE_CONNECT","dnsScope":"CLUSTER"},)"
      R"({"name":"one.sql-psc.goog.","connectionType":"PRIVATE_SERVICE_CONNECT","dnsScope":"INSTANCE"}])";
  const auto read = ReadConnectSettings(Settings(names), kName, IpType::kPsc);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->host, "one.sql-psc.goog");
  EXPECT_EQ(read->dns_names.size(), 3U);
  const auto older =
      ReadConnectSettings(Settings(R"(,"dnsName":"old.sql-psc.goog.")"), kName, IpType::kPsc);
  ASSERT_TRUE(older);
  EXPECT_EQ(older->host, "old.sql-psc.goog");
  const std::string only_public =
      R"(,"dnsNames":[{"name":"public.sql.goog.","connectionType":"PUBLIC"}])";
  EXPECT_FALSE(ReadConnectSettings(Settings(only_public), kName, IpType::kPsc));
}

class AdminApiTest : public testing::Test {
 protected:
  AdminApi::Reply Generate(const std::string& login) {
    std::optional<AdminApi::Reply> got;
    const BootTime deadline = loop_.Now() + seconds(60);
    net::Detach(api_.GenerateEphemeralCertificate(kName, public_pem_, login, deadline),
                [&got](AdminApi::Reply reply) { got.emplace(std::move(reply)); });
    for (int i = 0; i < 1'000 && !got; ++i) loop_.RunFor(milliseconds(100));
    return got.value_or(std::unexpected(AdminApi::Refused{}));
  }

  // Hands out t1, t2, …
  class Counting final : public TokenSource {
   public:
    net::Task<Outcome<AccessToken>> Fetch(std::string /*scope*/, BootTime /*deadline*/) override {
      co_return AccessToken{"t" + std::to_string(++given), kNever};
    }
    int given = 0;
  };

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  ScriptedWeb web_;
  Counting source_;
  TokenCache tokens_{loop_, source_};
  const std::string public_pem_ = "PUBLIC";
  AdminApi api_{loop_, web_, tokens_, "https://api", {}};
};

std::string TokenOf(const WebRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") return value;
  }
  return {};
}

TEST_F(AdminApiTest, ARefusedTokenIsReplacedAtOnce) {
  web_.answer = [](const WebRequest& request) -> Result<WebAnswer> {
    return Answered(TokenOf(request) == "Bearer t1" ? 401 : 200, "{}");
  };
  EXPECT_TRUE(Generate(""));
  EXPECT_EQ(web_.asked.size(), 2U);
  EXPECT_TRUE(Generate(""));
  EXPECT_EQ(source_.given, 2) << "the second one is kept";
}

TEST_F(AdminApiTest, AnIdentityThatIsRefusedIsNotAskedForEver) {
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> { return Answered(401); };
  const AdminApi::Reply none = Generate("");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().failure.reason, reason::kTokenRefused);
  EXPECT_EQ(web_.asked.size(), 2U);
  EXPECT_FALSE(Generate(""));
  EXPECT_EQ(source_.given, 4) << "no refused token is kept";
}

TEST_F(AdminApiTest, ThePaddingOfALoginTokenIsNotSent) {
  web_.answer = [](const WebRequest&) -> Result<WebAnswer> { return Answered(200, "{}"); };
  EXPECT_TRUE(Generate("ya29.c.token......"));
  EXPECT_NE(web_.asked.at(0).body.find(R"("ya29.c.token")"), std::string::npos)
      << web_.asked.at(0).body;
}

TEST(CredentialsTest, SourcesOfOtherCloudsAreRefusedByName) {
  support::ManualClock clock;
  support::ManualLoop loop(clock);
  ScriptedWeb web;
  const auto made = MakeCredentials(
      R"({"type":"external_account","token_url":"https://sts.googleapis.com/v1/token",)"
      R"("credential_source":{"environment_id":"aws1","url":"http://169.254.169.254/latest"}})",
      {loop, web, [](const std::string&) { return Result<std::string>(""); }});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("AWS"), std::string::npos);
}

}  // namespace
}  // namespace coolkit::cloudsql
