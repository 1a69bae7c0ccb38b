#include "bench/recorder.h"

#include <algorithm>
#include <charconv>

#include "bench/batch_answer.h"
#include "model/incarnation.h"

namespace coolkit::bench {

Kind KindOf(Call call) {
  switch (call) {
    case Call::kHead:
      return Kind::kHead;
    case Call::kPut:
    case Call::kBatchPut:
      return Kind::kPut;
    case Call::kDelete:
      return Kind::kDelete;
    case Call::kPatch:
      return Kind::kPatch;
    case Call::kGet:
    case Call::kStrong:
    case Call::kSession:
    case Call::kBatchGet:
      break;
  }
  return Kind::kGet;
}

Outcome OutcomeOf(Kind kind, int status) {
  const bool reads = kind == Kind::kGet || kind == Kind::kHead;
  if (reads) {
    return status == 200 ? Outcome::kOk : status == 404 ? Outcome::kAbsent : Outcome::kRefused;
  }
  if (status == 200 || status == 201 || status == 204) return Outcome::kOk;
  if (status == 404 && kind != Kind::kPut) return Outcome::kAbsent;
  // The service promises that these had no effect; of other errors it may not know itself.
  if (status == 503 || status == 429) return Outcome::kFailed;
  return status >= 500 ? Outcome::kUnknown : Outcome::kRefused;
}

Recorder::Recorder(const LoadOptions& options, HistoryFile* file) : options_(options) {
  if (file == nullptr) return;
  stream_ = std::make_unique<HistoryStream>(*file);
  key_numbers_.assign(options.keys, kNoKey);
}

SeenToken Recorder::Parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  SeenToken token;
  const auto done =
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), token.position);
  if (done.ec != std::errc() || done.ptr != text.data() + text.size() || token.position < 0) {
    return {};
  }
  const std::string_view incarnation = text.substr(0, colon);
  const auto known = std::find(incarnations_.begin(), incarnations_.end(), incarnation);
  token.incarnation = static_cast<std::uint8_t>(known - incarnations_.begin() + 1);
  if (known != incarnations_.end()) return token;
  if (incarnations_.size() == kIncarnationsMax || !model::ParseIncarnation(incarnation)) return {};
  incarnations_.emplace_back(incarnation);
  if (stream_ != nullptr) static_cast<void>(stream_->DefineIncarnation(incarnation));
  return token;
}

void Recorder::Append(const SeenToken& token, std::string& out) const {
  out += incarnations_[token.incarnation - 1U];
  out += ':';
  out += std::to_string(token.position);
}

std::uint32_t Recorder::KeyNumber(std::uint32_t key) {
  std::uint32_t& number = key_numbers_[key];
  if (number == kNoKey) number = stream_->DefineKey(KeyName(options_, key));
  return number;
}

Operation Recorder::Begin(const Flight& flight, std::uint32_t client, std::size_t item,
                          std::int64_t end_ns) {
  const Plan& plan = flight.plan;
  Operation operation;
  operation.kind = KindOf(plan.call);
  operation.key = KeyNumber(plan.keys[item]);
  operation.client = client;
  operation.start_ns = flight.start_ns;
  operation.end_ns = std::max(flight.start_ns, end_ns);
  if (plan.call == Call::kStrong || plan.strong) operation.marks |= kStrongMark;
  if (IsBatch(plan.call)) operation.marks |= kBatchMark;
  operation.given_incarnation = flight.given.incarnation;
  operation.given_position = flight.given.position;
  if (operation.kind == Kind::kPut) operation.limit_ms = options_.ttl_ms;
  if (!operation.IsWrite()) operation.limit_ms = options_.max_staleness_ms;
  if (item < flight.digests.size()) operation.digest = flight.digests[item];
  return operation;
}

void Recorder::Answered(const Flight& flight, std::uint32_t client, const Answer& answer,
                        const SeenToken& received, std::int64_t end_ns) {
  if (stream_ == nullptr) return;
  const bool batch = IsBatch(flight.plan.call);
  std::optional<std::vector<BatchItem>> items;
  if (batch && answer.status == 200) {
    items = ParseBatchAnswer(answer.body, flight.plan.keys.size());
    if (!items) return Failed(flight, client, false, end_ns);
  }
  for (std::size_t i = 0; i < flight.plan.keys.size(); ++i) {
    Operation operation = Begin(flight, client, i, end_ns);
    BatchItem item{answer.status, answer.version, 0, answer.stale};
    if (items) {
      item = (*items)[i];
    } else if (operation.kind == Kind::kGet && answer.status == 200) {
      item.digest = DigestOf(answer.body);
    }
    operation.outcome = OutcomeOf(operation.kind, item.status);
    if (operation.outcome == Outcome::kOk) operation.version = item.version;
    if (!operation.IsWrite()) operation.digest = item.digest;
    if (item.stale) operation.marks |= kStaleMark;
    operation.received_incarnation = received.incarnation;
    operation.received_position = received.position;
    stream_->Add(operation);
  }
}

void Recorder::Failed(const Flight& flight, std::uint32_t client, bool certain,
                      std::int64_t end_ns) {
  if (stream_ == nullptr) return;
  for (std::size_t i = 0; i < flight.plan.keys.size(); ++i) {
    Operation operation = Begin(flight, client, i, end_ns);
    operation.outcome = certain ? Outcome::kFailed : Outcome::kUnknown;
    stream_->Add(operation);
  }
}

void Recorder::Flush() {
  if (stream_ != nullptr) stream_->Flush();
}

}  // namespace coolkit::bench
