#include "cloudsql/relay.h"

#include <coroutine>
#include <string_view>
#include <utility>
#include <vector>

namespace coolkit::cloudsql {
namespace {

// Resumes one waiter when it is told that something has ended.
class Gate {
 public:
  void Open() {
    open_ = true;
    if (waiter_) std::exchange(waiter_, nullptr).resume();
  }
  [[nodiscard]] bool await_ready() const { return open_; }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_ = waiter; }
  void await_resume() const {}

 private:
  bool open_ = false;
  std::coroutine_handle<> waiter_;
};

struct Pair {
  net::Connection& outer;
  Function<void(const Error&)> on_early_failure;
  bool outer_has_sent = false;

  void Note(const net::Connection& failed, const Error& error) {
    if (&failed == &outer && !std::exchange(outer_has_sent, true)) on_early_failure(error);
  }
};

net::Task<void> Copy(Pair& pair, net::Connection& from, net::Connection& to,
                     std::size_t buffer_bytes) {
  std::vector<char> buffer(buffer_bytes);
  bool good = true;
  while (good) {
    net::IoOperation read = from.Read(buffer);
    const Result<std::size_t> n = co_await read;
    if (!n) pair.Note(from, n.error());
    if (!n || *n == 0) break;
    if (&from == &pair.outer) pair.outer_has_sent = true;
    std::string_view left(buffer.data(), *n);
    while (!left.empty() && good) {
      net::IoOperation write = to.WriteSome(std::span<const std::string_view>(&left, 1));
      const Result<std::size_t> written = co_await write;
      good = written.has_value();
      if (good) {
        left.remove_prefix(*written);
      } else {
        pair.Note(to, written.error());
      }
    }
  }
  // Neither libpq nor the server goes on with half a connection.
  from.Close();
  to.Close();
}

}  // namespace

net::Task<void> Relay(net::Connection& inner, net::Connection& outer, std::size_t buffer_bytes,
                      Function<void(const Error&)> on_early_failure) {
  Pair pair{outer, std::move(on_early_failure)};
  Gate sent_all;
  net::Detach(Copy(pair, inner, outer, buffer_bytes), [&sent_all] { sent_all.Open(); });
  co_await Copy(pair, outer, inner, buffer_bytes);
  co_await sent_all;
}

}  // namespace coolkit::cloudsql
