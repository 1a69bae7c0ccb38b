// Why: what a write asks for and what became of it are the same from the API through a peer to the
// store. Values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/condition.h"
#include "model/key.h"
#include "model/version.h"

namespace coolkit::model {

struct Expiry {
  enum class Kind : std::uint8_t { kNone, kAfter, kKeep };
  Kind kind = Kind::kNone;
  milliseconds after{0};  // from the moment of the write, by the database's clock; above 0
};

struct WriteOp {
  enum class Kind : std::uint8_t { kPut, kDelete };
  Kind kind = Kind::kPut;
  Key key;
  std::shared_ptr<const std::string> value;  // put only; never null there
  std::string content_type;                  // put only
  Expiry expiry;                             // put only; kKeep: as the live row found has it
  Condition condition;
};

struct WriteOutcome {
  enum class Kind : std::uint8_t {
    kWritten,
    kConditionFailed,  // 412
    kNotFound,         // a delete of an absent key, whatever its condition: 404
  };
  Kind kind = Kind::kWritten;
  Version version;       // kWritten only, like what follows
  bool created = false;  // no live row was there before
  DbTime modified_at{};
  std::optional<DbTime> expires_at;
};

}  // namespace coolkit::model
