// Why: requests and answers between pods as bytes, and back; whatever comes from a peer is judged
// here, so that what passes is what ring/peer_messages.h says. Bytes behind what is known belong
// to a newer release and are skipped.
//
// Decoding errors are kMalformedRequest. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ring/peer_messages.h"

namespace coolkit::peer {

// `request` without its keys and its deadline: `keys`, at most kMaxBatchItems, and `deadline` stand
// for them.
[[nodiscard]] std::string EncodeRead(const ring::PeerReadRequest& request,
                                     std::span<const model::Key* const> keys, BootTime deadline,
                                     BootTime now);
[[nodiscard]] std::string EncodeRead(const ring::PeerReadRequest& request, BootTime now);
// The deadline counts from `now`, which was read before the bytes were looked at; at most
// `time_max` from there.
[[nodiscard]] Result<ring::PeerReadRequest> DecodeRead(std::string_view body, BootTime now,
                                                       nanoseconds time_max);

// Items for which there is no room in a message become kFailed with kPayloadTooLarge.
[[nodiscard]] std::string EncodeReadReply(const ring::PeerReadReply& reply);
// `keys` are those that were asked for.
[[nodiscard]] Result<ring::PeerReadReply> DecodeReadReply(std::string_view body,
                                                          std::span<const model::Key> keys);

// A put's value is not null.
[[nodiscard]] std::string EncodeWrite(const ring::PeerWriteRequest& request, BootTime now);
[[nodiscard]] Result<ring::PeerWriteRequest> DecodeWrite(std::string_view body, BootTime now,
                                                         nanoseconds time_max);
[[nodiscard]] std::string EncodeWriteReply(const ring::PeerWriteReply& reply);
// For a request of `ops` operations.
[[nodiscard]] Result<ring::PeerWriteReply> DecodeWriteReply(std::string_view body, std::size_t ops);

[[nodiscard]] std::string EncodePush(const ring::PeerPush& push);
[[nodiscard]] Result<ring::PeerPush> DecodePush(std::string_view body);
[[nodiscard]] std::string EncodePushReply(const ring::PeerPushReply& reply);
[[nodiscard]] Result<ring::PeerPushReply> DecodePushReply(std::string_view body);

// How long the bodies will be, about, for limits; never less than the sum of texts and values.
[[nodiscard]] std::size_t BytesOf(const ring::PeerReadRequest& request);
[[nodiscard]] std::size_t BytesOf(const ring::PeerReadReply& reply);
[[nodiscard]] std::size_t BytesOf(const ring::PeerWriteRequest& request);
[[nodiscard]] std::size_t BytesOf(const ring::PeerPush& push);

}  // namespace coolkit::peer
