#include "peer/call.h"

#include <utility>

#include "peer/request_codec.h"

namespace coolkit::peer {

void Call::End(Ending ending, std::string detail) {
  const ErrorCode code = CodeOf(ending);
  Count(code);
  Fail({code, std::move(detail), {}});
}

ErrorCode Call::CodeOf(Ending ending) const {
  switch (ending) {
    case Ending::kNotConnected:
    case Ending::kBrokenUnsent:
      return ErrorCode::kConnectionClosed;
    case Ending::kRefused:
      return ErrorCode::kOverloaded;
    case Ending::kTimeoutUnsent:
      // Of a write the caller has to know that it was not taken.
      return type() == MessageType::kWrite ? ErrorCode::kOverloaded : ErrorCode::kTimeout;
    case Ending::kBrokenSent:
    case Ending::kTimeoutSent:
      break;
  }
  return CodeOnceSent(ending);
}

ErrorCode Call::CodeOnceSent(Ending ending) const {
  return ending == Ending::kBrokenSent ? ErrorCode::kConnectionClosed : ErrorCode::kTimeout;
}

void Call::Count(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConnectionClosed:
      return metrics_.not_connected.Add();
    case ErrorCode::kTimeout:
      return metrics_.timed_out.Add();
    case ErrorCode::kOutcomeUnknown:
      return metrics_.outcome_unknown.Add();
    default:
      return metrics_.overloaded.Add();
  }
}

void Call::CountAnswer(BootTime now) {
  metrics_.answered.Add();
  metrics_.duration.ObserveSeconds(now - times.called_at);
}

ReadCall::ReadCall(Times times_in, ring::PeerReadRequest request, Done done, PeerMetrics& metrics)
    : Call(times_in, BytesOf(request), metrics.reads),
      request_(std::move(request)),
      done_(std::move(done)) {}

bool ReadCall::SharesWith(const ReadCall& other) const {
  return request_.kind == other.request_.kind && request_.epoch == other.request_.epoch &&
         request_.staleness_max == other.request_.staleness_max &&
         request_.outage_staleness_max == other.request_.outage_staleness_max;
}

std::string ReadCall::Encode(BootTime now) const {
  std::vector<const model::Key*> keys;
  keys.reserve(request_.keys.size());
  for (const model::Key& key : request_.keys) keys.push_back(&key);
  return EncodeRead(request_, keys, times.deadline, now);
}

bool ReadCall::Answer(std::string_view body, BootTime now) {
  Result<ring::PeerReadReply> reply = DecodeReadReply(body, request_.keys);
  if (!reply) return false;
  CountAnswer(now);
  done_(std::move(reply));
  return true;
}

WriteCall::WriteCall(Times times_in, ring::PeerWriteRequest request, Done done,
                     PeerMetrics& metrics)
    : Call(times_in, BytesOf(request), metrics.writes_forwarded),
      request_(std::move(request)),
      done_(std::move(done)) {}

std::string WriteCall::Encode(BootTime now) const { return EncodeWrite(request_, now); }

bool WriteCall::Answer(std::string_view body, BootTime now) {
  Result<ring::PeerWriteReply> reply = DecodeWriteReply(body, request_.ops.size());
  if (!reply) return false;
  CountAnswer(now);
  done_(std::move(reply));
  return true;
}

// R18: it was sent and no answer came; nobody retries.
ErrorCode WriteCall::CodeOnceSent(Ending /*ending*/) const { return ErrorCode::kOutcomeUnknown; }

PushCall::PushCall(Times times_in, ring::PeerPush push, Done done, PeerMetrics& metrics)
    : Call(times_in, BytesOf(push), metrics.pushes),
      push_(std::move(push)),
      done_(std::move(done)) {}

std::string PushCall::Encode(BootTime /*now*/) const { return EncodePush(push_); }

bool PushCall::Answer(std::string_view body, BootTime now) {
  Result<ring::PeerPushReply> reply = DecodePushReply(body);
  if (!reply) return false;
  CountAnswer(now);
  done_(std::move(reply));
  return true;
}

}  // namespace coolkit::peer
