#include "bench/load_thread.h"

#include "base/check.h"
#include "bench/load_client.h"

namespace coolkit::bench {

LoadThread::LoadThread(net::Loop& loop, const LoadOptions& options, unsigned clients,
                       std::uint32_t first_client, Connect connect, HistoryFile* file)
    : loop_(loop), options_(options), connect_(std::move(connect)), recorder_(options, file) {
  for (unsigned i = 0; i < clients; ++i) {
    clients_.push_back(std::make_unique<LoadClient>(*this, first_client + i));
  }
}

LoadThread::~LoadThread() { CHECK(running_ == 0); }

void LoadThread::Run(std::unique_ptr<CallSource> source, Schedule schedule,
                     std::int64_t measure_from_ns, nanoseconds interval, Function<void()> done) {
  CHECK(running_ == 0);
  source_ = std::move(source);
  schedule_ = schedule;
  exhausted_ = false;
  done_ = std::move(done);
  stats_.Begin(measure_from_ns, interval);
  // Counted first: a client may end at once.
  running_ = clients_.size() + 1;
  for (const auto& client : clients_) net::Detach(client->Run(), [this] { ClientEnded(); });
  ClientEnded();
}

void LoadThread::Stop() {
  if (running_ == 0) return;
  stats_.Unsent(schedule_->Unsent(NowNs()));
  schedule_->Stop();
  WakeDue();
}

LoadProgress LoadThread::TakeProgress() {
  LoadProgress taken = progress_;
  progress_.latency.Clear();
  return taken;
}

void LoadThread::Close() {
  recorder_.Flush();
  clients_.clear();
}

bool LoadThread::Over() const { return exhausted_ || schedule_->Over(NowNs()); }

bool LoadThread::TakeCall(Flight& flight) {
  if (exhausted_) return false;
  const std::int64_t now_ns = NowNs();
  const auto due_ns = schedule_->Take(now_ns);
  if (!due_ns) return false;
  if (!source_->Next(flight.plan)) {
    exhausted_ = true;
    return false;
  }
  flight.intended_ns = *due_ns;
  flight.start_ns = now_ns;
  return true;
}

void LoadThread::Park(std::coroutine_handle<> client) {
  idle_.push_back(client);
  ArmTimer();
}

void LoadThread::ArmTimer() {
  if (timer_armed_ || idle_.empty()) return;
  const std::int64_t now_ns = NowNs();
  const std::int64_t at_ns =
      schedule_->Over(now_ns) ? now_ns : std::min(schedule_->end_ns(), schedule_->NextDue());
  timer_armed_ = true;
  timer_ = loop_.At(BootTime(nanoseconds(at_ns)), [this] {
    timer_armed_ = false;
    WakeDue();
  });
}

// Each client that is woken takes what is due, or ends.
void LoadThread::WakeDue() {
  while (!idle_.empty()) {
    const std::int64_t now_ns = NowNs();
    if (schedule_->NextDue() > now_ns && !Over()) break;
    const std::coroutine_handle<> client = idle_.front();
    idle_.pop_front();
    client.resume();
  }
  ArmTimer();
}

void LoadThread::ClientEnded() {
  if (--running_ > 0) return;
  if (timer_armed_) loop_.Cancel(timer_);
  timer_armed_ = false;
  stats_.Unsent(schedule_->Unsent(NowNs()));
  // Posted, so that the last client's frame is gone by then.
  loop_.Post([done = std::move(done_)]() mutable { done(); });
}

}  // namespace coolkit::bench
