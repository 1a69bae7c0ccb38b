#include "net/event_readiness.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "base/check.h"
#include "net/asio_context.h"
#include "net/event_loop.h"

namespace coolkit::net {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

// Watches a duplicate, which is registered and closed by us alone: the owner may close its own at
// any time, and its number may be given out again.
class DescriptorWatch final : public FdWatch {
 public:
  DescriptorWatch(boost::asio::io_context& io, int duplicate)
      : link_(std::make_shared<Link>(io, duplicate)) {}
  ~DescriptorWatch() override {
    CHECK(!link_->ready);
    boost::system::error_code ignored;
    link_->descriptor.close(ignored);
  }

  void Wait(Interest interest, Function<void()> ready) override {
    CHECK(!link_->ready);
    link_->ready = std::move(ready);
    if (interest != Interest::kWritable) Arm(Descriptor::wait_read, link_->reading);
    if (interest != Interest::kReadable) Arm(Descriptor::wait_write, link_->writing);
  }
  void Wake() override { link_->Call(); }

 private:
  // Outlives the watch while a handler of Asio's is on its way.
  struct Link {
    Link(boost::asio::io_context& io, int fd) : descriptor(io, fd) {}
    void Call() {
      if (!ready) return;
      Function<void()> call = std::exchange(ready, nullptr);
      call();  // may destroy the watch
    }
    Descriptor descriptor;
    Function<void()> ready;
    bool reading = false;  // a wait of Asio's is armed; one that nobody waits for any more stays
    bool writing = false;
  };

  void Arm(Descriptor::wait_type what, bool& armed) {
    if (std::exchange(armed, true)) return;
    link_->descriptor.async_wait(
        what, [link = link_, &armed](const boost::system::error_code& /*error*/) {
          armed = false;
          link->Call();
        });
  }

  std::shared_ptr<Link> link_;
};

}  // namespace

Result<std::unique_ptr<FdWatch>> EventReadiness::Watch(int fd) {
  const int duplicate = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return Fail(ErrorCode::kInternal, "no file descriptor is left");
  return std::make_unique<DescriptorWatch>(loop_.asio().io, duplicate);
}

Loop& EventReadiness::loop() { return loop_; }

}  // namespace coolkit::net
