#include "store/postgres/conninfo.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/check.h"
#include "base/text.h"

namespace coolkit::store {
namespace {

struct Free {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, Free>;

// How libpq reads it; null: it does not. Its message may quote a part of the URL and is dropped.
Options Read(const std::string& url) {
  char* message = nullptr;
  Options options(PQconninfoParse(url.c_str(), &message));
  PQfreemem(message);
  return options;
}

std::string ValueOf(const Options& options, std::string_view keyword) {
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return {};
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

bool IsPort(const std::string& text) {
  if (text.empty()) return true;
  const auto port = ParseDecimal(text);
  return port && *port >= 1 && *port <= 65535;
}

// An `@` or `/` of a password that is not encoded would become a part of a host or database name,
// and those are shown in messages. libpq ends user and password at the first `@` before a `/`.
bool MayCutAPassword(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const std::size_t at = url.substr(0, url.find('/')).find('@');
  if (at != std::string_view::npos) url.remove_prefix(at + 1);
  return url.substr(0, url.find('?')).find('@') != std::string_view::npos;
}

// One entry for each host, if there are several and the lists fit together.
std::vector<PostgresUrl::Host> HostsOf(const Options& options) {
  const std::vector<std::string> names = SplitAtCommas(ValueOf(options, "host"));
  const std::vector<std::string> addresses = SplitAtCommas(ValueOf(options, "hostaddr"));
  const std::vector<std::string> ports = SplitAtCommas(ValueOf(options, "port"));
  const std::size_t count = std::max(names.size(), addresses.size());
  const auto fits = [count](const std::vector<std::string>& list) {
    return list.size() == count || list.size() == 1;
  };
  const auto mixed = [count](const std::vector<std::string>& list) {
    return list.size() != count && !list[0].empty();
  };
  if (count == 1 || mixed(names) || mixed(addresses) || !fits(ports)) return {};
  const auto at = [](const std::vector<std::string>& list, std::size_t i) {
    return list.size() == 1 ? list[0] : list[i];
  };
  std::vector<PostgresUrl::Host> hosts;
  for (std::size_t i = 0; i < count; ++i) {
    hosts.push_back({at(names, i), at(addresses, i), at(ports, i)});
  }
  return hosts;
}

// A token must not go to somebody who only says that he is the server.
Result<void> CheckIam(const Options& options, const PostgresUrl& parsed) {
  const std::string mode = ValueOf(options, "sslmode");
  const auto refuse = [](const char* why) { return Fail(ErrorCode::kInvalidRequest, why); };
  if (mode != "verify-full" && mode != "verify-ca") {
    return refuse(
        "auth=iam sends a token as the password: say sslmode=verify-full (or verify-ca) and "
        "sslrootcert=… in the URL");
  }
  if (parsed.user.empty()) return refuse("auth=iam needs the account that logs in as the user");
  if (parsed.has_password) return refuse("auth=iam and a password exclude each other");
  // TLS is not used on these, whatever sslmode says.
  for (const char* name : {"host", "hostaddr"}) {
    for (const std::string& host : SplitAtCommas(ValueOf(options, name))) {
      if (host.starts_with('/') || host.starts_with('@')) {
        return refuse("auth=iam needs a host that is reached by TCP, with TLS");
      }
    }
  }
  if (ValueOf(options, "host").empty() && ValueOf(options, "hostaddr").empty()) {
    return refuse("auth=iam needs the host in the URL");
  }
  return {};
}

std::unexpected<Error> Malformed(const char* what) {
  return Fail(ErrorCode::kInvalidRequest, "the PostgreSQL URL (not shown) " + std::string(what) +
                                              "; special characters in it must be percent-encoded");
}

}  // namespace

Result<PostgresUrl> ParsePostgresUrl(std::string_view url) {
  PostgresUrl parsed;
  const std::size_t query_at = url.find('?');
  parsed.text = url.substr(0, query_at);
  std::string_view query =
      query_at == std::string_view::npos ? std::string_view() : url.substr(query_at + 1);
  char separator = '?';
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (item.substr(0, item.find('=')) == "pooler") {
      if (item != "pooler=transaction" && item != "pooler=none") {
        return Fail(ErrorCode::kInvalidRequest,
                    "pooler=… of the database URL must be transaction or none");
      }
      parsed.transaction_pooler = item == "pooler=transaction";
      continue;
    }
    if (item.substr(0, item.find('=')) == "auth") {
      if (item != "auth=iam" && item != "auth=password") {
        return Fail(ErrorCode::kInvalidRequest,
                    "auth=… of the database URL must be iam or password");
      }
      parsed.iam = item == "auth=iam";
      continue;
    }
    parsed.text += separator;
    parsed.text += item;
    separator = '&';
  }
  const Options options = Read(parsed.text);
  if (options == nullptr) {
    return Malformed("is malformed or has a parameter that libpq does not know");
  }
  if (MayCutAPassword(parsed.text)) return Malformed("has an @ too many");
  const std::vector<std::string> ports = SplitAtCommas(ValueOf(options, "port"));
  if (!std::all_of(ports.begin(), ports.end(), IsPort)) {
    return Malformed("has a port that is no number from 1 to 65535");
  }
  if (const auto timeout = ParseDecimal(ValueOf(options, "connect_timeout"));
      timeout && *timeout > 0 && *timeout <= 3600) {
    parsed.connect_timeout = seconds(*timeout);
  }
  parsed.has_password = !ValueOf(options, "password").empty();
  parsed.user = ValueOf(options, "user");
  if (parsed.iam) {
    if (Result<void> fine = CheckIam(options, parsed); !fine) return Fail(fine.error());
  }
  parsed.hosts = HostsOf(options);
  return parsed;
}

std::string WithPassword(std::string_view url, std::string_view password) {
  std::string text(url);
  text += url.find('?') == std::string_view::npos ? '?' : '&';
  text += "password=";
  for (const char c : password) {
    text += '%';
    text += HexEncode(std::string_view(&c, 1));
  }
  return text;
}

PGconn* StartConnecting(const PostgresUrl& url, std::size_t host, const Route& route,
                        const char* application_name) {
  std::array<const char*, 9> names{"dbname", "fallback_application_name", "client_encoding"};
  std::array<const char*, 9> values{url.text.c_str(), application_name, "UTF8"};
  std::size_t count = 3;
  const auto add = [&](const char* name, const char* value) {
    names[count] = name;
    values[count++] = value;
  };
  // Later ones win; an empty one stands for the default.
  if (!route.host.empty()) {
    add("host", route.host.c_str());
    add("port", kRoutePort);
  } else if (!url.hosts.empty()) {
    const PostgresUrl::Host& one = url.hosts[host % url.hosts.size()];
    add("host", one.host.c_str());
    add("hostaddr", one.address.c_str());
    add("port", one.port.c_str());
  }
  if (!route.user.empty()) add("user", route.user.c_str());
  if (!route.password.empty()) add("password", route.password.c_str());
  PGconn* const connection = PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/1);
  CHECK(connection != nullptr);  // out of memory
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  return connection;
}

}  // namespace coolkit::store
