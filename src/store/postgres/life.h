// Why: statements name the incarnation that they are meant for (R12); all connections of a store
// learn it from what the database answers. Everything belongs to the store's loop.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/incarnation.h"

namespace coolkit::store {

class Lives {
 public:
  // The present one; all zero before the first answer.
  [[nodiscard]] const model::Incarnation& current() const { return current_; }

  // What an answer named. A newer one becomes the present one; an older one (an answer that was
  // late) does not.
  Result<model::Incarnation> Learn(std::string_view wire) {
    if (wire == wire_) return current_;
    const std::optional<model::Incarnation> seen = model::ParseIncarnation(wire);
    if (!seen) return Fail(ErrorCode::kStorageError, "the database named a wrong incarnation");
    if (seen->base > current_.base) {
      current_ = *seen;
      wire_ = wire;
    }
    return *seen;
  }

 private:
  model::Incarnation current_;
  std::string wire_;
};

}  // namespace coolkit::store
