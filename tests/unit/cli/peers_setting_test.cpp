#include "cli/peers_setting.h"

#include <gtest/gtest.h>

#include "cli/setting_values.h"

namespace coolkit::cli {
namespace {

TEST(PeersSettingTest, AName) {
  const PeersSetting plain = ParsePeers("dns:coolkit-headless.prod.svc.cluster.local").value();
  EXPECT_EQ(plain.name, "coolkit-headless.prod.svc.cluster.local");
  EXPECT_EQ(plain.port, 8080);
  EXPECT_TRUE(plain.addresses.empty());
  const PeersSetting with_port = ParsePeers("dns:pods:9000").value();
  EXPECT_EQ(with_port.name, "pods");
  EXPECT_EQ(with_port.port, 9000);
}

TEST(PeersSettingTest, AList) {
  const PeersSetting peers = ParsePeers("10.0.0.1:8080,pod-2:9000,[fd00::3]:8080").value();
  EXPECT_EQ(peers.name, "");
  EXPECT_EQ(peers.addresses,
            (std::vector<std::string>{"10.0.0.1:8080", "pod-2:9000", "[fd00::3]:8080"}));
  EXPECT_EQ(ParsePeers("one:1").value().addresses.size(), 1u);
}

TEST(PeersSettingTest, None) {
  const PeersSetting peers = ParsePeers("").value();
  EXPECT_EQ(peers.name, "");
  EXPECT_TRUE(peers.addresses.empty());
}

TEST(PeersSettingTest, Refused) {
  for (const char* text : {"dns:", "dns:pods:0", "dns:pods:99999", "dns:a b", "dns::8080", "pods",
                           "pods:0", "a:1,", ",a:1", "a:1,,b:2", "a:1 ,b:2:3", "DNS:pods"}) {
    EXPECT_FALSE(ParsePeers(text).has_value()) << text;
  }
}

TEST(PeersSettingTest, DnsServers) {
  for (const char* text : {"", "127.0.0.1:53", "[::1]:5353"})
    EXPECT_TRUE(IsDnsServer(text)) << text;
  for (const char* text : {"dns.example:53", "127.0.0.1", "127.0.0.1:0", "::1", ":53"}) {
    EXPECT_FALSE(IsDnsServer(text)) << text;
  }
}

}  // namespace
}  // namespace coolkit::cli
