// Why: on Google's machines a metadata server hands out the tokens of the attached identity. A pod
// may ask before it is ready, so what is refused at first is asked again. On one loop.
#pragma once

#include <string>

#include "cloudsql/access_token.h"
#include "cloudsql/web.h"
#include "net/loop.h"

namespace coolkit::cloudsql {

class MetadataTokens final : public TokenSource {
 public:
  // `host`: `name[:port]` of the server. All outlive the source.
  MetadataTokens(net::Loop& loop, Web& web, std::string host)
      : loop_(loop), web_(web), host_(std::move(host)) {}
  // Asks until it has a token, is refused for good, or the deadline comes.
  net::Task<Outcome<AccessToken>> Fetch(std::string scope, BootTime deadline) override;

 private:
  net::Loop& loop_;
  Web& web_;
  const std::string host_;
};

}  // namespace coolkit::cloudsql
