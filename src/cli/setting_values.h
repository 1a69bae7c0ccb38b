// Why: the texts that settings may be, where a range or a list of words can't say it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace coolkit::cli {

[[nodiscard]] bool IsAnyText(std::string_view text);
// https://host[:port], without anything behind it.
[[nodiscard]] bool IsHttpsUrl(std::string_view text);

// `dns:NAME[:PORT]` or `host:port,host:port,…`; empty: none.
[[nodiscard]] bool IsPeers(std::string_view text);

// 1 to 253 letters, digits, '.', '_' and '-'.
[[nodiscard]] bool IsHostName(std::string_view text);

// `address:port`, both as numbers; empty: none.
[[nodiscard]] bool IsDnsServer(std::string_view text);

// 1 to 128 letters, digits, '.', '_', '-' and '/'.
[[nodiscard]] bool IsRingName(std::string_view text);

// 1 to 253 letters, digits, '.', '_' and '-': fits a token of RFC 9211. Empty: none given.
[[nodiscard]] bool IsPodName(std::string_view text);

// `text` with the characters that a pod name must not have replaced by '-', cut to its length.
[[nodiscard]] std::string ToPodName(std::string_view text);

}  // namespace coolkit::cli
