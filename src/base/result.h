// Why: errors are values. A Result<T> is a T or an Error and may not be ignored.
// Thread safety: as its T.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.h"

namespace coolkit {

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using Base = std::expected<T, Error>;
  using Base::Base;
};

// `return Fail(ErrorCode::kInvalidKey, "key is empty");`
[[nodiscard]] inline std::unexpected<Error> Fail(ErrorCode code, std::string detail) {
  return std::unexpected<Error>(Error{code, std::move(detail), {}});
}
[[nodiscard]] inline std::unexpected<Error> Fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace coolkit
