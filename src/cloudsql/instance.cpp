#include "cloudsql/instance.h"

#include <algorithm>
#include <utility>

#include "cloudsql/server_name.h"
#include "net/await.h"
#include "store/postgres/sqlstate.h"

namespace coolkit::cloudsql {
namespace {

std::int64_t WallSeconds(const Clock& clock) {
  return std::chrono::system_clock::to_time_t(clock.WallNow());
}

}  // namespace

void Instance::Start() { ScheduleRefresh(std::max(options_.first_at, parts_.loop.Now())); }

void Instance::Stop() {
  stopped_ = true;
  parts_.loop.Cancel(timer_);
  tasks_.Close();
  Answer(Failed("closed", "the connector is stopping"));
}

bool Instance::IsGood() const {
  return current_ != nullptr && current_ != suspect_ && parts_.loop.Now() < current_->expires;
}

void Instance::ScheduleRefresh(BootTime when) {
  if (stopped_ || refreshing_ || when >= scheduled_for_) return;
  parts_.loop.Cancel(timer_);
  scheduled_for_ = when;
  timer_ = parts_.loop.At(when, [this] {
    timer_ = {};
    scheduled_for_ = kNever;
    refreshing_ = true;
    if (!tasks_.Spawn(Refresh())) refreshing_ = false;
  });
}

net::Task<void> Instance::Refresh() {
  net::SleepUntil turn(parts_.loop, limiter_.Take(parts_.loop.Now()));
  co_await turn;
  const Fetched fetched = co_await Fetch(parts_.loop.Now() + options_.refresh_time);
  refreshing_ = false;
  const BootTime now = parts_.loop.Now();
  parts_.metrics.refreshes_total.Add();
  if (fetched.info) {
    current_ = *fetched.info;
    suspect_.reset();
    last_failure_.reset();
    failures_ = 0;
    const seconds left = std::chrono::floor<seconds>(current_->expires - now);
    parts_.metrics.certificate_expiry.Set(
        static_cast<double>(WallSeconds(parts_.loop.clock()) + left.count()));
    Answer(fetched.info);
    ScheduleRefresh(NextRefresh(options_.limits, now, current_->expires, random_));
    co_return;
  }
  parts_.metrics.refresh_failures_total.Add();
  last_failure_ = fetched.info.error();
  parts_.log.Warn("no fresh certificate of the Cloud SQL instance",
                  {{"instance", options_.name.Text()},
                   {"reason", last_failure_->reason},
                   {"error", last_failure_->message}});
  suspect_.reset();  // better than nothing
  if (IsGood()) {
    Answer(current_);
  } else {
    Answer(fetched.info);  // who waits counts it and comes again; the next try has its time
  }
  ScheduleRefresh(NextRetry(options_.limits, now, ++failures_, fetched.retry_after, random_));
}

net::Task<Instance::Fetched> Instance::Fetch(BootTime deadline) {
  const auto failed = [](store::DialFailure failure, milliseconds retry_after) {
    return Fetched{std::unexpected(std::move(failure)), retry_after};
  };
  // One after the other: when the first is refused for the quota, the second is not asked for.
  if (!settings_ || parts_.loop.Now() >= settings_until_) {
    AdminApi::Reply reply = co_await parts_.api.GetConnectSettings(options_.name, deadline);
    if (!reply) co_return failed(reply.error().failure, reply.error().retry_after);
    settings_ = std::move(*reply);
    settings_until_ = parts_.loop.Now() + options_.settings_life;
  }
  // Taken out: a forced refresh may drop what is kept while this waits.
  AdminApi::Answer settings = *std::exchange(settings_, std::nullopt);
  // After the first request: had it a token that was revoked, both are new now.
  AccessToken login;
  if (options_.iam) {
    const std::string scope(kLoginScope);
    Outcome<AccessToken> token = co_await parts_.tokens.Fetch(scope, deadline);
    if (!token) co_return failed(token.error(), milliseconds(0));
    login = std::move(*token);
  }
  const std::string public_pem = parts_.key.PublicPem();
  const AdminApi::Reply certificate = co_await parts_.api.GenerateEphemeralCertificate(
      options_.name, public_pem, login.text, deadline);
  if (!certificate) {
    const bool passing = store::IsPassing(certificate.error().failure.reason);
    if (!passing) parts_.tokens.Forget(login.text);  // it rides in the request
    settings_ = std::move(settings);
    co_return failed(certificate.error().failure, certificate.error().retry_after);
  }
  co_return Assemble(settings, *certificate, login.expires);
}

Instance::Fetched Instance::Assemble(const AdminApi::Answer& settings_answer,
                                     const AdminApi::Answer& certificate_answer,
                                     BootTime token_expires) const {
  const auto failed = [](std::string_view why, std::string message) {
    return Fetched{Failed(why, std::move(message)), {}};
  };
  Outcome<ConnectSettings> settings =
      ReadConnectSettings(settings_answer.body, options_.name, options_.ip);
  if (!settings) return {std::unexpected(std::move(settings.error())), {}};
  Outcome<std::string> pem = ReadEphemeralCertificate(certificate_answer.body);
  if (!pem) return {std::unexpected(std::move(pem.error())), {}};
  const Result<crypto::CertificateFacts> facts = crypto::ReadCertificate(*pem);
  if (!facts) return failed(reason::kApi, "the Admin API's certificate is " + facts.error().detail);

  // Times are compared with the API's clock: this machine's may be wrong.
  const std::int64_t here = WallSeconds(parts_.loop.clock());
  const std::int64_t there = certificate_answer.server_time.value_or(here);
  const std::int64_t ends = std::chrono::system_clock::to_time_t(facts->not_after);
  if (ends <= there) {
    return failed(reason::kCertificate, "the certificate of the Admin API has ended already");
  }
  auto info = std::make_shared<ConnectInfo>();
  info->host = settings->host;
  info->expires = std::min(parts_.loop.Now() + seconds(ends - there), token_expires);
  net::TlsClient::Options tls;
  tls.roots_pem = settings->authorities_pem;
  tls.only_tls13 = true;
  tls.certificate_pem = *pem;
  tls.key = parts_.key;
  constexpr std::int64_t kSlack = 5;
  if (std::abs(there - here) > kSlack) tls.clock_offset = seconds(there - here);
  ExpectedServer expected{settings->dns_names,
                          options_.name.project + ":" + options_.name.instance};
  tls.judge = [expected = std::move(expected)](const crypto::CertificateFacts& server) {
    return CheckServerName(expected, server);
  };
  Result<std::shared_ptr<const net::TlsClient>> client = net::TlsClient::Make(std::move(tls));
  if (!client) return failed(reason::kCertificate, client.error().detail);
  info->tls = std::move(*client);
  return {std::shared_ptr<const ConnectInfo>(std::move(info)), {}};
}

net::Task<Instance::Info> Instance::Get(BootTime deadline) {
  if (IsGood()) co_return current_;
  if (stopped_) co_return Failed("closed", "the connector is stopping");
  if (last_failure_ && !store::IsPassing(last_failure_->reason) && !refreshing_ &&
      parts_.loop.Now() < scheduled_for_) {
    co_return std::unexpected(*last_failure_);
  }
  Info info = co_await net::AwaitCompletion<Info>(
      parts_.loop, [this, deadline](Completion<Info> done) { Wait(deadline, std::move(done)); });
  co_return std::move(info);
}

void Instance::Wait(BootTime deadline, Completion<Info> done) {
  Waiter waiter{++last_waiter_, {}, std::move(done)};
  // Nobody gives up before the first refresh had its time.
  const BootTime until = std::max(deadline, options_.first_at + options_.refresh_time / 2);
  waiter.timer = parts_.loop.At(until, [this, id = waiter.id] {
    const auto found = std::find_if(waiters_.begin(), waiters_.end(),
                                    [id](const Waiter& other) { return other.id == id; });
    if (found == waiters_.end()) return;
    Completion<Info> late = std::move(found->done);
    waiters_.erase(found);
    late(std::unexpected(last_failure_.value_or(
        store::DialFailure{reason::kApi, "the Admin API did not answer in time"})));
  });
  waiters_.push_back(std::move(waiter));
  // With a failure behind it the next try has its time already; an ended one is replaced now.
  if (!last_failure_) ScheduleRefresh(std::max(options_.first_at, parts_.loop.Now()));
}

void Instance::Answer(const Info& info) {
  for (Waiter& waiter : std::exchange(waiters_, {})) {
    parts_.loop.Cancel(waiter.timer);
    waiter.done(info);
  }
}

void Instance::ForceRefresh(const std::shared_ptr<const ConnectInfo>& used) {
  if (used != current_ || suspect_ == current_) return;  // a newer one is there, or on its way
  suspect_ = current_;
  settings_.reset();
  ScheduleRefresh(parts_.loop.Now());
}

}  // namespace coolkit::cloudsql
