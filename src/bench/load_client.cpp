#include "bench/load_client.h"

#include <algorithm>
#include <array>

#include "net/await.h"

namespace coolkit::bench {
namespace {

constexpr std::size_t kReadBytesMin = 16 * 1024;
// A service that refuses connections is asked again after this.
constexpr milliseconds kConnectPause{50};
// A connection that was idle for so long is not used any more: a service that drains ends it after
// a second, perhaps just when a call is on its way.
constexpr milliseconds kIdleMax{500};

Failure FailureOf(const Error& error) {
  return error.code == ErrorCode::kTimeout ? Failure::kTimeout : Failure::kClosed;
}

}  // namespace

LoadClient::LoadClient(LoadThread& thread, std::uint32_t number)
    : thread_(thread),
      number_(number),
      writer_(thread.options_, thread.options_.seed * 0x9E3779B97F4A7C15U + 2 * number + 1),
      random_(thread.options_.seed * 0x9E3779B97F4A7C15U + 2 * number),
      links_(thread.options_.targets.size()),
      flights_(std::max(1U, thread.options_.pipeline)) {
  target_ = number % links_.size();
}

net::Task<void> LoadClient::Run() {
  for (;;) {
    Gather();
    if (count_ == 0) {
      if (thread_.Over()) co_return;
      LoadThread::Idle idle{thread_};
      co_await idle;
      continue;
    }
    const bool connected = co_await EnsureConnected();
    if (!connected) {
      const BootTime again = thread_.loop_.Now() + kConnectPause;
      net::SleepUntil pause(thread_.loop_, again);
      co_await pause;
      continue;
    }
    const bool sent = co_await Send();
    if (!sent) continue;
    const bool received = co_await Receive();
    static_cast<void>(received);
  }
}

void LoadClient::ChooseTarget() {
  if (count_ > 0 || !thread_.options_.random_target || links_.size() == 1) return;
  target_ = static_cast<std::size_t>(random_.Below(links_.size()));
}

void LoadClient::Gather() {
  ChooseTarget();
  if (closing_ && count_ > 0) return;  // nobody will answer more on this connection
  while (count_ < flights_.size()) {
    Flight& flight = flights_[(first_ + count_) % flights_.size()];
    if (!thread_.TakeCall(flight)) return;
    flight.digests.clear();
    flight.given = {};
    position_.clear();
    if (flight.plan.call == Call::kSession && token_.incarnation != 0) {
      flight.given = token_;
      thread_.recorder_.Append(token_, position_);
    }
    writer_.Write(flight.plan, thread_.options_.targets[target_], position_, output_,
                  thread_.recorder_.recording() ? &flight.digests : nullptr);
    ++count_;
  }
}

net::Task<bool> LoadClient::EnsureConnected() {
  Link& link = links_[target_];
  if (thread_.loop_.Now() - link.used_at > kIdleMax) link.connection.reset();
  if (link.connection != nullptr) co_return true;
  using Connected = Result<std::unique_ptr<net::Connection>>;
  const BootTime deadline = thread_.loop_.Now() + thread_.options_.timeout;
  const auto start = [this, deadline](Completion<Connected> done) {
    thread_.connect_(target_, deadline, std::move(done));
  };
  auto connecting = net::AwaitCompletion<Connected>(thread_.loop_, start);
  Connected connected = co_await connecting;
  if (!connected) {
    FailAll(Failure::kConnect, true);
    co_return false;
  }
  link.connection = std::move(*connected);
  link.used_at = thread_.loop_.Now();
  link.begin = link.end = 0;
  co_return true;
}

net::Task<bool> LoadClient::Send() {
  net::Connection& connection = *links_[target_].connection;
  const BootTime deadline = thread_.loop_.Now() + thread_.options_.timeout;
  connection.SetReadDeadline(deadline);
  connection.SetWriteDeadline(deadline);
  std::string_view rest = output_;
  while (!rest.empty()) {
    const std::array<std::string_view, 1> parts{rest};
    net::IoOperation write = connection.WriteSome(parts);
    const Result<std::size_t> written = co_await write;
    if (!written) {
      FailAll(FailureOf(written.error()), false);
      co_return false;
    }
    rest.remove_prefix(*written);
  }
  output_.clear();
  co_return true;
}

net::Task<bool> LoadClient::Receive() {
  Link& link = links_[target_];
  for (;;) {
    const int taken = TakeAnswers();
    if (taken < 0) {
      FailAll(Failure::kMalformed, false);
      co_return false;
    }
    if (taken > 0) {
      if (closing_ && count_ > 0) FailAll(Failure::kClosed, false);
      if (closing_) links_[target_].connection.reset();
      closing_ = false;
      co_return true;
    }
    net::IoOperation read = link.connection->Read(std::span<char>(link.input).subspan(link.end));
    const Result<std::size_t> n = co_await read;
    if (!n || *n == 0) {
      FailAll(n ? Failure::kClosed : FailureOf(n.error()), false);
      co_return false;
    }
    link.end += *n;
    link.used_at = thread_.loop_.Now();
  }
}

int LoadClient::TakeAnswers() {
  Link& link = links_[target_];
  int taken = 0;
  while (count_ > 0 && !closing_) {
    Answer answer;
    std::size_t size = 0;
    const std::string_view input(link.input.data() + link.begin, link.end - link.begin);
    const ReadState state = ReadAnswer(input, First().plan.call == Call::kHead, answer, size);
    if (state == ReadState::kMalformed) return -1;
    if (state == ReadState::kComplete) {
      Complete(answer);
      link.begin += size;
      ++taken;
      continue;
    }
    // Room for the rest, behind what is there.
    link.input.erase(0, link.begin);
    link.end -= link.begin;
    link.begin = 0;
    link.input.resize(std::max({link.input.size(), size, link.end + kReadBytesMin}));
    return taken;
  }
  if (link.begin == link.end) link.begin = link.end = 0;
  return taken;
}

void LoadClient::Complete(const Answer& answer) {
  const Flight& flight = First();
  const std::int64_t end_ns = thread_.NowNs();
  LoadThread& thread = thread_;
  thread.stats_.Answered(flight.plan.call, answer.status, flight.intended_ns, end_ns);
  const bool reads = !Writes(flight.plan.call) && flight.plan.call != Call::kBatchGet;
  if (reads && (answer.status == 200 || answer.status == 404)) {
    thread.stats_.ReadFrom(answer.hit, answer.stale, flight.intended_ns);
  }
  if (LoadStats::IsGood(answer.status)) {
    ++thread.progress_.answered;
    thread.progress_.latency.Record(end_ns - flight.intended_ns);
  } else {
    ++thread.progress_.failed;
  }
  SeenToken received;
  const bool wants_token = thread.recorder_.recording() ||
                           thread.options_.mix[static_cast<std::size_t>(Call::kSession)] > 0;
  if (wants_token && !answer.position.empty()) received = thread.recorder_.Parse(answer.position);
  thread.recorder_.Answered(flight, number_, answer, received, end_ns);
  const bool newer =
      received.incarnation != token_.incarnation || received.position > token_.position;
  if (received.incarnation != 0 && newer) token_ = received;
  closing_ = !answer.keep_alive;
  PopFlight();
}

void LoadClient::PopFlight() {
  first_ = (first_ + 1) % flights_.size();
  --count_;
}

void LoadClient::FailAll(Failure failure, bool certain) {
  const std::int64_t end_ns = thread_.NowNs();
  while (count_ > 0) {
    const Flight& flight = First();
    thread_.stats_.Failed(flight.plan.call, failure, flight.intended_ns, end_ns);
    ++thread_.progress_.failed;
    thread_.recorder_.Failed(flight, number_, certain, end_ns);
    PopFlight();
  }
  output_.clear();
  closing_ = false;
  links_[target_].connection.reset();
}

}  // namespace coolkit::bench
