#include "cloudsql/metadata_tokens.h"

#include <algorithm>
#include <utility>

#include "net/await.h"

namespace coolkit::cloudsql {
namespace {

constexpr std::string_view kPath =
    "/computeMetadata/v1/instance/service-accounts/default/token?scopes=";
constexpr milliseconds kTryTime{5'000};
constexpr milliseconds kPauseMin{100};
constexpr milliseconds kPauseMax{2'000};

std::string Advice(const std::string& host, const std::string& what) {
  return "the metadata server at " + host + " gives no token: " + what +
         "; give the pod a service account (Workload Identity), or set "
         "GOOGLE_APPLICATION_CREDENTIALS";
}

}  // namespace

net::Task<Outcome<AccessToken>> MetadataTokens::Fetch(std::string scope, BootTime deadline) {
  const std::string url = "http://" + host_ + std::string(kPath) + scope;
  for (milliseconds pause = kPauseMin;; pause = std::min(kPauseMax, pause * 2)) {
    WebRequest request;
    request.url = url;
    request.headers.emplace_back("Metadata-Flavor", "Google");
    const BootTime until = std::min(deadline, loop_.Now() + kTryTime);
    const Result<WebAnswer> answer = co_await web_.Send(std::move(request), until);
    std::string why;
    bool for_good = false;
    if (!answer) {
      why = answer.error().detail;
      for_good = answer.error().code == ErrorCode::kInvalidRequest;
    } else if (answer->flavor != "Google") {
      why = "what answers there is no metadata server";
    } else if (answer->status == 200) {
      co_return ReadTokenAnswer(answer->body, loop_.Now(), "the metadata server");
    } else {
      why = "it answers " + std::to_string(answer->status);
      // 404 also while it does not know the pod yet.
      for_good = answer->status == 400 || answer->status == 403;
    }
    if (for_good) co_return Failed(reason::kTokenRefused, Advice(host_, why));
    if (loop_.Now() + pause >= deadline) co_return Failed(reason::kToken, Advice(host_, why));
    net::SleepUntil nap(loop_, loop_.Now() + pause);
    co_await nap;
  }
}

}  // namespace coolkit::cloudsql
