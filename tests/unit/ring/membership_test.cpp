#include "ring/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coolkit::ring {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Event = Membership::Event;

constexpr BootTime kStart{seconds(1000)};

Member MakeMember(int n, int life = 0, MemberState state = MemberState::kReady) {
  Member member;
  member.id.bytes[0] = static_cast<std::uint8_t>(n);
  member.id.bytes[1] = static_cast<std::uint8_t>(life + 1);
  member.name = "pod-" + std::to_string(n);
  member.address = "10.0.0." + std::to_string(n) + ":8080";
  member.born_us = life;
  member.state = state;
  return member;
}

Heartbeat Beat(const Member& member) { return {member, 1, kNobody}; }

std::vector<std::string> Names(const std::vector<Member>& members) {
  std::vector<std::string> names;
  for (const Member& member : members) names.push_back(member.name);
  return names;
}

std::vector<Event> Events(const std::vector<Membership::Change>& changes) {
  std::vector<Event> events;
  for (const Membership::Change& change : changes) events.push_back(change.event);
  return events;
}

class MembershipTest : public testing::Test {
 protected:
  Membership ring_{MakeMember(1), {}};
};

TEST_F(MembershipTest, AloneAtFirst) {
  EXPECT_THAT(ring_.Tick(kStart), IsEmpty());
  EXPECT_THAT(Names(ring_.Live()), ElementsAre("pod-1"));
  EXPECT_THAT(ring_.Addresses(), IsEmpty());
}

TEST_F(MembershipTest, DiscoveryNamesAddressesButNobodyIsAliveBeforeItIsHeard) {
  ring_.OnDiscovery({"10.0.0.1:8080", "10.0.0.2:8080"}, kStart);
  EXPECT_THAT(ring_.Addresses(), ElementsAre("10.0.0.2:8080")) << "never our own";
  EXPECT_THAT(ring_.Tick(kStart), IsEmpty());
  ring_.OnHeartbeat(Beat(MakeMember(2)), kStart);
  EXPECT_THAT(Events(ring_.Tick(kStart)), ElementsAre(Event::kJoined));
  EXPECT_THAT(Names(ring_.Live()), ElementsAre("pod-1", "pod-2"));
}

TEST_F(MembershipTest, WhoIsHeardIsTalkedToWithoutDiscovery) {
  ring_.OnHeartbeat(Beat(MakeMember(3)), kStart);
  EXPECT_THAT(ring_.Addresses(), ElementsAre("10.0.0.3:8080"));
}

