#include "peer/handshake.h"

#include <gtest/gtest.h>

#include "unit/peer/harness.h"

namespace coolkit::peer {
namespace {

const std::string kNonceA(kNonceBytes, 'a');
const std::string kNonceB(kNonceBytes, 'b');

class HandshakeTest : public testing::Test {
 protected:
  HandshakeTest() {
    dialing.SetKeys({KeyNumber(1), KeyNumber(2)});
    dialed.SetKeys({KeyNumber(1), KeyNumber(2)});
  }
  Identity dialing{"default", MemberOf(1)};
  Identity dialed{"default", MemberOf(2)};
};

TEST_F(HandshakeTest, BothLearnWhoTheOtherIs) {
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_TRUE(reply);
  const auto proof = initiator.OnHelloReply(*reply);
  ASSERT_TRUE(proof);
  ASSERT_TRUE(acceptor.OnProof(*proof));
  EXPECT_EQ(initiator.session().peer, MemberOf(2));
  EXPECT_EQ(acceptor.session().peer, MemberOf(1));
  EXPECT_EQ(initiator.session().version, 1);
  EXPECT_TRUE(initiator.session().Has(kCapabilityEach));
}

TEST_F(HandshakeTest, HelloFitsTheLimitWhateverTheNames) {
  ring::Member longest = MemberOf(1);
  longest.name = std::string(255, 'n');
  longest.address = std::string(255, 'a');
  const std::string ring(255, 'r');
  Identity a(ring, longest);
  longest.id = IdOf(2);
  Identity b(ring, longest);
  a.SetKeys({KeyNumber(1), KeyNumber(2)});
  b.SetKeys({KeyNumber(1)});
  Initiator initiator(a, kNonceA);
  Acceptor acceptor(b, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_TRUE(reply);
  const auto proof = initiator.OnHelloReply(*reply);
  ASSERT_TRUE(proof);
  EXPECT_LE(initiator.hello().size() + proof->size() + 2 * kHeaderBytes, kHandshakeBytesMax);
  EXPECT_LE(reply->size() + 2 * kHeaderBytes, kHandshakeBytesMax);
}

TEST_F(HandshakeTest, TheOlderOfTwoKeysIsGood) {
  dialing.SetKeys({KeyNumber(1)});
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_TRUE(reply);
  const auto proof = initiator.OnHelloReply(*reply);
  ASSERT_TRUE(proof);
  EXPECT_TRUE(acceptor.OnProof(*proof));
}

TEST_F(HandshakeTest, AKeyOlderThanTwoIsNot) {
  dialed.SetKeys({KeyNumber(1), KeyNumber(2), KeyNumber(3)});
  dialing.SetKeys({KeyNumber(1)});
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().reason, RefuseReason::kKey);
}

TEST_F(HandshakeTest, AWrongKeyIsFoundByTheOneWhoDialled) {
  dialed.SetKeys({{2, "another secret"}});
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_TRUE(reply);
  const auto proof = initiator.OnHelloReply(*reply);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().reason, RefuseReason::kProof);
  EXPECT_EQ(proof.error().detail.find("secret"), std::string::npos);
}

TEST_F(HandshakeTest, AWrongKeyIsFoundByTheOneWhoWasDialled) {
  Identity liar("default", MemberOf(1));
  liar.SetKeys({{2, "another secret"}});
  Initiator honest(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const auto reply = acceptor.OnHello(honest.hello());
  ASSERT_TRUE(reply);
  const auto refused = acceptor.OnProof(std::string(kProofBytes, '\0'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, RefuseReason::kProof);
  EXPECT_FALSE(acceptor.OnProof(""));
}

// The acceptor's proof is of no use as the initiator's.
TEST_F(HandshakeTest, AProofDoesNotCountInTheOtherDirection) {
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_TRUE(reply);
  EXPECT_FALSE(acceptor.OnProof(reply->substr(reply->size() - kProofBytes)));
}

TEST_F(HandshakeTest, AProofDoesNotCountASecondTime) {
  Initiator initiator(dialing, kNonceA);
  Acceptor first(dialed, kNonceB);
  const auto proof = initiator.OnHelloReply(*first.OnHello(initiator.hello()));
  ASSERT_TRUE(proof);
  Acceptor second(dialed, std::string(kNonceBytes, 'c'));
  ASSERT_TRUE(second.OnHello(initiator.hello()));
  EXPECT_FALSE(second.OnProof(*proof));
  // Nor the acceptor's to another hello.
  Initiator other(dialing, std::string(kNonceBytes, 'd'));
  EXPECT_FALSE(other.OnHelloReply(*first.OnHello(initiator.hello())));
}

// Whatever is changed on the way shows: versions and capabilities too.
TEST_F(HandshakeTest, EveryByteOfBothHellosIsProved) {
  Initiator initiator(dialing, kNonceA);
  const std::string hello = initiator.hello();
  for (std::size_t at = 0; at < hello.size(); ++at) {
    std::string changed = hello;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    Acceptor acceptor(dialed, kNonceB);
    const auto reply = acceptor.OnHello(changed);
    if (!reply) continue;
    EXPECT_FALSE(initiator.OnHelloReply(*reply)) << at;
  }
  Acceptor acceptor(dialed, kNonceB);
  const std::string reply = *acceptor.OnHello(hello);
  for (std::size_t at = 0; at < reply.size(); ++at) {
    std::string changed = reply;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(initiator.OnHelloReply(changed)) << at;
  }
}

TEST_F(HandshakeTest, EveryPrefixIsRefused) {
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(dialed, kNonceB);
  const std::string reply = *acceptor.OnHello(initiator.hello());
  for (std::size_t size = 0; size < initiator.hello().size(); ++size) {
    EXPECT_FALSE(acceptor.OnHello(initiator.hello().substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < reply.size(); ++size) {
    EXPECT_FALSE(initiator.OnHelloReply(reply.substr(0, size))) << size;
  }
}

TEST_F(HandshakeTest, AnotherRingIsNamedToPeople) {
  Identity other("cluster-b/cache", MemberOf(2));
  other.SetKeys({KeyNumber(1)});
  Initiator initiator(dialing, kNonceA);
  Acceptor acceptor(other, kNonceB);
  const auto reply = acceptor.OnHello(initiator.hello());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().reason, RefuseReason::kRing);
  EXPECT_NE(reply.error().detail.find("cluster-b/cache"), std::string::npos);
}

TEST_F(HandshakeTest, TheHighestVersionOfBothIsSpoken) {
  Initiator newer(dialing, kNonceA, {1, 3, 0xFF});
  Acceptor older(dialed, kNonceB, {1, 2, kCapabilityEach});
  const auto reply = older.OnHello(newer.hello());
  ASSERT_TRUE(reply);
  const auto proof = newer.OnHelloReply(*reply);
  ASSERT_TRUE(proof);
  ASSERT_TRUE(older.OnProof(*proof));
  EXPECT_EQ(newer.session().version, 2);
  EXPECT_EQ(older.session().version, 2);
  EXPECT_EQ(newer.session().capabilities, kCapabilityEach);
}

TEST_F(HandshakeTest, WithoutAVersionInCommonItIsRefused) {
  Initiator newer(dialing, kNonceA, {3, 4, 0});
  Acceptor older(dialed, kNonceB, {1, 2, 0});
  const auto reply = older.OnHello(newer.hello());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().reason, RefuseReason::kVersion);
}

TEST_F(HandshakeTest, RefusalsSurviveTheWire) {
  const HandshakeFailure back = DecodeRefuse(EncodeRefuse({RefuseReason::kFull, "too many"}));
  EXPECT_EQ(back.reason, RefuseReason::kFull);
  EXPECT_EQ(back.detail, "too many");
  EXPECT_EQ(RefuseReasonName(DecodeRefuse("\x63").reason), "other");
}

}  // namespace
}  // namespace coolkit::peer
