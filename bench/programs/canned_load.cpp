// Why: a load that costs as little as possible, so that one core of it keeps one core of any server
// busy: the same bytes over and over on every connection, an answer's end found by Content-Length
// or by a text. The same program loads both sides of a comparison.
//
// canned_load PORT CONNECTIONS SECONDS REQUEST_FILE [RATE [END]] — RATE 0: each connection asks
// again once it is answered; otherwise calls are due at even intervals and a latency counts from
// then. A call that is due while every connection waits is dropped and counted. END: text that ends
// an answer of a protocol that is not HTTP. The first fifth of the time warms up. Prints one line
// of JSON.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Connection {
  int fd = -1;
  Clock::time_point due;
  std::string answer;      // so far
  std::size_t wanted = 0;  // its size, once known
};

struct Totals {
  std::uint64_t good = 0;
  std::uint64_t refused = 0;  // not 2xx
  std::uint64_t late = 0;     // good, but after a second
  std::uint64_t dropped = 0;  // due, and no connection was free
  std::vector<std::uint32_t> microseconds = std::vector<std::uint32_t>(1'000'001);

  [[nodiscard]] double Quantile(double q) const {
    std::uint64_t left = static_cast<std::uint64_t>(q * static_cast<double>(good));
    for (std::size_t i = 0; i < microseconds.size(); ++i) {
      if (microseconds[i] > left) return static_cast<double>(i) / 1000;
      left -= microseconds[i];
    }
    return 1000;
  }
};

class Load {
 public:
  Load(int port, std::size_t connections, std::string request, double rate, std::string end)
      : request_(std::move(request)), end_(std::move(end)), rate_(rate), connections_(connections) {
    epoll_ = ::epoll_create1(0);
    for (Connection& one : connections_) Open(one, port);
  }

  void Run(std::chrono::duration<double> time) {
    start_ = Clock::now();
    const auto stop = start_ + std::chrono::duration_cast<Clock::duration>(time);
    auto warm = start_ + std::chrono::duration_cast<Clock::duration>(time / 5);
    for (Connection& one : connections_) idle_.push_back(&one);
    Clock::time_point now = start_;
    while (rate_ == 0 && !idle_.empty()) Ask(now);
    std::array<epoll_event, 256> events{};
    while (now < stop) {
      SendDue(now);
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), rate_ == 0 ? 100 : 0);
      now = Clock::now();
      for (int i = 0; i < count; ++i) Receive(*static_cast<Connection*>(events[i].data.ptr), now);
      if (now < warm) continue;
      answers_ = totals_.good + totals_.refused;
      totals_ = {};
      counted_since_ = now;
      warm = Clock::time_point::max();
    }
    answers_ += totals_.good + totals_.refused;
    seconds_ = std::chrono::duration<double>(now - counted_since_).count();
  }

  void Print() const {
    std::printf(
        "{\"answers\": %lu, \"seconds\": %.3f, \"good\": %lu, \"refused\": %lu, \"late\": %lu, "
        "\"dropped\": %lu, "
        "\"rate\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f}\n",
        answers_, seconds_, totals_.good, totals_.refused, totals_.late, totals_.dropped,
        static_cast<double>(totals_.good) / seconds_, totals_.Quantile(0.5), totals_.Quantile(0.99),
        totals_.Quantile(0.999));
  }

 private:
  void Open(Connection& one, int port) const {
    one.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(one.fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      Die("connect");
    }
    const int yes = 1;
    ::setsockopt(one.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    ::fcntl(one.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &one;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event) != 0) Die("epoll_ctl");
  }

  void SendDue(Clock::time_point now) {
    if (rate_ == 0) return;
    const auto due =
        static_cast<std::uint64_t>(std::chrono::duration<double>(now - start_).count() * rate_);
    for (; calls_ < due; ++calls_) {
      if (idle_.empty()) {
        ++totals_.dropped;
        continue;
      }
      const std::chrono::duration<double> at(static_cast<double>(calls_ + 1) / rate_);
      Ask(start_ + std::chrono::duration_cast<Clock::duration>(at));
    }
  }

  void Ask(Clock::time_point due) {
    Connection& one = *idle_.back();
    idle_.pop_back();
    Send(one, due);
  }
  void Send(Connection& one, Clock::time_point due) const {
    one.due = due;
    const ssize_t sent = ::send(one.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) Die("send");
  }

  void Receive(Connection& one, Clock::time_point now) {
    static std::array<char, 1 << 17> buffer;
    const ssize_t got = ::recv(one.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) Die("recv");
    std::string_view answer(buffer.data(), static_cast<std::size_t>(got));
    if (!one.answer.empty() || !Complete(one, answer)) {
      one.answer += answer;
      if (!Complete(one, one.answer)) return;
      answer = one.answer;
    }
    Count(answer, now - one.due);
    one.answer.clear();
    one.wanted = 0;
    if (rate_ == 0) {
      Send(one, now);
    } else {
      idle_.push_back(&one);
    }
  }

  bool Complete(Connection& one, std::string_view answer) const {
    if (!end_.empty()) return answer.ends_with(end_);
    if (one.wanted == 0) {
      const std::size_t head = answer.find("\r\n\r\n");
      if (head == std::string_view::npos) return false;
      if (answer.substr(9, 3) == "204") {  // has no body and no length
        one.wanted = head + 4;
        return answer.size() >= one.wanted;
      }
      std::size_t at = answer.find("ontent-Length: ");
      if (at == std::string_view::npos || at > head) at = answer.find("ontent-length: ");
      if (at == std::string_view::npos || at > head) Die("no Content-Length");
      one.wanted = head + 4 + std::strtoul(answer.data() + at + 15, nullptr, 10);
    }
    return answer.size() >= one.wanted;
  }

  void Count(std::string_view answer, Clock::duration took) {
    if (end_.empty() && answer.substr(0, 10) != "HTTP/1.1 2") {
      ++totals_.refused;
      return;
    }
    const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    ++totals_.good;
    if (micro >= 1'000'000) ++totals_.late;
    ++totals_.microseconds[static_cast<std::size_t>(std::clamp<long>(micro, 0, 1'000'000))];
  }

  std::string request_;
  std::string end_;
  double rate_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  int epoll_ = -1;
  Clock::time_point start_;
  Clock::time_point counted_since_;
  std::uint64_t answers_ = 0;  // of all the time
  std::uint64_t calls_ = 0;    // that were due so far
  double seconds_ = 0;
  Totals totals_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  std::ifstream file(argv[4], std::ios::binary);
  std::string request{std::istreambuf_iterator<char>(file), {}};
  Load load(std::atoi(argv[1]), std::strtoul(argv[2], nullptr, 10), std::move(request),
            argc > 5 ? std::atof(argv[5]) : 0, argc > 6 ? argv[6] : "");
  load.Run(std::chrono::duration<double>(std::atof(argv[3])));
  load.Print();
  return 0;
}
