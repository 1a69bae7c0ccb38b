#include "bench/key_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace coolkit::bench {
namespace {

std::vector<double> Shares(KeyChoice& choice, std::uint32_t keys, int draws) {
  SeededRandom random(7);
  std::vector<double> shares(keys);
  for (int i = 0; i < draws; ++i) shares.at(choice.Next(random)) += 1.0 / draws;
  return shares;
}

TEST(KeyChoiceTest, ZipfHasTheLawsShares) {
  for (const double exponent : {0.5, 0.99, 1.0, 1.5, 2.5}) {
    constexpr std::uint32_t kKeys = 1000;
    double sum = 0;
    for (std::uint32_t k = 1; k <= kKeys; ++k) sum += std::pow(k, -exponent);
    const auto choice = MakeKeyChoice({KeyLaw::Kind::kZipf, exponent, 0, 0}, kKeys);
    const std::vector<double> shares = Shares(*choice, kKeys, 400'000);
    for (const std::uint32_t k : {1U, 2U, 3U, 10U, 100U}) {
      const double expected = std::pow(k, -exponent) / sum;
      EXPECT_NEAR(shares[k - 1], expected, 5 * std::sqrt(expected / 400'000))
          << k << " of exponent " << exponent;
    }
  }
}

TEST(KeyChoiceTest, UniformReachesAll) {
  const auto choice = MakeKeyChoice({}, 50);
  for (const double share : Shares(*choice, 50, 100'000)) EXPECT_NEAR(share, 0.02, 0.003);
}

TEST(KeyChoiceTest, HotspotHasItsShare) {
  const auto choice = MakeKeyChoice({KeyLaw::Kind::kHotspot, 0, 0.5, 2}, 100);
  const std::vector<double> shares = Shares(*choice, 100, 100'000);
  EXPECT_NEAR(shares[0] + shares[1], 0.5, 0.01);
  EXPECT_NEAR(shares[50], 0.5 / 98, 0.002);
  // All keys may be hot, and one key is enough.
  const auto all = MakeKeyChoice({KeyLaw::Kind::kHotspot, 0, 0.5, 5}, 3);
  EXPECT_NEAR(Shares(*all, 3, 30'000)[2], 1.0 / 3, 0.02);
  const auto one = MakeKeyChoice({KeyLaw::Kind::kZipf, 0.99, 0, 0}, 1);
  EXPECT_EQ(Shares(*one, 1, 100)[0], 1.0000000000000007);
}

TEST(KeyChoiceTest, TraceIsReplayedInParts) {
  const std::vector<std::uint32_t> trace{5, 6, 7, 8};
  SeededRandom random(1);
  const auto first = MakeTraceChoice(trace, 0, 2);
  const auto second = MakeTraceChoice(trace, 1, 2);
  const std::vector<std::uint32_t> drawn{first->Next(random), second->Next(random),
                                         first->Next(random), second->Next(random),
                                         first->Next(random)};
  EXPECT_EQ(drawn, (std::vector<std::uint32_t>{5, 6, 7, 8, 5}));
}

TEST(KeyChoiceTest, LawsAreRead) {
  EXPECT_EQ(ParseKeyLaw("uniform")->kind, KeyLaw::Kind::kUniform);
  EXPECT_EQ(ParseKeyLaw("zipf")->exponent, 0.99);
  EXPECT_EQ(ParseKeyLaw("zipf:1.2")->exponent, 1.2);
  EXPECT_EQ(ParseKeyLaw("hotspot:0.5:3")->hot_keys, 3U);
  for (const std::string_view wrong :
       {"", "zipf:", "zipf:0", "zipf:-1", "zipf:11", "zipf:nan", "hotspot", "hotspot:0.5",
        "hotspot:2:1", "hotspot:0.5:0", "hotspot:0.5:1x", "normal"}) {
    EXPECT_FALSE(ParseKeyLaw(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace coolkit::bench
