// Why: Prometheus, curl and people ask the same path for different formats; which one they get
// follows from Accept (RFC 9110 section 12.5.1) and must not be guessed by searching for words.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace coolkit::ops {

// A format that can be served.
struct MediaType {
  std::string_view type;     // "text"
  std::string_view subtype;  // "plain"
  std::string_view version;  // parameter; a range that names another one does not match
};

// The index of the offer that `accept` prefers: the highest quality, then the more exact range,
// then the earlier offer. The first when nothing is acceptable or there is no Accept: an answer in
// the wrong format helps more than a 406. `offers` is not empty.
[[nodiscard]] std::size_t ChooseOffer(std::string_view accept, std::span<const MediaType> offers);

}  // namespace coolkit::ops
