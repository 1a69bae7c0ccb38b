#include "net/resolve.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "net/asio_context.h"

namespace coolkit::net {
namespace {

using boost::asio::ip::tcp;
using Addresses = std::vector<std::string>;

// One question. Finished by the first of answer and deadline; the system's resolver can't be
// stopped, so a late answer is dropped.
struct Question : std::enable_shared_from_this<Question> {
  Question(EventLoop& l, Completion<Result<Addresses>> d)
      : loop(l), resolver(l.asio().io), done(std::move(d)) {}

  void Ask(const std::string& name, BootTime deadline) {
    timer = loop.At(deadline, [self = shared_from_this()] {
      self->Finish(Fail(ErrorCode::kTimeout, "the name was not resolved in time"));
    });
    resolver.async_resolve(name, "0",
                           [self = shared_from_this()](const boost::system::error_code& error,
                                                       const tcp::resolver::results_type& found) {
                             self->Take(error, found);
                           });
  }

  void Take(const boost::system::error_code& error, const tcp::resolver::results_type& found) {
    if (error) return Finish(Fail(ErrorCode::kConnectionClosed, error.message()));
    Addresses addresses;
    for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    Finish(std::move(addresses));
  }

  void Finish(Result<Addresses> result) {
    if (finished) return;
    finished = true;
    loop.Cancel(timer);
    done(std::move(result));
  }

  EventLoop& loop;
  tcp::resolver resolver;
  Completion<Result<Addresses>> done;
  TimerId timer;
  bool finished = false;
};

}  // namespace

void ResolveName(EventLoop& loop, std::string name, BootTime deadline,
                 Completion<Result<std::vector<std::string>>> done) {
  loop.Post([&loop, name = std::move(name), deadline, done = std::move(done)]() mutable {
    std::make_shared<Question>(loop, std::move(done))->Ask(name, deadline);
  });
}

}  // namespace coolkit::net
