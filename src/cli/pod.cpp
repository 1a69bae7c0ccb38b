#include "cli/pod.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "api/handler.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "cache/cache.h"
#include "cache/flights.h"
#include "cli/build_info.h"
#include "cli/database_access.h"
#include "cli/pod_metrics.h"
#include "cli/pod_ring.h"
#include "cli/port_file.h"
#include "feed/state.h"
#include "http/server.h"
#include "kv/service.h"
#include "net/event_loop.h"
#include "net/event_readiness.h"
#include "net/tcp.h"
#include "node/maintenance.h"
#include "node/tailer.h"
#include "ops/handler.h"
#include "ops/heap_keeper.h"
#include "ops/watchdog.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store_metrics.h"
#include "store/url.h"
#include "telemetry/cgroup.h"
#include "telemetry/log.h"
#include "telemetry/process_metrics.h"

namespace coolkit::cli {
namespace {

constexpr milliseconds kDatabaseSilenceMax{2'000};  // beyond: the check `database` fails
constexpr milliseconds kDrainQuiet{100};            // no connection for so long: drained
constexpr milliseconds kDrainAccept{1'000};         // new connections are still taken for so long
constexpr milliseconds kFirstFrameWait{500};        // clients are not accepted before it
constexpr int kPollsPerStaleness = 10;              // the feed is polled so often within B
constexpr milliseconds kPollIntervalMin{5};
constexpr milliseconds kPollIntervalMax{25};

http::ServerLimits ApiLimits(const Settings& settings) {
  http::ServerLimits limits;
  limits.connections_max = settings.max_connections;
  limits.requests_in_flight_max = settings.max_requests_in_flight;
  limits.body_bytes_in_flight_max = settings.max_body_bytes_in_flight;
  limits.header_bytes_max = settings.max_header_bytes;
  limits.idle_timeout = settings.idle_timeout;
  limits.drain_grace = settings.drain_grace;
  limits.header_timeout = settings.header_timeout;
  limits.body_timeout = settings.body_timeout;
  limits.write_timeout = settings.write_timeout;
  return limits;
}

// Small: probes and scrapes only, and they must get through when the other port is flooded.
http::ServerLimits OpsLimits() {
  http::ServerLimits limits;
  limits.connections_max = 128;
  limits.requests_in_flight_max = 64;
  limits.header_bytes_max = 16 * 1024;
  limits.body_bytes_in_flight_max = 1 << 20;
  return limits;
}

kv::ServiceOptions KvOptions(const Settings& settings) {
  kv::ServiceOptions options;
  options.staleness_max = settings.max_staleness;
  options.stale_while_database_down = settings.stale_while_database_down;
  options.loads_in_flight_max = settings.max_loads_in_flight;
  return options;
}

node::Tailer::Options TailerOptions(const Settings& settings) {
  node::Tailer::Options options;
  options.poll_interval =
      std::clamp(settings.max_staleness / kPollsPerStaleness, kPollIntervalMin, kPollIntervalMax);
  return options;
}

node::Maintenance::Options MaintenanceOptions(const Settings& settings) {
  node::Maintenance::Options options;
  options.tombstone_retention = settings.tombstone_retention;
  options.feed_retention = settings.feed_retention;
  return options;
}

std::vector<std::string> StatementNames(const Settings& settings) {
  const auto url = store::ParseDatabaseUrl(settings.database_url);
  const bool sqlite = url && url->kind == store::DatabaseKind::kSqlite;
  return sqlite ? store::SqliteStore::StatementNames() : store::PostgresStore::StatementNames();
}

std::vector<std::unique_ptr<net::EventLoop>> MakeLoops(const Clock& clock, int count) {
  std::vector<std::unique_ptr<net::EventLoop>> loops;
  for (int i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<net::EventLoop>(clock, "api-" + std::to_string(i)));
  }
  return loops;
}

}  // namespace

struct Pod::Parts {
  explicit Parts(const Settings& s) : settings(s), loops(MakeLoops(clock, s.threads)) {}

