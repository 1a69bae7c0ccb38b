// Through PgBouncer in transaction mode: every transaction may meet another server connection.
#include "postgres/directed.h"

namespace coolkit::store {
namespace {

class PoolerTest : public PostgresTest {
 protected:
  void SetUp() override {
    bouncer_ = Bouncer::Start(*SharedCluster());
    if (bouncer_ == nullptr) GTEST_SKIP() << "pgbouncer is not installed";
    const std::string direct = SharedCluster()->CreateDatabase();
    direct_url_ = direct;
    PostgresOptions options;
    options.url = bouncer_->Url(direct.substr(direct.rfind('/') + 1));
    Make(options);
  }
  std::unique_ptr<Bouncer> bouncer_;
  std::string direct_url_;
};

TEST_F(PoolerTest, EverythingWorks) {
  const FeedCursor cursor = Poll(std::nullopt).next;
  std::vector<Got<WriteAnswer>> got;
  for (int i = 0; i < 200; ++i) got.push_back(StartWrite(PutOp("k" + std::to_string(i), "v")));
  for (Got<WriteAnswer>& answer : got) EXPECT_TRUE(answer.get().has_value());
  EXPECT_EQ(Read("k7")->value(), "v");
  EXPECT_EQ(Poll(cursor).changes.keys.size(), 200u);
  auto [done, listed] = MakeCompletion<ListAnswer>();
  ListRequest request;
  request.collection = "things";
  request.with_values = true;
  store().List(request, In(seconds(20)), std::move(done));
  EXPECT_EQ(listed.get()->rows.size(), 100u);
  auto [decided, atomic] = MakeCompletion<AtomicAnswer>();
  store().WriteAtomic({PutOp("a", "1"), PutOp("a", "2", If(model::Condition::Kind::kAbsent))},
                      In(seconds(20)), std::move(decided));
  EXPECT_FALSE(atomic.get()->committed);
  EXPECT_FALSE(Read("a")->present());
}

TEST_F(PoolerTest, TheLockTimeoutIsSetInEveryTransaction) {
  for (int i = 0; i < 10; ++i) Write(PutOp("k" + std::to_string(i), "old"));
  Sql other(direct_url_);
  other.Run("BEGIN; SELECT * FROM coolkit.entry WHERE key = 'k3' FOR UPDATE");
  std::vector<Got<WriteAnswer>> got;
  for (int i = 0; i < 10; ++i) got.push_back(StartWrite(PutOp("k" + std::to_string(i), "new")));
  for (int i = 0; i < 10; ++i) {
    if (i == 3) continue;
    ASSERT_EQ(got[static_cast<std::size_t>(i)].wait_for(seconds(20)), std::future_status::ready);
  }
  other.Run("COMMIT");
  EXPECT_TRUE(got[3].get().has_value());
}

TEST_F(PoolerTest, WithoutThePoolersNameTheErrorSaysIt) {
  PostgresOptions options;
  const std::string url = bouncer_->Url(direct_url_.substr(direct_url_.rfind('/') + 1));
  options.url = url.substr(0, url.find('?'));
  options.migrate = false;
  PostgresParts parts;
  PostgresStore direct(options, parts.readiness, parts.metrics, parts.log);
  std::vector<std::string> details;
  if (const Result<void> started = direct.Start(); !started) {
    details.push_back(started.error().detail);
  } else {
    for (int i = 0; i < 50; ++i) {
      auto [done, got] = MakeCompletion<ReadAnswer>();
      direct.Read({K("a")}, parts.clock.Now() + seconds(5), std::move(done));
      if (const Result<ReadAnswer> answer = got.get(); !answer) {
        details.push_back(answer.error().detail);
      }
    }
  }
  direct.Stop();
  for (const std::string& detail : details) {
    EXPECT_NE(detail.find("pooler=transaction"), std::string::npos) << detail;
  }
}

}  // namespace
}  // namespace coolkit::store
