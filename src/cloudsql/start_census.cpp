#include "cloudsql/start_census.h"

#include <algorithm>
#include <utility>

#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

struct Count {
  std::size_t answered = 0;
  std::size_t open = 0;
  Completion<std::size_t> done;
};

// Any answer counts, also one that says no: who starts has none.
net::Task<bool> Serves(Web& web, std::string peer, BootTime deadline) {
  WebRequest request;
  request.url = "http://" + std::move(peer) + "/";
  const Result<WebAnswer> answer = co_await web.Send(std::move(request), deadline);
  co_return answer.has_value();
}

}  // namespace

net::Task<int> CountStarting(net::Loop& loop, Web& web, Random& random,
                             std::vector<std::string> peers, CensusLimits limits) {
  const std::size_t all = peers.size();
  const std::size_t asked = std::min(limits.asked_max, all);
  if (asked == 0) co_return 0;
  for (std::size_t i = 0; i < asked; ++i) {
    std::swap(peers[i], peers[i + random.Below(all - i)]);
  }
  const BootTime deadline = loop.Now() + limits.answer_time;
  Count count;
  count.open = asked;
  const std::size_t answered =
      co_await net::AwaitCompletion<std::size_t>(loop, [&](Completion<std::size_t> done) {
        count.done = std::move(done);
        for (std::size_t i = 0; i < asked; ++i) {
          net::Detach(Serves(web, peers[i], deadline), [&count](bool serves) {
            count.answered += serves ? 1 : 0;
            if (--count.open == 0) count.done(count.answered);
          });
        }
      });
  co_return static_cast<int>((all * (asked - answered) + asked / 2) / asked);
}

}  // namespace coolkit::cloudsql
