// Why: every failure on the way to an instance has a reason of its own, which metrics count and the
// documentation explains (docs/cloud-sql.md). Values.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "store/postgres/dialer.h"

namespace coolkit::cloudsql {

template <class T>
using Outcome = std::expected<T, store::DialFailure>;

[[nodiscard]] inline std::unexpected<store::DialFailure> Failed(std::string_view reason,
                                                                std::string message) {
  return std::unexpected(store::DialFailure{reason, std::move(message)});
}

// The reasons that only a cloud has; network failures have those of any database.
namespace reason {
inline constexpr std::string_view kToken = "token";                 // none to be had now
inline constexpr std::string_view kTokenRefused = "token_refused";  // the identity is refused
inline constexpr std::string_view kPermission = "permission";       // a right in IAM is missing
inline constexpr std::string_view kInstance = "instance";           // none such, or another kind
inline constexpr std::string_view kRegion = "region";
inline constexpr std::string_view kQuota = "quota";
inline constexpr std::string_view kApi = "api";  // the Admin API does not work
inline constexpr std::string_view kCertificate = "certificate";
}  // namespace reason

}  // namespace coolkit::cloudsql
