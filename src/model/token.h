// Why: the session token that a client carries from answer to request (R10): "I have seen the
// database up to here". Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/incarnation.h"
#include "model/version.h"

namespace coolkit::model {

struct Token {
  Incarnation incarnation;
  Position position;
};

// The text of `Coolkit-Position`: `<incarnation>:<position>`.
[[nodiscard]] std::string FormatToken(const Token& token);
// Exactly what FormatToken writes; nothing otherwise (the API answers 400 then).
[[nodiscard]] std::optional<Token> ParseToken(std::string_view text);

}  // namespace coolkit::model
