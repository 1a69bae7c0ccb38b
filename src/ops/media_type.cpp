#include "ops/media_type.h"

#include <algorithm>
#include <optional>

namespace coolkit::ops {
namespace {

constexpr int kQualityMax = 1000;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts off what comes before the next separator that is not inside a quoted string.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size() && (quoted || rest[at] != separator); ++at) {
    if (rest[at] == '"') quoted = !quoted;
    if (quoted && rest[at] == '\\') ++at;
  }
  at = std::min(at, rest.size());
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return Trim(part);
}

std::string_view Unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

// `0`, `0.5`, `1.000` in thousandths; anything else is taken as 0, so that it is not preferred.
int ParseQuality(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return 0;
  int quality = (text[0] - '0') * kQualityMax;
  if (text.size() > 1 && text[1] != '.') return 0;
  int unit = kQualityMax / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    quality += (c - '0') * unit;
    unit /= 10;
  }
  return std::min(quality, kQualityMax);
}

struct Range {
  std::string_view type;
  std::string_view subtype;
  std::optional<std::string_view> version;
  int quality = kQualityMax;
};

Range ParseRange(std::string_view text) {
  Range range;
  const std::string_view name = TakeUntil(text, ';');
  const std::size_t slash = name.find('/');
  range.type = Trim(name.substr(0, slash));
  if (slash != std::string_view::npos) range.subtype = Trim(name.substr(slash + 1));
  while (!text.empty()) {
    const std::string_view parameter = TakeUntil(text, ';');
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = Trim(parameter.substr(0, equals));
    const std::string_view value = Unquoted(Trim(parameter.substr(equals + 1)));
    if (SameWord(key, "version")) range.version = value;
    if (SameWord(key, "q")) range.quality = ParseQuality(value);
  }
  return range;
}

// How exactly a range names an offer; 0: not at all.
int Exactness(const Range& range, const MediaType& offer) {
  if (range.type == "*" && range.subtype == "*") return 1;
  if (!SameWord(range.type, offer.type)) return 0;
  if (range.subtype == "*") return 2;
  if (!SameWord(range.subtype, offer.subtype)) return 0;
  if (!range.version) return 3;
  return *range.version == offer.version ? 4 : 0;
}

// What Accept says about one offer: by the most exact range that matches.
struct Wish {
  int exactness = 0;
  int quality = 0;
};

bool Better(const Wish& a, const Wish& b) {
  return a.quality != b.quality ? a.quality > b.quality : a.exactness > b.exactness;
}

Wish WishFor(std::string_view accept, const MediaType& offer) {
  Wish wish;
  while (!accept.empty()) {
    const Range range = ParseRange(TakeUntil(accept, ','));
    const int exactness = Exactness(range, offer);
    if (exactness == 0 || exactness < wish.exactness) continue;
    const bool same = exactness == wish.exactness;
    wish = {exactness, same ? std::max(wish.quality, range.quality) : range.quality};
  }
  return wish;
}

}  // namespace

std::size_t ChooseOffer(std::string_view accept, std::span<const MediaType> offers) {
  std::size_t best = 0;
  Wish best_wish = WishFor(accept, offers[0]);
  for (std::size_t i = 1; i < offers.size(); ++i) {
    const Wish wish = WishFor(accept, offers[i]);
    if (wish.quality > 0 && Better(wish, best_wish)) {
      best = i;
      best_wish = wish;
    }
  }
  return best;
}

}  // namespace coolkit::ops
