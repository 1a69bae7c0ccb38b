#include "cloudsql/start_census.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "support/manual_loop.h"
#include "unit/cloudsql/scripted_web.h"

namespace coolkit::cloudsql {
namespace {

class CensusTest : public testing::Test {
 protected:
  // Of `all` peers the first `serving` answer.
  int Count(int all, int serving) {
    std::vector<std::string> peers;
    peers.reserve(static_cast<std::size_t>(all));
    for (int i = 0; i < all; ++i) peers.push_back("10.0.0." + std::to_string(i) + ":8080");
    web_.answer = [serving](const WebRequest& request) -> Result<WebAnswer> {
      const int number = std::stoi(request.url.substr(std::string("http://10.0.0.").size()));
      if (number < serving) return Answered(404);
      return Fail(ErrorCode::kTimeout, "no answer");
    };
    std::optional<int> counted;
    net::Detach(CountStarting(loop_, web_, random_, std::move(peers), {}),
                [&counted](int count) { counted = count; });
    loop_.RunReady();
    return counted.value_or(-1);
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  SeededRandom random_{1};
  ScriptedWeb web_;
};

TEST_F(CensusTest, NobodyAllAndOne) {
  EXPECT_EQ(Count(0, 0), 0);
  EXPECT_EQ(Count(110, 0), 110);
  EXPECT_EQ(Count(110, 110), 0);
  EXPECT_EQ(Count(2, 1), 1);
}

TEST_F(CensusTest, AsksASampleAndEachPeerOnce) {
  EXPECT_EQ(Count(110, 0), 110);
  EXPECT_EQ(web_.asked.size(), 16U);
  std::set<std::string> urls;
  for (const WebRequest& request : web_.asked) urls.insert(request.url);
  EXPECT_EQ(urls.size(), 16U);
}

// A pod that restarts alone in a ring of 110, or a rollout of a tenth of it, does not wait.
TEST_F(CensusTest, OneOfManyIsToldFromAll) {
  int most_of_a_tenth = 0;
  int least_of_all_but_a_tenth = 110;
  for (int i = 0; i < 200; ++i) {
    most_of_a_tenth = std::max(most_of_a_tenth, Count(110, 99));
    least_of_all_but_a_tenth = std::min(least_of_all_but_a_tenth, Count(110, 11));
  }
  EXPECT_LE(most_of_a_tenth, 60);
  EXPECT_GT(least_of_all_but_a_tenth, 60);
}

}  // namespace
}  // namespace coolkit::cloudsql
