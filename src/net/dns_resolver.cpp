#include "net/dns_resolver.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "net/dns_question.h"

namespace coolkit::net {

class DnsResolver::Worker {
 public:
  Worker(const Clock& clock, Options options) : clock_(clock), options_(std::move(options)) {}
  ~Worker() {
    Stop();
    if (wake_ >= 0) ::close(wake_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start() {
    CHECK(!thread_.joinable());
    ares_library_init(ARES_LIB_INIT_ALL);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(wake_ >= 0);
    {
      const MutexLock lock(mutex_);
      open_ = true;
    }
    thread_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "dns");
      Run();
    });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    {
      const MutexLock lock(mutex_);
      open_ = false;
    }
    Wake();
    thread_.join();
    ares_library_cleanup();
  }

  void Push(std::string name, DnsQuestion::Waiter waiter) {
    {
      const MutexLock lock(mutex_);
      if (open_) {
        come_.emplace_back(std::move(name), std::move(waiter));
        Wake();
        return;
      }
    }
    waiter.done(coolkit::Fail(ErrorCode::kDraining, "the resolver has stopped"));
  }

 private:
  using Come = std::vector<std::pair<std::string, DnsQuestion::Waiter>>;

  void Wake() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_, &one, sizeof one));
  }

  // False: it is to end.
  bool Take() {
    std::uint64_t count = 0;
    static_cast<void>(!::read(wake_, &count, sizeof count));
    Come come;
    bool open = false;
    {
      const MutexLock lock(mutex_);
      come = std::exchange(come_, {});
      open = open_;
    }
    for (auto& [name, waiter] : come) {
      if (!questions_.contains(name) && questions_.size() >= options_.names_max) {
        waiter.done(coolkit::Fail(ErrorCode::kOverloaded, "too many names are being resolved"));
        continue;
      }
      std::unique_ptr<DnsQuestion>& question = questions_[name];
      if (question == nullptr) question = std::make_unique<DnsQuestion>(name, options_);
      question->Add(std::move(waiter));
    }
    return open;
  }

  void Run() {
    std::vector<pollfd> sockets;
    while (Take()) {
      const BootTime now = clock_.Now();
      sockets.assign(1, {wake_, POLLIN, 0});
      int patience = -1;
      for (const auto& [name, question] : questions_) {
        question->Watch(sockets);
        const int wait = static_cast<int>(question->Patience(now).count());
        patience = patience < 0 ? wait : std::min(patience, wait);
      }
      ::poll(sockets.data(), sockets.size(), patience);
      const BootTime then = clock_.Now();
      for (auto it = questions_.begin(); it != questions_.end();) {
        it->second->Go(sockets);
        it = it->second->Finish(then) ? questions_.erase(it) : std::next(it);
      }
    }
    for (auto& [name, question] : std::exchange(questions_, {})) {
      question->Fail({ErrorCode::kDraining, "the resolver is stopping", {}});
    }
  }

  const Clock& clock_;
  const Options options_;
  int wake_ = -1;
  std::thread thread_;
  std::map<std::string, std::unique_ptr<DnsQuestion>> questions_;  // of the thread
  Mutex mutex_;
  bool open_ GUARDED_BY(mutex_) = false;
  Come come_ GUARDED_BY(mutex_);
};

DnsResolver::DnsResolver(const Clock& clock, Options options)
    : worker_(std::make_unique<Worker>(clock, std::move(options))) {}

DnsResolver::~DnsResolver() = default;

void DnsResolver::Start() { worker_->Start(); }

void DnsResolver::Stop() { worker_->Stop(); }

void DnsResolver::Resolve(std::string name, BootTime deadline,
                          Completion<Result<std::vector<std::string>>> done) {
  worker_->Push(std::move(name), {deadline, std::move(done)});
}

}  // namespace coolkit::net
