// Why: `cloudsql://project:region:instance/database?user=…` names an instance instead of a host.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::cloudsql {

// Which of the instance's addresses.
enum class IpType : std::uint8_t { kPublic, kPrivate, kPsc };

struct InstanceName {
  std::string project;  // with its domain, if it has one: example.com:project
  std::string region;
  std::string instance;
  [[nodiscard]] std::string Text() const { return project + ":" + region + ":" + instance; }
};

struct CloudSqlUrl {
  InstanceName name;
  IpType ip = IpType::kPublic;
  bool iam = true;        // log in by IAM; else by the password
  std::string user;       // as PostgreSQL knows it
  std::string libpq_url;  // postgres:///… with what is not ours, without a host: a secret
};

// Takes user, password, ip (public, private, psc), auth (iam, password; the default is iam unless
// there is a password) and some parameters of libpq's; `pooler` stays in `libpq_url`, for the
// store. Errors: kInvalidRequest; never shows the URL.
[[nodiscard]] Result<CloudSqlUrl> ParseCloudSqlUrl(std::string_view url);

// The database user of an IAM account: a service account's is its e-mail without
// `.gserviceaccount.com`, everyone else's the whole e-mail.
[[nodiscard]] std::string DatabaseUserOf(std::string_view account);

}  // namespace coolkit::cloudsql
