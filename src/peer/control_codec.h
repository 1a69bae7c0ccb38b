// Why: what peers tell each other beside requests, as bytes and back. Bytes behind what is known
// belong to a newer release and are skipped.
//
// Decoding errors are kMalformedRequest. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "feed/frame.h"
#include "peer/control.h"
#include "peer/protocol.h"
#include "ring/membership.h"
#include "ring/view.h"

namespace coolkit::peer {

[[nodiscard]] std::string EncodeHeartbeat(const ring::Heartbeat& heartbeat);
[[nodiscard]] Result<ring::Heartbeat> DecodeHeartbeat(std::string_view body);

[[nodiscard]] std::string EncodeViewRequest(ring::Epoch have);
[[nodiscard]] Result<ring::Epoch> DecodeViewRequest(std::string_view body);
// `view` as ring::EncodeView wrote it.
[[nodiscard]] std::string EncodeViewMessage(std::string_view view);
[[nodiscard]] Result<ring::View> DecodeViewMessage(std::string_view body);

// Ping and Subscribe.
[[nodiscard]] std::string EncodePing(BootTime ping);
[[nodiscard]] Result<BootTime> DecodePing(std::string_view body);

// The part of a feed frame that is the same for all receivers. Beyond kFeedFrameBytesMax it names
// the collections of its keys, or everything (both cover more, so nothing is lost).
[[nodiscard]] std::string EncodeFrame(const feed::Frame& frame);
// The part before it: the receiver's echo.
[[nodiscard]] std::string EncodeEcho(BootTime echo);
[[nodiscard]] Result<feed::Frame> DecodeFrame(std::string_view body);

// Resend and ResendRefused.
struct ResendFrom {
  model::Incarnation incarnation;
  model::Position applied;
};
[[nodiscard]] std::string EncodeResend(const ResendFrom& from);
[[nodiscard]] Result<ResendFrom> DecodeResend(std::string_view body);

struct RefusedRequest {
  RefusedCode code = RefusedCode::kOverloaded;
  std::string detail;
};
[[nodiscard]] std::string EncodeRefused(const RefusedRequest& refused);
// An unknown code is kUnsupported.
[[nodiscard]] Result<RefusedRequest> DecodeRefused(std::string_view body);

}  // namespace coolkit::peer
