// Why: a test of RFC 6902 compares numbers by value; through a double, 2^53 and 2^53 + 1 would be
// equal. Pure; any thread.
#pragma once

#include <string_view>

namespace coolkit::json {

// Whether two valid JSON number tokens, whose exponents fit 63 bits (Parse sees to less), stand for
// the same number: 1, 1.0 and 10e-1 do, 0 and -0 too. Exact; linear in the tokens' length whatever
// the exponents are.
[[nodiscard]] bool EqualNumbers(std::string_view a, std::string_view b);

}  // namespace coolkit::json
