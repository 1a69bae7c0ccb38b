// Why: one client as a user's program is one: its own connections, its own position token, a few
// calls under way at most. Lives on its thread's loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load_thread.h"

namespace coolkit::bench {

class LoadClient {
 public:
  // `number`: among all clients of the load.
  LoadClient(LoadThread& thread, std::uint32_t number);

  // Makes calls until the phase is over.
  [[nodiscard]] net::Task<void> Run();

 private:
  struct Link {
    std::unique_ptr<net::Connection> connection;
    std::string input;  // bytes that came, [begin, end)
    std::size_t begin = 0;
    std::size_t end = 0;
    BootTime used_at{};
  };

  // Takes what is due, as much as may be under way, and renders it into output_.
  void Gather();
  void ChooseTarget();
  [[nodiscard]] net::Task<bool> EnsureConnected();
  [[nodiscard]] net::Task<bool> Send();
  // Reads at least one answer; false: the connection is of no use any more.
  [[nodiscard]] net::Task<bool> Receive();
  // Takes the answers that are there: how many, or -1: one is malformed.
  [[nodiscard]] int TakeAnswers();
  void Complete(const Answer& answer);
  // All calls under way fail, and the connection is closed.
  void FailAll(Failure failure, bool certain);
  [[nodiscard]] Flight& First() { return flights_[first_]; }
  void PopFlight();

  LoadThread& thread_;
  std::uint32_t number_;
  RequestWriter writer_;
  SeededRandom random_;
  std::vector<Link> links_;
  std::size_t target_ = 0;
  std::vector<Flight> flights_;  // a ring of those under way
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::string output_;
  std::string position_;  // scratch
  SeenToken token_;
  bool closing_ = false;  // an answer said so
};

}  // namespace coolkit::bench
