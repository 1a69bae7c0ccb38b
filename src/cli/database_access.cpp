#include "cli/database_access.h"

#include <fstream>
#include <future>
#include <iterator>
#include <utility>
#include <vector>

#include "base/random.h"
#include "cli/peers_setting.h"
#include "cloudsql/connector.h"
#include "cloudsql/credentials_file.h"
#include "cloudsql/iam_dialer.h"
#include "cloudsql/metadata_tokens.h"
#include "cloudsql/start_census.h"
#include "cloudsql/token_cache.h"
#include "cloudsql/web_client.h"
#include "net/dns_resolver.h"
#include "net/private_listener.h"
#include "net/tcp.h"
#include "store/postgres/conninfo.h"
#include "store/url.h"

namespace coolkit::cli {
namespace {

constexpr milliseconds kPeersTime{3'000};
// The metadata server comes up after its pods, and a quota is there again after a minute.
constexpr milliseconds kCloudTime{75'000};

Result<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(ErrorCode::kNotFound, "it can't be opened");
  constexpr std::size_t kBytesMax = 1u << 20;
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kBytesMax) return Fail(ErrorCode::kPayloadTooLarge, "it is too large");
  return text;
}

class RealNetwork final : public cloudsql::Network {
 public:
  RealNetwork(net::EventLoop& loop, net::Resolver& resolver) : loop_(loop), resolver_(resolver) {}
  void Resolve(const std::string& name, BootTime deadline,
               Completion<Result<std::vector<std::string>>> done) override {
    resolver_.Resolve(name, deadline, std::move(done));
  }
  void Connect(const std::string& address, std::uint16_t port, BootTime deadline,
               Completion<Result<std::unique_ptr<net::Connection>>> done) override {
    net::TcpConnect(loop_, {address, port}, deadline, std::move(done));
  }

 private:
  net::EventLoop& loop_;
  net::Resolver& resolver_;
};

net::DnsResolver::Options ResolverOptions(const Settings& settings) {
  net::DnsResolver::Options options;
  options.server = settings.dns_server;
  return options;
}

}  // namespace

struct DatabaseAccess::State {
  explicit State(const Parts& p)
      : parts(p),
        metrics(p.registry),
        resolver(p.clock, ResolverOptions(p.settings)),
        network(p.loop, resolver) {}

  // The connector to one instance, with what it stands on.
  struct Tunnel {
    std::unique_ptr<cloudsql::Instance> instance;
    std::unique_ptr<net::PrivateListener> listener;
    std::unique_ptr<cloudsql::Connector> connector;
  };

  Result<Way> MakeWay(const std::string& url, milliseconds spread);
  Result<Way> MakeTunnel(const std::string& url, milliseconds spread);
  Result<Way> MakeIam(const std::string& url, const std::string& user);
  Result<void> MakeTokens();
  Result<std::unique_ptr<cloudsql::TokenSource>> MakeSource();
  [[nodiscard]] milliseconds Spread();

  const Parts parts;
  cloudsql::Metrics metrics;
  SeededRandom random{SystemSeed()};
  telemetry::Log* log = nullptr;
  net::DnsResolver resolver;
  RealNetwork network;
  bool started = false;
  milliseconds spread{0};

