#include "ops/ring_view.h"

#include <gtest/gtest.h>

namespace coolkit::ops {
namespace {

TEST(RingJson, ShowsARingOfOne) {
  EXPECT_EQ(RingJson(RingOfOne("default", "pod-1", "127.0.0.1:8080", 16384)),
            R"({"ring":"default","epoch":1,"slots":16384,"members":[{"pod":"pod-1",)"
            R"("address":"127.0.0.1:8080","state":"ready","slots":16384,"self":true}],)"
            "\"hand_offs\":[]}\n");
}

TEST(RingJson, ShowsHandOffs) {
  RingView view = RingOfOne("a\"b", "p1", "h:1", 10);
  view.members.push_back({"p2", "h:2", "joining", 0, false});
  view.hand_offs.push_back({"p1", "p2", 5, 2});
  const std::string json = RingJson(view);
  EXPECT_NE(json.find(R"("ring":"a\"b")"), std::string::npos);
  EXPECT_NE(json.find(R"({"pod":"p2","address":"h:2","state":"joining","slots":0,"self":false})"),
            std::string::npos);
  EXPECT_NE(json.find(R"("hand_offs":[{"from":"p1","to":"p2","slots":5,"slots_done":2}])"),
            std::string::npos);
}

}  // namespace
}  // namespace coolkit::ops
