// Why: the next page of a listing begins after the last key of this one, on whichever pod, so the
// place travels with the client. A token is bound to its collection and prefix, so that one of
// another listing is an error instead of a page with holes. It is not a secret: it names a key that
// its bearer may list anyway, so a checksum does, and every pod of every release reads it. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::api {

// The token of the page that begins after `last_key`.
[[nodiscard]] std::string MakePageToken(std::string_view collection, std::string_view prefix,
                                        std::string_view last_key);

// The first key text (inclusive) of the page. Errors: kInvalidPageToken.
[[nodiscard]] Result<std::string> ReadPageToken(std::string_view token, std::string_view collection,
                                                std::string_view prefix);

// The smallest text (exclusive) above all texts that start with `prefix`, in byte order, as valid
// UTF-8: the prefix with its last code point raised. Empty: there is none.
[[nodiscard]] std::string PrefixEnd(std::string_view prefix);

}  // namespace coolkit::api
