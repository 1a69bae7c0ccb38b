// Why: the escaped form of a string is needed by the writer and by the patches, neither of which
// wants the whole value model. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace coolkit::json {

// Appends `text`, which is valid UTF-8, as a JSON string with its quotes. Only what RFC 8259
// section 7 demands is escaped: quotation mark, reverse solidus and U+0000 to U+001F.
void AppendQuoted(std::string& out, std::string_view text);

// How many bytes AppendQuoted appends for `text`.
[[nodiscard]] std::size_t QuotedSize(std::string_view text);

}  // namespace coolkit::json