  const Settings settings;
  SystemClock clock;
  SeededRandom random{SystemSeed()};
  telemetry::Registry registry;
  std::string pod_name;                 // once the port is known
  std::unique_ptr<telemetry::Log> log;  // likewise

  store::StoreMetrics store_metrics{registry, StatementNames(settings)};
  std::unique_ptr<DatabaseAccess> access;
  std::unique_ptr<store::Store> store;
  store::Coordination* coordination = nullptr;  // of the store; null where there is none
  std::function<void(int members)> on_members;  // of all rings on the database

  cache::Cache cache{{.bytes_max = settings.cache_bytes, .eviction = settings.eviction}};
  cache::Flights flights{{.flights_max = settings.max_loads_in_flight}};
  feed::State feed_state;
  kv::Metrics kv_metrics{registry};
  std::unique_ptr<kv::Service> service;

  node::TailerMetrics tailer_metrics{registry};
  node::MaintenanceMetrics maintenance_metrics{registry};
  node::DatabaseContact contact;
  node::RingMetrics ring_metrics{registry};
  peer::PeerMetrics peer_metrics{registry};
  std::unique_ptr<node::Tailer> tailer;  // in a ring of one
  std::unique_ptr<node::Maintenance> maintenance;

  std::vector<std::unique_ptr<net::EventLoop>> loops;
  net::EventLoop ops_loop{clock, "ops"};
  net::EventLoop node_loop{clock, "node"};
  net::EventLoop database_loop{clock, "database"};  // PostgreSQL's; SQLite has threads of its own
  net::EventReadiness database_readiness{database_loop};
  std::unique_ptr<ops::Watchdog> watchdog;
  ops::HeapKeeper heap_keeper{{telemetry::ReadResidentBytes, [this] { return cache.Stats().bytes; },
                               [] { ::malloc_trim(0); }},
                              registry};

  std::unique_ptr<api::Handler> api_handler;
  std::unique_ptr<ops::Handler> ops_handler;
  std::unique_ptr<http::Server> api_server;
  std::unique_ptr<http::Server> ops_server;
  std::unique_ptr<PodRing> ring;  // null in a ring of one
  std::unique_ptr<net::TcpListener> api_listener;
  std::unique_ptr<net::TcpListener> ops_listener;

  std::function<bool()> given_up;     // of Start
  std::atomic<bool> complete{false};  // all parts are made; before, `ring` is the main thread's
  std::atomic<bool> feed_began{false};
  std::atomic<bool> draining{false};
  // While draining; of the main thread.
  BootTime hand_off_until = kMinusInfinity;
  BootTime accept_until = kNever;
  BootTime busy_at = kMinusInfinity;