  std::unique_ptr<cloudsql::WebClient> web;
  std::unique_ptr<cloudsql::TokenSource> source;
  std::unique_ptr<cloudsql::TokenCache> tokens;
  std::unique_ptr<crypto::RsaKey> key;
  std::unique_ptr<cloudsql::AdminApi> api;
  std::vector<Tunnel> tunnels;
  std::vector<std::unique_ptr<cloudsql::IamDialer>> iam_dialers;
  Way database;
  Way feed;
};

Result<std::unique_ptr<cloudsql::TokenSource>> DatabaseAccess::State::MakeSource() {
  const Settings& s = parts.settings;
  const cloudsql::CredentialParts with{parts.loop, *web, ReadSmallFile};
  if (!s.cloudsql_token_file.empty()) return cloudsql::MakeTokenFile(s.cloudsql_token_file, with);
  if (!s.google_credentials_file.empty()) {
    const Result<std::string> text = ReadSmallFile(s.google_credentials_file);
    if (!text) {
      return Fail(ErrorCode::kInvalidRequest, "the credentials file '" + s.google_credentials_file +
                                                  "': " + text.error().detail);
    }
    return cloudsql::MakeCredentials(*text, with);
  }
  return std::make_unique<cloudsql::MetadataTokens>(parts.loop, *web, s.metadata_host);
}

Result<void> DatabaseAccess::State::MakeTokens() {
  if (tokens) return {};
  net::TlsClient::Options tls;
  if (!parts.settings.cloudsql_api_ca.empty()) {
    Result<std::string> pem = ReadSmallFile(parts.settings.cloudsql_api_ca);
    if (!pem) {
      return Fail(ErrorCode::kInvalidRequest, "--cloudsql-api-ca: " + pem.error().detail);
    }
    tls.roots_pem = std::move(*pem);
  }
  Result<std::shared_ptr<const net::TlsClient>> https = net::TlsClient::Make(std::move(tls));
  if (!https) return Fail(https.error());
  web = std::make_unique<cloudsql::WebClient>(parts.loop, network, std::move(*https));
  Result<std::unique_ptr<cloudsql::TokenSource>> made = MakeSource();
  if (!made) return Fail(made.error());
  source = std::move(*made);
  tokens = std::make_unique<cloudsql::TokenCache>(parts.loop, *source);
  resolver.Start();
  started = true;
  return {};
}

// Over how long the pods that start together begin: those of the name of the peers, or of their
// list, that do not serve.
milliseconds DatabaseAccess::State::Spread() {
  const Result<PeersSetting> setting = ParsePeers(parts.settings.peers);
  if (!setting) return milliseconds(0);
  std::vector<std::string> peers = setting->addresses;
  if (!setting->name.empty()) {
    std::promise<std::vector<std::string>> answer;
    resolver.Resolve(setting->name, parts.clock.Now() + kPeersTime,
                     [&answer](const Result<std::vector<std::string>>& found) {
                       answer.set_value(found.value_or(std::vector<std::string>()));
                     });
    for (std::string& address : peers = answer.get_future().get()) {
      address = net::FormatEndpoint({std::move(address), setting->port});
    }
  }
  // As few as may begin at once need not be asked.
  if (cloudsql::StartSpread(static_cast<int>(peers.size())).count() == 0) return milliseconds(0);
  std::promise<int> counted;
  parts.loop.Post([this, &peers, &counted] {
    net::Detach(cloudsql::CountStarting(parts.loop, *web, random, peers, {}),
                [&counted](int count) { counted.set_value(count); });
  });
  const int starting = counted.get_future().get();
  const milliseconds within = cloudsql::StartSpread(starting);
  if (within.count() > 0) {
    log->Info("many pods start together: each waits for its turn at the Cloud SQL Admin API",
              {{"peers", peers.size()}, {"starting", starting}, {"within_ms", within.count()}});
  }
  return within;
}

Result<DatabaseAccess::Way> DatabaseAccess::State::MakeTunnel(const std::string& url,
                                                              milliseconds within) {
  const Result<cloudsql::CloudSqlUrl> parsed = cloudsql::ParseCloudSqlUrl(url);
  if (!parsed) return Fail(parsed.error());
  if (!key) key = std::make_unique<crypto::RsaKey>(crypto::RsaKey::Generate());
  if (!api) {
    api = std::make_unique<cloudsql::AdminApi>(parts.loop, *web, *tokens,
                                               parts.settings.cloudsql_api_endpoint,
                                               cloudsql::AdminApi::Limits{});
  }
  cloudsql::Instance::Options options;
  options.name = parsed->name;
  options.ip = parsed->ip;
  options.iam = parsed->iam;
  options.seed = random.Next();
  const auto most = static_cast<std::uint64_t>(within.count());
  options.first_at = parts.clock.Now() + milliseconds(random.Below(most + 1));
  Tunnel tunnel;
  tunnel.instance = std::make_unique<cloudsql::Instance>(
      cloudsql::Instance::Parts{parts.loop, *api, *tokens, *key, metrics, *log},
      std::move(options));
  const auto index = tunnels.size();
  tunnel.listener = std::make_unique<net::PrivateListener>(
      parts.loop,
      [this, index](std::unique_ptr<net::Connection> inner) {
        tunnels[index].connector->Serve(std::move(inner));
      },
      [this] { metrics.strangers_total.Add(); });
  tunnel.connector =
      std::make_unique<cloudsql::Connector>(parts.loop, network, *tunnel.instance, metrics, *log,
                                            tunnel.listener->name(), cloudsql::Connector::Limits{});
  Result<void> listening = tunnel.listener->Start(std::string(store::kRouteSuffix));
  if (!listening) return Fail(listening.error());
  tunnel.connector->Start();
  store::Dialer* const dialer = tunnel.connector.get();
  tunnels.push_back(std::move(tunnel));
  return Way{parsed->libpq_url, dialer};
}

Result<DatabaseAccess::Way> DatabaseAccess::State::MakeIam(const std::string& url,
                                                           const std::string& user) {
  iam_dialers.push_back(
      std::make_unique<cloudsql::IamDialer>(parts.loop, *tokens, cloudsql::DatabaseUserOf(user)));
  return Way{url, iam_dialers.back().get()};
}

Result<DatabaseAccess::Way> DatabaseAccess::State::MakeWay(const std::string& url,
                                                           milliseconds within) {
  const Result<store::DatabaseUrl> kind = store::ParseDatabaseUrl(url);
  if (!kind) return Fail(kind.error());
  if (kind->kind == store::DatabaseKind::kCloudSql) return MakeTunnel(url, within);
  if (kind->kind == store::DatabaseKind::kPostgres) {
    const Result<store::PostgresUrl> parsed = store::ParsePostgresUrl(url);
    if (parsed && parsed->iam) return MakeIam(url, parsed->user);
  }
  return Way{url, nullptr};
}

DatabaseAccess::DatabaseAccess(const Parts& parts) : state_(std::make_unique<State>(parts)) {}

DatabaseAccess::~DatabaseAccess() { Stop(); }

Result<void> DatabaseAccess::Start(telemetry::Log& log, bool take_turns) {
  State& s = *state_;
  s.log = &log;
  s.tunnels.reserve(2);
  const Settings& settings = s.parts.settings;
  bool cloud = false;
  bool tunnelled = false;
  for (const std::string& url : {settings.database_url, settings.feed_database_url}) {
    const auto kind = store::ParseDatabaseUrl(url);
    if (!kind) continue;
    const bool tunnel = kind->kind == store::DatabaseKind::kCloudSql;
    tunnelled = tunnelled || tunnel;
    const auto parsed = store::ParsePostgresUrl(url);
    const bool postgres = kind->kind == store::DatabaseKind::kPostgres;
    cloud = cloud || tunnel || (postgres && parsed && parsed->iam);
  }
  if (cloud) {
    if (Result<void> made = s.MakeTokens(); !made) return made;
  }
  if (tunnelled && take_turns) s.spread = s.Spread();
  Result<Way> database = s.MakeWay(settings.database_url, s.spread);
  if (!database) return Fail(database.error());
  s.database = std::move(*database);
  if (settings.feed_database_url.empty()) return {};
  Result<Way> feed = s.MakeWay(settings.feed_database_url, s.spread);
  if (!feed) return Fail(feed.error());
  s.feed = std::move(*feed);
  return {};
}

void DatabaseAccess::Stop() {
  State& s = *state_;
  if (!std::exchange(s.started, false)) return;
  s.resolver.Stop();
  std::promise<void> closed;
  s.parts.loop.Post([&s, &closed] {
    s.web->Close();
    closed.set_value();
  });
  closed.get_future().wait();
  for (State::Tunnel& tunnel : s.tunnels) tunnel.connector->Stop();
  for (const auto& dialer : s.iam_dialers) dialer->Stop();
  std::promise<void> gone;
  s.parts.loop.Post([&s, &gone] {
    for (State::Tunnel& tunnel : s.tunnels) tunnel.listener.reset();
    gone.set_value();
  });
  gone.get_future().wait();
}

DatabaseAccess::Way DatabaseAccess::database() const { return state_->database; }

DatabaseAccess::Way DatabaseAccess::feed() const { return state_->feed; }

milliseconds DatabaseAccess::patience() const {
  return state_->started ? state_->spread + kCloudTime : milliseconds(0);
}

}  // namespace coolkit::cli
