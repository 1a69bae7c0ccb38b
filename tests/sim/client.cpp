#include "sim/client.h"

#include <algorithm>
#include <utility>

namespace coolkit::sim {

Client::Client(Clients& all, std::string name, bool with_token)
    : all_(all), name_(std::move(name)), with_token_(with_token) {
  session_.least.assign(all_.keys.size(), model::Version{});
}

void Client::Pause() {
  const auto most = static_cast<std::uint64_t>(all_.plan.think_max.count());
  const nanoseconds think(static_cast<std::int64_t>(all_.scheduler.random().Below(most)));
  all_.scheduler.After(think, [this] { Next(); });
}

void Client::Disconnected(const Node& pod) {
  if (!call_ || call_->pod != &pod) return;
  call_ = nullptr;
  Pause();
}

Client::CallPtr Client::NewCall() {
  auto call = std::make_shared<Call>();
  call->pod = all_.any_pod();
  if (call->pod == nullptr) return nullptr;
  call->sent = all_.scheduler.now();
  Random& random = all_.scheduler.random();
  call->with_token = with_token_ && session_.token && random.Below(8) != 0;
  if (call->with_token) call->session = session_;
  call->loop = &call->pod->worker(random.Below(2));
  return call;
}

void Client::Next() {
  if (all_.operations_left == 0) return;
  --all_.operations_left;
  ++all_.coverage.operations;
  call_ = NewCall();
  if (!call_) return Pause();
  Random& random = all_.scheduler.random();
  const bool several = random.Below(6) == 0;
  if (random.Below(100) >= all_.plan.write_percent) {
    ChooseRead(*call_);
    call_->keys.push_back(AnyKey());
    if (random.Below(40) == 0) return Send(&Client::List);
    if (!several) return Send(&Client::Read);
    call_->keys.push_back(AnyKey());
    call_->keys.push_back(AnyKey());
    return Send(&Client::ReadMany);
  }
  if (random.Below(8) == 0) {
    call_->keys.push_back(AnyKey());
    return Send(&Client::Update);
  }
  const std::size_t count = several ? 2 + random.Below(2) : 1;
  for (std::size_t i = 0; i < count; ++i) call_->ops.push_back(AnyWrite(AnyKey()));
  if (!several) return Send(&Client::Write);
  Send(random.Below(2) == 0 ? &Client::WriteMany : &Client::WriteAtomic);
}

std::size_t Client::AnyKey() { return all_.scheduler.random().Below(all_.keys.size()); }

void Client::ChooseRead(Call& call) {
  Random& random = all_.scheduler.random();
  const auto upto = [&](nanoseconds most) {
    return nanoseconds(
        static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(most.count()))));
  };
  switch (random.Below(12)) {
    case 0:
      call.read.strong = true;
      break;
    case 1:
      call.read.staleness_max = upto(all_.plan.bound);
      break;
    case 2:
      call.read.store_nothing = random.Below(2) == 0;
      break;
    case 3:
      call.read.only_if_cached = true;
      break;
    case 4:
      call.read.stale_if_error_max = upto(all_.plan.bound * 3);
      break;
    default:
      break;
  }
}

store::WriteOp Client::AnyWrite(std::size_t key) {
  Random& random = all_.scheduler.random();
  store::WriteOp op;
  op.key = all_.keys.Name(key);
  if (random.Below(5) == 0) {
    op.kind = store::WriteOp::Kind::kDelete;
  } else {
    op.value = std::make_shared<const std::string>(name_ + "." + std::to_string(++all_.values));
    switch (random.Below(8)) {
      case 0:
      case 1:
        op.expiry = {store::Expiry::Kind::kAfter,
                     milliseconds(1 + static_cast<std::int64_t>(random.Below(150)))};
        break;
      case 2:
        op.expiry.kind = store::Expiry::Kind::kKeep;
        break;
      default:
        break;
    }
  }
  using Kind = model::Condition::Kind;
  switch (random.Below(10)) {
    case 0:
      op.condition.kind = Kind::kAbsent;
      break;
    case 1:
      op.condition.kind = Kind::kPresent;
      break;
    case 2:
    case 3:
      op.condition = {random.Below(4) == 0 ? Kind::kNotIn : Kind::kIn, {session_.least[key]}};
      break;
    default:
      break;
  }
  return op;
}

