// Without a network; the rest is tests/integration/test_dns.py.
#include "net/dns_resolver.h"

#include <gtest/gtest.h>

#include <future>

namespace coolkit::net {
namespace {

class DnsResolverTest : public testing::Test {
 protected:
  DnsResolverTest() { resolver_.Start(); }
  using Addresses = Result<std::vector<std::string>>;
  std::future<Addresses> Ask(const std::string& name, milliseconds within) {
    auto answer = std::make_shared<std::promise<Addresses>>();
    resolver_.Resolve(name, clock_.Now() + within,
                      [answer](Addresses found) { answer->set_value(std::move(found)); });
    return answer->get_future();
  }
  void Stop() { resolver_.Stop(); }

 private:
  SystemClock clock_;
  // The discard port: whoever is asked for a name there says nothing, or that nobody is there.
  DnsResolver resolver_{clock_, {.server = "127.0.0.1:9"}};
};

TEST_F(DnsResolverTest, AnAddressIsItsOwnName) {
  EXPECT_EQ(Ask("127.0.0.1", seconds(10)).get().value(), (std::vector<std::string>{"127.0.0.1"}));
  EXPECT_EQ(Ask("::1", seconds(10)).get().value(), (std::vector<std::string>{"::1"}));
}

TEST_F(DnsResolverTest, StopAnswersAll) {
  std::vector<std::future<Addresses>> asked;
  for (int i = 0; i < 50; ++i) asked.push_back(Ask("n" + std::to_string(i % 40), seconds(10)));
  Stop();
  for (std::future<Addresses>& answer : asked) EXPECT_FALSE(answer.get().has_value());
  EXPECT_EQ(Ask("127.0.0.1", seconds(10)).get().error().code, ErrorCode::kDraining);
}

}  // namespace
}  // namespace coolkit::net