TEST_F(MembershipTest, ClockThatStepsBackKeepsNobodyOut) {
  ring_.OnHeartbeat(Beat(MakeMember(2, 7)), kStart);
  ring_.OnHeartbeat(Beat(MakeMember(2, 3)), kStart + milliseconds(500));
  EXPECT_EQ(ring_.Tick(kStart + milliseconds(500)).size(), 1u);
  EXPECT_NE(ring_.Find(MakeMember(2, 7).id), nullptr) << "a late word of the life before";
  ring_.OnHeartbeat(Beat(MakeMember(2, 3)), kStart + milliseconds(1'600));
  static_cast<void>(ring_.Tick(kStart + milliseconds(1'600)));
  EXPECT_NE(ring_.Find(MakeMember(2, 3).id), nullptr) << "nobody else is heard there";
  EXPECT_EQ(ring_.Find(MakeMember(2, 7).id), nullptr);
}

TEST_F(MembershipTest, SilenceIsDeathAndAWordIsLife) {
  ring_.OnHeartbeat(Beat(MakeMember(2)), kStart);
  EXPECT_THAT(Events(ring_.Tick(kStart)), ElementsAre(Event::kJoined));
  EXPECT_THAT(ring_.Tick(kStart + milliseconds(1'000)), IsEmpty());
  EXPECT_THAT(Events(ring_.Tick(kStart + milliseconds(1'001))), ElementsAre(Event::kLost));
  EXPECT_THAT(Names(ring_.Live()), ElementsAre("pod-1"));
  ring_.OnHeartbeat(Beat(MakeMember(2)), kStart + seconds(2));
  EXPECT_THAT(Events(ring_.Tick(kStart + seconds(2))), ElementsAre(Event::kJoined));
}

TEST_F(MembershipTest, ARefusedConnectionIsDeathUnlessTheOtherSideIsHeard) {
  ring_.OnHeartbeat(Beat(MakeMember(2)), kStart);
  ring_.OnHeartbeat(Beat(MakeMember(3)), kStart);
  static_cast<void>(ring_.Tick(kStart));
  ring_.OnHeartbeat(Beat(MakeMember(3)), kStart + milliseconds(500));
  ring_.OnUnreachable("10.0.0.2:8080", kStart + milliseconds(500));
  ring_.OnUnreachable("10.0.0.3:8080", kStart + milliseconds(500));
  EXPECT_THAT(Events(ring_.Tick(kStart + milliseconds(500))), ElementsAre(Event::kLost));
  EXPECT_THAT(Names(ring_.Live()), ElementsAre("pod-1", "pod-3"));
}

TEST_F(MembershipTest, ARestartOnTheSameAddressIsANewMember) {
  ring_.OnHeartbeat(Beat(MakeMember(2, 0)), kStart);
  static_cast<void>(ring_.Tick(kStart));
  ring_.OnHeartbeat(Beat(MakeMember(2, 1)), kStart + milliseconds(100));
  EXPECT_THAT(Events(ring_.Tick(kStart + milliseconds(100))),
              UnorderedElementsAre(Event::kReplaced, Event::kJoined));
  ASSERT_EQ(ring_.Live().size(), 2u);
  EXPECT_EQ(ring_.Live()[1].id, MakeMember(2, 1).id);
  // A late heartbeat of the life before brings nothing back.
  ring_.OnHeartbeat(Beat(MakeMember(2, 0)), kStart + milliseconds(200));
  EXPECT_THAT(ring_.Tick(kStart + milliseconds(200)), IsEmpty());
  EXPECT_EQ(ring_.Live()[1].id, MakeMember(2, 1).id);
}

TEST_F(MembershipTest, AChangeOfStateIsReported) {
  ring_.OnHeartbeat(Beat(MakeMember(2)), kStart);
  static_cast<void>(ring_.Tick(kStart));
  ring_.OnHeartbeat(Beat(MakeMember(2, 0, MemberState::kDraining)), kStart);
  EXPECT_THAT(Events(ring_.Tick(kStart)), ElementsAre(Event::kChangedState));
}

TEST_F(MembershipTest, OurOwnHeartbeatThroughAnotherAddressMarksItAsOurs) {
  ring_.OnDiscovery({"192.168.0.9:8080"}, kStart);
  Member self = MakeMember(1);
  self.address = "192.168.0.9:8080";
  ring_.OnHeartbeat(Beat(self), kStart);
  EXPECT_THAT(ring_.Addresses(), IsEmpty());
  EXPECT_THAT(Names(ring_.Live()), ElementsAre("pod-1"));
}

TEST_F(MembershipTest, AnEmptyAnswerOfDiscoveryForgetsNobodyForAMinute) {
  ring_.OnDiscovery({"10.0.0.2:8080"}, kStart);
  ring_.OnDiscovery({}, kStart + seconds(5));
  static_cast<void>(ring_.Tick(kStart + seconds(60)));
  EXPECT_THAT(ring_.Addresses(), ElementsAre("10.0.0.2:8080"));
  static_cast<void>(ring_.Tick(kStart + seconds(61)));
  EXPECT_THAT(ring_.Addresses(), IsEmpty());
}

TEST_F(MembershipTest, AddressesAreBounded) {
  Membership ring(MakeMember(1), {.addresses_max = 2});
  ring.OnDiscovery({"a:1", "b:1", "c:1", "d:1"}, kStart);
  EXPECT_EQ(ring.Addresses().size(), 2u);
  EXPECT_EQ(ring.addresses_refused(), 2u);
}

}  // namespace
}  // namespace coolkit::ring
