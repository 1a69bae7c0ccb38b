#include "postgres/cluster.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/check.h"
#include "base/random.h"
#include "store/postgres/session.h"

extern char** environ;

namespace coolkit::store {
namespace {

pid_t Spawn(const std::vector<std::string>& command, int output, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (output >= 0) {
    posix_spawn_file_actions_adddup2(&actions, output, 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  }
  posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  pid_t child = -1;
  CHECK(::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

int WaitFor(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) CHECK(errno == EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool IsRoot() { return ::geteuid() == 0; }

// The servers refuse to run as root. They end with the test program.
std::vector<std::string> AsServerUser(std::vector<std::string> command) {
  if (!IsRoot()) return command;
  std::vector<std::string> all{"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
                               "--pdeathsig=INT"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

int AnyPort() {
  SeededRandom random(SystemSeed());
  return 20'000 + static_cast<int>(random.Below(12'000));
}

constexpr std::int64_t kClockBegin = -500LL * 24 * 3600 * 1'000'000;

}  // namespace

int RunProgram(const std::vector<std::string>& command, std::string* output) {
  std::array<int, 2> ends{};
  CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = Spawn(command, ends[1], "/dev/null");
  ::close(ends[1]);
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    if (output != nullptr) output->append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  return WaitFor(child);
}

std::string Cluster::Programs() {
  for (const char* version : {"15", "16", "17", "14"}) {
    const std::string folder = std::string("/usr/lib/postgresql/") + version + "/bin";
    if (std::filesystem::exists(folder + "/initdb")) return folder;
  }
  return "";
}

std::unique_ptr<Cluster> Cluster::Start(const Options& options) {
  const std::string programs = Programs();
  if (programs.empty()) return nullptr;
  std::unique_ptr<Cluster> cluster(new Cluster);  // NOLINT: the constructor is private
  const std::string data = cluster->dir_.File("data");
  if (IsRoot()) {
    CHECK(RunProgram({"chown", "postgres:", cluster->dir_.path()}) == 0);
  }
  CHECK(RunProgram(AsServerUser({programs + "/initdb", "-D", data, "-A", "trust", "-U", "postgres",
                                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"})) == 0);
  const std::string clock = cluster->dir_.File("clock");
  {
    std::ofstream file(clock, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&kClockBegin), sizeof(kClockBegin));
  }
  const int fd = ::open(clock.c_str(), O_RDWR | O_CLOEXEC);
  CHECK(fd >= 0);
  void* mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  CHECK(mapped != MAP_FAILED);
  cluster->clock_offset_us_ = static_cast<std::int64_t*>(mapped);
  std::filesystem::copy_file(COOLKIT_SHIFTED_CLOCK, cluster->dir_.File("shifted_clock.so"));
  cluster->port_ = AnyPort();
  {
    std::ofstream settings(data + "/postgresql.conf", std::ios::app);
    settings << "listen_addresses = '127.0.0.1'\nunix_socket_directories = '"
             << cluster->dir_.path() << "'\nshared_buffers = 64MB\nmax_connections = 60\n"
             << "autovacuum = off\nlog_line_prefix = '%m [%p] '\n";
    for (const std::string& setting : options.settings) settings << setting << '\n';
  }
  cluster->StartServer();
  return cluster;
}

Cluster::~Cluster() {
  if (server_ > 0) StopServer("immediate");
  if (clock_offset_us_ != nullptr) ::munmap(clock_offset_us_, sizeof(std::int64_t));
}

void Cluster::StartServer() {
  CHECK(server_ < 0);
  server_ =
      Spawn(AsServerUser({"env", "LD_PRELOAD=" + dir_.File("shifted_clock.so"),
                          "COOLKIT_SHIFTED_CLOCK=" + dir_.File("clock"), Programs() + "/postgres",
                          "-D", dir_.File("data"), "-p", std::to_string(port_)}),
            -1, dir_.File("log"));
  WaitUntilReady();
}

void Cluster::MakeStandby() {
  StopServer("fast");
  std::ofstream(dir_.File("data/standby.signal")) << "";
  StartServer();
}

void Cluster::WaitUntilReady() const {
  for (int i = 0; i < 600; ++i) {
    if (PgSession::Connect(Url("postgres"), seconds(5))) return;
    std::this_thread::sleep_for(milliseconds(50));
  }
  std::ifstream log(dir_.File("log"));
  const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
  ::write(2, text.data(), text.size());
  CHECK(!"the server did not start");
}

void Cluster::StopServer(const char* mode) {
  ::kill(server_, std::string(mode) == "immediate" ? SIGQUIT : SIGINT);
  WaitFor(server_);
  server_ = -1;
}

void Cluster::Crash() {
  StopServer("immediate");
  StartServer();
}

std::string Cluster::Url(const std::string& database, const std::string& user,
                         const std::string& parameters) const {
  std::string url = "postgres://" + user + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
  return parameters.empty() ? url : url + "?" + parameters;
}

std::string Cluster::CreateDatabase() {
  const std::string name = "test" + std::to_string(++databases_);
  Result<PgSession> session = PgSession::Connect(Url("postgres"), seconds(10));
  CHECK(session.has_value());
  CHECK(session->Query(("CREATE DATABASE " + name).c_str()).has_value());
  return Url(name);
}

void Cluster::AdvanceClock(microseconds by) {
  __atomic_fetch_add(clock_offset_us_, by.count(), __ATOMIC_SEQ_CST);
}

std::unique_ptr<Bouncer> Bouncer::Start(const Cluster& cluster, const std::string& more) {
  const std::string program = "/usr/sbin/pgbouncer";
  if (!std::filesystem::exists(program)) return nullptr;
  std::unique_ptr<Bouncer> bouncer(new Bouncer);  // NOLINT: the constructor is private
  bouncer->port_ = AnyPort();
  const std::string file = bouncer->dir_.File("pgbouncer.ini");
  {
    std::ofstream settings(file);
    settings << "[databases]\n* = host=127.0.0.1 port=" << cluster.port() << " user=postgres\n"
             << "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << bouncer->port_
             << "\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
             << "default_pool_size = 4\n"
             << more;
  }
  if (IsRoot()) {
    CHECK(RunProgram({"chown", "-R", "postgres:", bouncer->dir_.path()}) == 0);
  }
  bouncer->process_ = Spawn(AsServerUser({program, "-q", file}), -1, bouncer->dir_.File("log"));
  for (int i = 0; i < 200; ++i) {
    if (PgSession::Connect(bouncer->Url("postgres"), seconds(5))) return bouncer;
    std::this_thread::sleep_for(milliseconds(50));
  }
  CHECK(!"pgbouncer did not start");
  return nullptr;
}

Bouncer::~Bouncer() {
  if (process_ < 0) return;
  ::kill(process_, SIGQUIT);
  WaitFor(process_);
}

std::string Bouncer::Url(const std::string& database) const {
  return "postgres://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database +
         "?pooler=transaction";
}

}  // namespace coolkit::store
