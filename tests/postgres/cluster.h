// Why: the tests of the PostgreSQL store run against a server of their own: made in a temporary
// directory, reachable only from this machine, gone with the test program. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "unit/store/temp_dir.h"

namespace coolkit::store {

class Cluster {
 public:
  struct Options {
    std::vector<std::string> settings;  // "name=value" of postgresql.conf
  };
  // Nothing where PostgreSQL is not installed. CHECKs that it starts.
  static std::unique_ptr<Cluster> Start(const Options& options);
  static std::unique_ptr<Cluster> Start() { return Start({}); }
  ~Cluster();

  // The folder of the server's programs; empty: it is not installed.
  static std::string Programs();

  // A new empty database; its URL for the superuser.
  [[nodiscard]] std::string CreateDatabase();
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string Url(const std::string& database, const std::string& user = "postgres",
                                const std::string& parameters = "") const;
  // Moves the server's clock; it begins 500 days in the past.
  void AdvanceClock(microseconds by);

  // Stops at once, as a crash does, and starts again.
  void Crash();
  void StopServer(const char* mode);  // "fast" or "immediate"
  void StartServer();
  // From now on it is a replica without a primary: it recovers for ever, and can be read.
  void MakeStandby();

 private:
  Cluster() = default;
  void WaitUntilReady() const;

  TempDir dir_;
  int port_ = 0;
  pid_t server_ = -1;
  int databases_ = 0;
  std::int64_t* clock_offset_us_ = nullptr;
};

// PgBouncer in transaction mode before a cluster. Nothing where it is not installed.
class Bouncer {
 public:
  // `settings`: more lines of its file.
  static std::unique_ptr<Bouncer> Start(const Cluster& cluster, const std::string& settings = "");
  ~Bouncer();
  [[nodiscard]] std::string Url(const std::string& database) const;

 private:
  Bouncer() = default;
  TempDir dir_;
  int port_ = 0;
  pid_t process_ = -1;
};

// Runs a program and waits; its exit status. `output`: what it wrote to standard output.
int RunProgram(const std::vector<std::string>& command, std::string* output = nullptr);

}  // namespace coolkit::store
