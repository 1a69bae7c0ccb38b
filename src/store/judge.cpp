#include "store/judge.h"

#include <algorithm>

namespace coolkit::store {

bool Holds(const model::Condition& condition, const FoundRow& found) {
  using Kind = model::Condition::Kind;
  const auto named = [&] {
    return std::find(condition.versions.begin(), condition.versions.end(), found.version) !=
           condition.versions.end();
  };
  switch (condition.kind) {
    case Kind::kAlways:
      return true;
    case Kind::kAbsent:
      return !found.live;
    case Kind::kPresent:
      return found.live;
    case Kind::kIn:
      return found.live && named();
    case Kind::kNotIn:
      return !found.live || !named();
  }
  return false;
}

WriteOutcome::Kind Judge(const WriteOp& op, const FoundRow& found) {
  if (op.kind == WriteOp::Kind::kDelete && !found.live) return WriteOutcome::Kind::kNotFound;
  return Holds(op.condition, found) ? WriteOutcome::Kind::kWritten
                                    : WriteOutcome::Kind::kConditionFailed;
}

std::optional<DbTime> ExpiresAt(const Expiry& expiry, const FoundRow& found, DbTime now) {
  switch (expiry.kind) {
    case Expiry::Kind::kNone:
      return std::nullopt;
    case Expiry::Kind::kAfter:
      return now + expiry.after;
    case Expiry::Kind::kKeep:
      return found.live ? found.expires_at : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace coolkit::store
