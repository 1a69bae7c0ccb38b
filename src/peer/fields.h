// Why: the records that several messages share are written and read in one way
// (docs/peer-protocol.md, "Records"). A read that makes no sense returns false, or leaves the
// reader not ok(). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "model/entry.h"
#include "model/incarnation.h"
#include "model/key.h"
#include "model/token.h"
#include "ring/member.h"

namespace coolkit::peer {

void WriteKey(ByteWriter& writer, const model::KeyRef& key);
// A valid collection and key only.
[[nodiscard]] bool ReadKey(ByteReader& reader, model::Key& key);

void WriteMemberId(ByteWriter& writer, const ring::MemberId& id);
[[nodiscard]] ring::MemberId ReadMemberId(ByteReader& reader);
void WriteMember(ByteWriter& writer, const ring::Member& member);
// Name and address are printable ASCII without spaces.
[[nodiscard]] bool ReadMember(ByteReader& reader, ring::Member& member);

void WriteIncarnation(ByteWriter& writer, const model::Incarnation& incarnation);
[[nodiscard]] model::Incarnation ReadIncarnation(ByteReader& reader);

void WritePosition(ByteWriter& writer, model::Position position);
[[nodiscard]] model::Position ReadPosition(ByteReader& reader);

void WriteToken(ByteWriter& writer, const std::optional<model::Token>& token);
[[nodiscard]] bool ReadToken(ByteReader& reader, std::optional<model::Token>& token);

// Some thousand years around 1970, so that sums with it don't overflow; others are not taken.
void WriteDbTime(ByteWriter& writer, DbTime time);
[[nodiscard]] bool ReadDbTime(ByteReader& reader, DbTime& time);

// A pod's own clock, echoed unchanged.
void WriteBootTime(ByteWriter& writer, BootTime time);
[[nodiscard]] BootTime ReadBootTime(ByteReader& reader);

// Not below zero.
void WriteDuration(ByteWriter& writer, nanoseconds duration);
[[nodiscard]] bool ReadDuration(ByteReader& reader, nanoseconds& duration);

// The time that is left until `deadline`, zero when it has passed. Read back it counts from `now`,
// for at most `most`.
void WriteTimeLeft(ByteWriter& writer, BootTime deadline, BootTime now);
[[nodiscard]] BootTime ReadDeadline(ByteReader& reader, BootTime now, nanoseconds most);

// Without its key.
void WriteEntry(ByteWriter& writer, const model::Entry& entry);
// Null: it makes no sense.
[[nodiscard]] model::EntryPtr ReadEntry(ByteReader& reader, const model::KeyRef& key);
// What WriteEntry will write, about.
[[nodiscard]] std::size_t EntryBytes(const model::Entry& entry);

// By name, so that releases with different lists understand each other; an unknown one is
// kInternal.
void WriteError(ByteWriter& writer, const Error& error);
[[nodiscard]] Error ReadError(ByteReader& reader);

}  // namespace coolkit::peer
