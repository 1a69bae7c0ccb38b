// docs/peer-protocol.md has test vectors; this release speaks exactly them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/check.h"
#include "peer/handshake.h"
#include "unit/peer/samples.h"

namespace coolkit::peer {
namespace {

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// Name to hex digits, from the fenced blocks that begin with ```vectors.
std::map<std::string, std::string> VectorsOfPage() {
  std::filesystem::path root = std::filesystem::current_path();
  while (root.has_relative_path() && !std::filesystem::exists(root / "docs/peer-protocol.md")) {
    root = root.parent_path();
  }
  std::ifstream page(root / "docs/peer-protocol.md");
  std::map<std::string, std::string> vectors;
  std::string name;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```vectors";
      continue;
    }
    if (!inside) continue;
    std::istringstream words(line);
    if (!line.starts_with(' ')) words >> name;
    for (std::string word; words >> word;) vectors[name] += word;
  }
  return vectors;
}

std::map<std::string, std::string> VectorsOfThisRelease() {
  std::map<std::string, std::string> vectors;
  for (const samples::Sample& sample : samples::All()) vectors[sample.name] = Hex(sample.body);
  std::string header;
  AppendHeader(header, {8, MessageType::kPing, 0, 0x0102030405060708});
  vectors["Header"] = Hex(header);

  std::string secret(32, '\0');
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<char>(i);
  Identity dialing("default", samples::Someone());
  ring::Member other = samples::Someone();
  other.id.bytes[0] = 0xB0;
  other.name = "pod-2";
  other.address = "10.0.0.2:8080";
  Identity dialed("default", other);
  dialing.SetKeys({{1, secret}});
  dialed.SetKeys({{1, secret}});
  Initiator initiator(dialing, std::string(kNonceBytes, '\x11'));
  Acceptor acceptor(dialed, std::string(kNonceBytes, '\x22'));
  const auto reply = acceptor.OnHello(initiator.hello());
  CHECK(reply.has_value());
  const auto proof = initiator.OnHelloReply(*reply);
  CHECK(proof.has_value());
  vectors["Hello"] = Hex(initiator.hello());
  vectors["HelloReply"] = Hex(*reply);
  vectors["Proof"] = Hex(*proof);
  vectors["Refuse"] = Hex(EncodeRefuse({RefuseReason::kRing, "another ring"}));
  return vectors;
}

TEST(ProtocolPageTest, HasTheVectorsOfThisRelease) {
  const auto page = VectorsOfPage();
  const auto here = VectorsOfThisRelease();
  for (const auto& [name, hex] : here) {
    const auto it = page.find(name);
    EXPECT_EQ(it == page.end() ? "missing" : it->second, hex) << name;
  }
  for (const auto& [name, hex] : page) EXPECT_TRUE(here.contains(name)) << name;
}

}  // namespace
}  // namespace coolkit::peer
