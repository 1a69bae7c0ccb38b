#include "cloudsql/iam_dialer.h"

#include <utility>

namespace coolkit::cloudsql {

void IamDialer::Stop() {
  tasks_.Close();
  tasks_.BlockUntilEmpty();
}

void IamDialer::Dial(BootTime deadline,
                     Completion<std::expected<store::Route, store::DialFailure>> done) {
  loop_.Post([this, deadline, done = std::move(done)]() mutable {
    auto shared = std::make_shared<decltype(done)>(std::move(done));
    const bool begun = tasks_.Spawn(
        Prepare(deadline, [shared](std::expected<store::Route, store::DialFailure> route) {
          (*shared)(std::move(route));
        }));
    if (!begun) (*shared)(Failed("closed", "the pod is stopping"));
  });
}

net::Task<void> IamDialer::Prepare(
    BootTime deadline, Completion<std::expected<store::Route, store::DialFailure>> done) {
  const std::string scope(kLoginScope);
  Outcome<AccessToken> token = co_await tokens_.Fetch(scope, deadline);
  if (!token) {
    done(std::unexpected(std::move(token.error())));
    co_return;
  }
  store::Route route;
  route.user = user_;
  route.password = std::move(token->text);
  done(std::move(route));
}

}  // namespace coolkit::cloudsql
