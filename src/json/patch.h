// Why: the two patch formats of the API, applied to the stored text so that untouched members keep
// every byte, the white space between members too (json/text_tree.h says how). Pure; any thread.
//
// A member that is added takes the white space of its neighbour. Where an object repeats a name,
// the last member of that name is meant: it is the one that is read, replaced or tested, earlier
// ones stay as they are; removing the name removes them all. The same holds inside a patch.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace coolkit::json {

struct PatchLimits {
  std::size_t bytes_max = 1u << 20;  // of the result; while operations are applied, twice that
  std::size_t depth_max = 64;  // arrays and objects inside each other: document, patch and result
  std::size_t operations_max = 1000;
  // How often a patch may, all in all, walk over as many bytes as the document (or bytes_max, if
  // that is more) has: a short patch can make long work by copying and entering large values.
  std::size_t work_factor = 16;
};

// RFC 7396. Both are JSON texts; the result is the new document's text. Errors: kNotJson (the
// document), kInvalidPatch (the patch), kPayloadTooLarge (a limit, see PatchLimits).
[[nodiscard]] Result<std::string> ApplyMergePatch(std::string_view document, std::string_view patch,
                                                  PatchLimits limits = {});

// RFC 6902, all six operations, all or nothing. Errors: kNotJson, kInvalidPatch (malformed; a place
// that does not exist; removing or moving the whole document away; a result that is too deep),
// kPatchTestFailed (a test of a place that does not exist too), kPayloadTooLarge (a limit, see
// PatchLimits).
[[nodiscard]] Result<std::string> ApplyJsonPatch(std::string_view document, std::string_view patch,
                                                 PatchLimits limits = {});

// The same with the default limits but for the result's size.
[[nodiscard]] inline Result<std::string> ApplyMergePatch(std::string_view document,
                                                         std::string_view patch,
                                                         std::size_t bytes_max) {
  return ApplyMergePatch(document, patch, PatchLimits{.bytes_max = bytes_max});
}
[[nodiscard]] inline Result<std::string> ApplyJsonPatch(std::string_view document,
                                                        std::string_view patch,
                                                        std::size_t bytes_max) {
  return ApplyJsonPatch(document, patch, PatchLimits{.bytes_max = bytes_max});
}

}  // namespace coolkit::json
