// Why: the Cloud SQL Admin API says where an instance is and whom to trust, and certifies this
// process's key for an hour. Reading its answers is pure; asking is on one loop.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudsql/access_token.h"
#include "cloudsql/outcome.h"
#include "cloudsql/url.h"
#include "cloudsql/web.h"
#include "net/loop.h"

namespace coolkit::cloudsql {

struct ConnectSettings {
  std::string host;                    // an address, or the name to ask DNS for
  std::vector<std::string> dns_names;  // of the instance, without trailing dots
  std::string authorities_pem;         // one or more
};

// Errors: kRegion, kInstance (another kind, or without such an address), kApi (makes no sense).
[[nodiscard]] Outcome<ConnectSettings> ReadConnectSettings(std::string_view body,
                                                           const InstanceName& name, IpType ip);
// The PEM. Errors: kApi.
[[nodiscard]] Outcome<std::string> ReadEphemeralCertificate(std::string_view body);

// What an answer that is no 200 means; says what to do.
[[nodiscard]] store::DialFailure ReadRefusal(const WebAnswer& answer, const InstanceName& name);

class AdminApi {
 public:
  struct Limits {
    int tries_max = 5;  // of one call, after a 5xx or a cut connection
    milliseconds try_time{15'000};
    milliseconds pause_min{200};  // between them; grows by 1.6 each, with jitter
  };
  // All outlive it. `endpoint`: https://sqladmin.googleapis.com or what stands for it.
  AdminApi(net::Loop& loop, Web& web, TokenSource& tokens, std::string endpoint, Limits limits)
      : loop_(loop), web_(web), tokens_(tokens), endpoint_(std::move(endpoint)), limits_(limits) {}

  struct Answer {
    std::string body;
    std::optional<std::int64_t> server_time;
    milliseconds retry_after{0};  // of a failure
  };
  struct Refused {
    store::DialFailure failure;
    milliseconds retry_after{0};
  };
  using Reply = std::expected<Answer, Refused>;

  [[nodiscard]] net::Task<Reply> GetConnectSettings(const InstanceName& name, BootTime deadline);
  // `login_token`: rides in the certificate, so that no password is sent; empty: none.
  [[nodiscard]] net::Task<Reply> GenerateEphemeralCertificate(const InstanceName& name,
                                                              const std::string& public_pem,
                                                              const std::string& login_token,
                                                              BootTime deadline);

 private:
  // With another token, once, if the first one is refused: it may have been revoked since.
  [[nodiscard]] net::Task<Reply> Call(const InstanceName& name, WebRequest request,
                                      BootTime deadline);
  [[nodiscard]] net::Task<Reply> CallWith(const std::string& token, const InstanceName& name,
                                          WebRequest request, BootTime deadline);
  [[nodiscard]] std::string UrlOf(const InstanceName& name) const;

  net::Loop& loop_;
  Web& web_;
  TokenSource& tokens_;
  const std::string endpoint_;
  const Limits limits_;
};

}  // namespace coolkit::cloudsql