// The request travels, and is read by a loop of the pod: only then it has arrived (R8, R9).
void Client::Send(Work work) {
  Random& random = all_.scheduler.random();
  const nanoseconds patience =
      all_.plan.patience_min +
      milliseconds(static_cast<std::int64_t>(random.Below(random.Below(3) == 0 ? 60 : 600)));
  all_.scheduler.After(
      all_.plan.clients_network.Delay(random), [this, call = call_, work, patience] {
        if (call_ != call) return;  // disconnected
        call->loop->Post([this, call, work, patience] {
          if (Gone(call)) return;
          call->arrived = all_.scheduler.now();
          call->read.arrived = call->loop->Now();
          call->read.deadline = call->read.arrived + patience;
          if (call->with_token) call->read.token = call->session.token;
          call->write = {call->read.arrived, call->read.deadline, call->read.token};
          (this->*work)(call);
        });
      });
}

void Client::Answer(const CallPtr& call, std::function<void()> learn) {
  if (Gone(call)) return;
  all_.scheduler.After(all_.plan.clients_network.Delay(all_.scheduler.random()),
                       [this, call, learn = std::move(learn)] {
                         if (call_ != call) return;
                         call_ = nullptr;
                         if (with_token_) learn();
                         Pause();
                       });
}

void Client::Failed(const CallPtr& call, const Error& error) {
  if (Gone(call)) return;
  ++all_.coverage.errors;
  if (error.code == ErrorCode::kOutcomeUnknown) ++all_.coverage.unknown_outcomes;
  all_.scheduler.trace().Add(all_.scheduler.now(), name_, "is told", ErrorCodeName(error.code),
                             error.detail);
  const bool own_wish = error.code == ErrorCode::kNotCached || error.code == ErrorCode::kContention;
  if (!all_.plan.errors_allowed && !own_wish) {
    all_.checker.Violated("G7: an error though nothing is wrong");
  }
  for (const store::WriteOp& op : call->ops) {
    if (op.value && error.code != ErrorCode::kOutcomeUnknown) all_.checker.Refused(*op.value);
  }
}

void Client::LearnAll(const CallPtr& call, std::vector<std::function<void()>> learn) {
  Answer(call, [learn = std::move(learn)] {
    for (const auto& one : learn) one();
  });
}

void Client::TakeRead(const CallPtr& call, std::size_t key, const Result<kv::ReadAnswer>& answer,
                      std::vector<std::function<void()>>& learn) {
  if (Gone(call)) return;
  if (!answer) return Failed(call, answer.error());
  const nanoseconds bound =
      std::min<nanoseconds>(all_.plan.bound, call->read.staleness_max.value_or(all_.plan.bound));
  const bool strong = call->read.strong || call->read.store_nothing;
  all_.scheduler.trace().Add(all_.scheduler.now(), name_, "reads", all_.keys.Name(key).key, "at",
                             call->pod->process().name(), "version", answer->entry->version().value,
                             "value", answer->entry->value(), "source",
                             static_cast<int>(answer->source), "token",
                             answer->token.position.value);
  all_.checker.Read(
      *call->pod,
      {key, call->sent, call->arrived, bound, strong, call->with_token ? &call->session : nullptr},
      *answer);
  learn.emplace_back([this, key, token = answer->token, version = answer->entry->version()] {
    all_.checker.Learn(session_, token, key, version);
  });
}

void Client::TakeWrite(const CallPtr& call, const store::WriteOp& op,
                       const store::WriteOutcome& outcome, const model::Token& token,
                       std::vector<std::function<void()>>& learn) {
  if (Gone(call)) return;
  const std::size_t key = all_.keys.NumberOf(op.key);
  all_.scheduler.trace().Add(all_.scheduler.now(), name_, "writes", op.key.key, "at",
                             call->pod->process().name(), "version", outcome.version.value, "value",
                             op.value ? *op.value : "(delete)", "outcome",
                             static_cast<int>(outcome.kind), "token", token.position.value);
  if (outcome.kind != store::WriteOutcome::Kind::kWritten) {
    ++all_.coverage.conditions_failed;
    if (op.value) all_.checker.Refused(*op.value);
    learn.emplace_back([this, token] { all_.checker.Learn(session_, token); });
    return;
  }
  all_.checker.Written(key, outcome.version, op.value.get());
  learn.emplace_back([this, key, token, version = outcome.version] {
    all_.checker.Learn(session_, token, key, version);
  });
}

}  // namespace coolkit::sim