  [[nodiscard]] Result<void> Bind();
  [[nodiscard]] std::unique_ptr<net::TcpListener> MakeListener(
      const net::Endpoint& where, std::vector<net::EventLoop*> on,
      std::unique_ptr<http::Server>& server, const char* port);
  [[nodiscard]] Result<void> OpenStore();
  [[nodiscard]] std::unique_ptr<store::Store> MakeStore(const store::DatabaseUrl& url);
  void MakeRing();
  void MakeService();
  void MakeOpsServer();
  void MakeApiServer();
  [[nodiscard]] std::vector<ops::Check> Checks();
  [[nodiscard]] ops::RingView Ring() const;
  [[nodiscard]] std::function<std::int64_t()> Date() const;
  void StartOps();
  void StopOps();
  void StartLoops();
  void StopLoops();
};

Pod::Pod(const Settings& settings) : parts_(std::make_unique<Parts>(settings)) {
  Parts& p = *parts_;
  p.access = std::make_unique<DatabaseAccess>(
      DatabaseAccess::Parts{p.settings, p.clock, p.database_loop, p.registry});
}

Pod::~Pod() = default;

const telemetry::Registry& Pod::registry() const { return parts_->registry; }

std::unique_ptr<net::TcpListener> Pod::Parts::MakeListener(const net::Endpoint& where,
                                                           std::vector<net::EventLoop*> on,
                                                           std::unique_ptr<http::Server>& server,
                                                           const char* port) {
  telemetry::Counter& errors =
      registry.AddCounter("coolkit_http_accept_errors_total",
                          "Connections that could not be accepted.", {{"port", port}});
  net::TcpListener::Options options;
  options.listen = where;
  options.on_accept_error = [&errors] { errors.Add(); };
  return std::make_unique<net::TcpListener>(std::move(options), std::move(on),
                                            [&server](std::unique_ptr<net::Connection> connection) {
                                              server->Serve(std::move(connection));
                                            });
}

// Listens before anything else is made, so that a taken port costs nothing and the pod's name
// knows its port. Nothing is accepted until the loops run.
Result<void> Pod::Parts::Bind() {
  std::vector<net::EventLoop*> all;
  for (const auto& loop : loops) all.push_back(loop.get());
  api_listener = MakeListener(settings.listen, std::move(all), api_server, "api");
  ops_listener = MakeListener(settings.ops_listen, {&ops_loop}, ops_server, "ops");
  if (Result<void> bound = api_listener->Bind(); !bound) return bound;
  if (Result<void> bound = ops_listener->Bind(); !bound) return bound;
  const net::Endpoint bound = api_listener->BoundEndpoint();
  pod_name = settings.pod_name.empty() ? DefaultPodName(settings.host_name, bound.port)
                                       : settings.pod_name;
  log = std::make_unique<telemetry::Log>(settings.log_format, settings.log_level, pod_name);
  return {};
}

std::unique_ptr<store::Store> Pod::Parts::MakeStore(const store::DatabaseUrl& url) {
  if (url.kind == store::DatabaseKind::kSqlite) {
    store::SqliteOptions options;
    options.path = url.path;
    return std::make_unique<store::SqliteStore>(std::move(options), clock, store_metrics, *log);
  }
  store::PostgresOptions options;
  const DatabaseAccess::Way way = access->database();
  const DatabaseAccess::Way feed = access->feed();
  options.url = way.url;
  options.dialer = way.dialer;
  options.feed_url = feed.url;
  options.feed_dialer = feed.dialer;
  options.start_timeout = settings.database_start_timeout + access->patience();
  options.start_given_up = given_up;
  options.connection_lifetime = settings.database_connection_lifetime;
  options.connections.all_pods = settings.database_connections;
  options.connections.per_pod = settings.database_connections_per_pod;
  options.share_by_members = !settings.peers.empty();
  options.seed = SystemSeed();
  auto postgres = std::make_unique<store::PostgresStore>(std::move(options), database_readiness,
                                                         store_metrics, *log);
  coordination = &postgres->coordination();
  // Every live pod of every ring takes its share of the budget; how many there are is known a
  // moment after the start, so a newcomer begins with one connection.
  on_members = [pool = postgres.get()](int members) { pool->SetMembers(members); };
  return postgres;
}

Result<void> Pod::Parts::OpenStore() {
  Result<store::DatabaseUrl> url = store::ParseDatabaseUrl(settings.database_url);
  if (!url) return Fail(std::move(url.error()));
  if (Result<void> open = access->Start(*log, true); !open) return open;
  store = MakeStore(*url);
  if (!settings.peers.empty() && coordination == nullptr) {
    return Fail(ErrorCode::kInvalidRequest, "--peers needs PostgreSQL");
  }
  return store->Start();
}

void Pod::Parts::MakeRing() {
  std::vector<net::EventLoop*> all;
  for (const auto& loop : loops) all.push_back(loop.get());
  net::Endpoint at = settings.advertise;
  const net::Endpoint bound = api_listener->BoundEndpoint();
  if (at.host.empty()) at.host = bound.host;
  if (at.port == 0) at.port = bound.port;
  ring = std::make_unique<PodRing>(
      PodRing::Parts{settings, pod_name, net::FormatEndpoint(at), *store, *coordination, cache,
                     feed_state, ring_metrics, peer_metrics, tailer_metrics, contact, *log, clock,
                     std::move(all), node_loop, MakeDiscovery(settings, clock), on_members});
}

void Pod::Parts::MakeService() {
  kv::Service::Parts parts{cache, flights, *store, feed_state, kv_metrics, clock};
  if (!settings.peers.empty()) {
    MakeRing();
    ring->Complete(parts);
  } else {
    ring_metrics.peers.Set(1);
    ring_metrics.ready.Set(1);
    ring_metrics.epoch.Set(1);
    ring_metrics.slots_owned.Set(model::kSlotCount);
    tailer = std::make_unique<node::Tailer>(
        node::Tailer::Parts{*store, cache, feed_state, tailer_metrics, contact, *log},
        TailerOptions(settings));
  }
  service = std::make_unique<kv::Service>(parts, KvOptions(settings));
  if (ring) ring->Attach(*service);
  maintenance = std::make_unique<node::Maintenance>(
      *store, maintenance_metrics, *log,
      [this] { return ring ? ring->cursor() : tailer->cursor(); }, MaintenanceOptions(settings));
}

void Pod::Parts::MakeApiServer() {
  api::Options api_options;
  api_options.pod_name = pod_name;
  api_options.max_value_bytes = settings.max_value_bytes;
  api_options.request_timeout = settings.request_timeout;
  api_handler = std::make_unique<api::Handler>(
      api::Handler::Parts{*service, registry, *log, random, clock}, api_options);
  http::Handler& front = ring ? ring->Front(*api_handler) : *api_handler;
  api_server = std::make_unique<http::Server>(front, ApiLimits(settings),
                                              MakeServerMetrics(registry, "api"), Date());
}

// It has no part that needs the database, so that a pod that waits for it is alive, and says so.
void Pod::Parts::MakeOpsServer() {
  std::vector<net::Loop*> watched;
  for (const auto& loop : loops) watched.push_back(loop.get());
  watched.push_back(&node_loop);
  watched.push_back(&database_loop);
  watchdog = std::make_unique<ops::Watchdog>(watched, registry);

  ops::Options ops_options;
  ops_options.registry = &registry;
  ops_options.checks = Checks();
  ops_options.started = [this] { return feed_began.load(); };
  ops_options.ring = [this] { return Ring(); };
  ops_handler = std::make_unique<ops::Handler>(std::move(ops_options));
  ops_server = std::make_unique<http::Server>(*ops_handler, OpsLimits(),
                                              MakeServerMetrics(registry, "ops"), Date());
  telemetry::RegisterProcessMetrics(registry,
                                    {std::string(BuildVersion()), std::string(BuildRevision())});
  RegisterCacheMetrics(registry, cache, flights);
  RegisterFeedMetrics(registry, feed_state, clock);
}

ops::RingView Pod::Parts::Ring() const {
  if (!complete) return {settings.ring, 0, model::kSlotCount, {}, {}};  // it follows no view yet
  if (ring) return ring->View();
  return ops::RingOfOne(settings.ring, pod_name, net::FormatEndpoint(api_listener->BoundEndpoint()),
                        model::kSlotCount);
}

std::function<std::int64_t()> Pod::Parts::Date() const {
  return [this] { return clock.WallSeconds(); };
}

std::vector<ops::Check> Pod::Parts::Checks() {
  std::vector<ops::Check> checks;
  checks.push_back({std::string(ops::kProcessCheck), [this] { return watchdog->Check(); }});
  checks.push_back({std::string(ops::kCacheCheck), [this]() -> ops::CheckResult {
                      if (!feed_began) return {false, "the change feed has not been read yet"};
                      const cache::CacheStats stats = cache.Stats();
                      if (stats.bytes > stats.bytes_max)
                        return {false, "the cache is over its limit"};
                      return {};
                    }});
  checks.push_back({std::string(ops::kDatabaseCheck), [this]() -> ops::CheckResult {
                      if (contact.Silence(clock.Now()) <= kDatabaseSilenceMax) return {};
                      return {false, "the database has not answered for more than 2 s"};
                    }});
  checks.push_back({std::string(ops::kServingCheck), [this]() -> ops::CheckResult {
                      if (draining) return {false, "draining"};
                      return {};
                    }});
  return checks;
}

void Pod::Parts::StartLoops() {
  for (const auto& loop : loops) loop->Start();
  ops_loop.Start();
  node_loop.Start();
  database_loop.Start();
}

void Pod::Parts::StartOps() {
  ops_listener->Start();
  watchdog->Start(ops_loop);
  heap_keeper.Start(ops_loop);
}

void Pod::Parts::StopOps() {
  ops_listener->Stop();
  watchdog->Stop();
  heap_keeper.Stop();
  ops_server->Stop();
}

void Pod::Parts::StopLoops() {
  for (const auto& loop : loops) loop->Stop();
  ops_loop.Stop();
  node_loop.Stop();
  database_loop.Stop();
}

Result<void> Pod::Start(const std::function<bool()>& given_up) {
  Parts& p = *parts_;
  p.given_up = given_up;
  if (Result<void> bound = p.Bind(); !bound) return bound;
  p.MakeOpsServer();
  p.StartLoops();
  p.StartOps();
  if (Result<void> opened = p.OpenStore(); !opened) {
    p.access->Stop();
    p.StopOps();
    p.StopLoops();
    return opened;
  }
  p.MakeService();
  p.MakeApiServer();
  p.complete = true;
  const auto first_frame = std::make_shared<std::promise<void>>();
  const auto begun = [&p, first_frame] {
    p.feed_began = true;
    first_frame->set_value();
  };
  if (p.ring) {
    p.api_listener->Start();  // for the peers
    p.ring->Start(begun);
  } else {
    // Before its first poll a pod may keep nothing: clients wait that moment in the backlog.
    p.tailer->Start(p.node_loop, begun);
    first_frame->get_future().wait_for(kFirstFrameWait);
    p.api_listener->Start();
  }
  p.maintenance->Start(p.node_loop);
  const std::string listen = net::FormatEndpoint(p.api_listener->BoundEndpoint());
  const std::string ops_listen = net::FormatEndpoint(p.ops_listener->BoundEndpoint());
  if (!p.settings.port_file.empty()) {
    if (Result<void> written = WritePortFile(p.settings.port_file, listen, ops_listen); !written) {
      Stop();
      return written;
    }
  }
  p.log->Info("serving", {{"listen", listen},
                          {"ops_listen", ops_listen},
                          {"database", store::RedactDatabaseUrl(p.settings.database_url)},
                          {"cache_bytes", p.settings.cache_bytes},
                          {"threads", p.settings.threads},
                          {"version", BuildVersion()},
                          {"revision", BuildRevision()}});
  return {};
}

void Pod::Drain() {
  Parts& p = *parts_;
  p.draining = true;
  if (p.ring) p.ring->Drain();
  p.busy_at = p.clock.Now();
  // Peers still come while slots are handed over.
  p.hand_off_until = p.busy_at + p.settings.drain_timeout * 2 / 3;
  p.accept_until = p.busy_at + kDrainAccept;
  p.api_server->Drain();
  p.log->Info("draining", {{"connections", p.api_server->open_connections()}});
}

bool Pod::Drained() {
  Parts& p = *parts_;
  const BootTime now = p.clock.Now();
  if (p.ring && now < p.hand_off_until && !p.ring->Drained()) {
    p.busy_at = now;
    return false;
  }
  if (now >= p.accept_until) {
    // Clients that come back at once would keep the drain from ever ending.
    p.accept_until = kNever;
    p.api_listener->Stop();
  }
  if (p.api_server->open_connections() > 0) p.busy_at = now;
  return now - p.busy_at >= kDrainQuiet;
}

// Clients first, then what answers them, then what they use; loops last, because everything that
// ends runs its last steps there.
void Pod::Stop() {
  Parts& p = *parts_;
  p.api_listener->Stop();
  p.api_server->CloseConnections();
  p.maintenance->Stop();
  if (p.ring) p.ring->Stop();
  if (p.tailer) p.tailer->Stop();
  p.store->Stop();
  p.access->Stop();
  p.api_server->Stop();
  p.StopOps();
  p.StopLoops();
  p.log->Info("stopped");
}

}  // namespace coolkit::cli
