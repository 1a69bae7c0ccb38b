// Why: the two patch formats of the API, applied to the stored bytes so that untouched members
// keep theirs. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::json {

// RFC 7396. `document` and `patch` are JSON texts; the result is the new document's text. Members
// that the patch does not touch keep every byte, white space between members too.
// Errors: kNotJson (the document), kInvalidPatch (the patch).
[[nodiscard]] Result<std::string> ApplyMergePatch(std::string_view document,
                                                  std::string_view patch);

// RFC 6902, all six operations, all or nothing. Errors: kNotJson, kInvalidPatch (malformed, or a
// path that does not exist), kPatchTestFailed, kPayloadTooLarge (the result passes `bytes_max`, as
// repeated copies can).
[[nodiscard]] Result<std::string> ApplyJsonPatch(std::string_view document, std::string_view patch,
                                                 std::size_t bytes_max);

}  // namespace coolkit::json
