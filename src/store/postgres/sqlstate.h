// Why: what PostgreSQL says when it refuses decides whether a statement may be sent again, whether
// the connection is still good, and what the caller is told. One table. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace coolkit::store {

// What to do after a statement was refused and surely had no effect.
enum class Remedy : std::uint8_t {
  kNone,         // fail; sending it again would not help
  kRetry,        // deadlock, serialization: the whole batch again
  kLocked,       // a row is locked by somebody: find which
  kHalve,        // some row of the batch was refused: halve until it is alone
  kIncarnation,  // another incarnation: learn it, then again
  kReconnect,    // the wrong server, or one that is going down: again on another connection
};

struct Refusal {
  Remedy remedy = Remedy::kNone;
  ErrorCode code = ErrorCode::kStorageError;  // when nothing helps
  std::string_view reason = "other";          // of coolkit_database_connection_errors_total
  std::string_view words;                     // a sentence for people, without the server's texts
};

// `sqlstate` is the five characters of the error; empty: the connection failed without one.
[[nodiscard]] Refusal RefusalOf(std::string_view sqlstate);

// The last SQLSTATE in a message that libpq wrote with PQERRORS_VERBOSE; empty: none. Connecting
// gives no other way to learn it.
[[nodiscard]] std::string_view SqlstateInMessage(std::string_view message);

// A message of libpq as one line: of every host that was tried, without places in the server's
// source.
[[nodiscard]] std::string InOneLine(std::string_view message);

// Is a connection that failed for this reason worth waiting for when a process starts? Yes where
// time cures it (a server that starts or fails over, or is full), no where a setting is wrong.
[[nodiscard]] bool IsPassing(std::string_view reason);

// The reason of a connection that could not be made, from the message and its SQLSTATE.
[[nodiscard]] std::string_view ConnectReason(std::string_view message);

}  // namespace coolkit::store
