// Why: lists and batches show a value in the same JSON members. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "json/writer.h"
#include "model/entry.h"

namespace coolkit::api {

// RFC 3339 in UTC with microseconds: 2024-05-06T07:08:09.123456Z.
[[nodiscard]] std::string FormatTimestamp(DbTime time);

// The version as a decimal string: it exceeds 2^53, beyond which many readers round.
void WriteVersion(json::Writer& writer, model::Version version);

// version, content_type, size, modified_at and, of a value that expires, ttl_ms.
void WriteEntryMembers(json::Writer& writer, const model::Entry& entry, std::uint64_t size,
                       std::optional<milliseconds> ttl);

// text if the value is valid UTF-8, else base64.
void WriteValue(json::Writer& writer, std::string_view value);

}  // namespace coolkit::api
