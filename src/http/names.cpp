#include "http/names.h"

#include <algorithm>
#include <array>

namespace coolkit::http {
namespace {

constexpr std::array<bool, 256> TokenTable() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c :
       {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<std::size_t>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kTokenTable = TokenTable();

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// `lower` holds lower-case letters and hyphens only and is as long as `name`, a token: setting
// bit 5 of a token's byte makes it equal to such a letter only if it is that letter.
bool Is(std::string_view name, std::string_view lower) {
  unsigned char difference = 0;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    difference |= static_cast<unsigned char>((name[i] | 0x20) ^ lower[i]);
  }
  return difference == 0;
}

Field Of16To24(std::string_view name) {
  switch (name.size()) {
    case 16:
      if (Is(name, "coolkit-position")) return Field::kCoolkitPosition;
      return Is(name, "content-encoding") ? Field::kContentEncoding : Field::kOther;
    case 17:
      if (Is(name, "transfer-encoding")) return Field::kTransferEncoding;
      return Is(name, "if-modified-since") ? Field::kIfModifiedSince : Field::kOther;
    case 19:
      return Is(name, "if-unmodified-since") ? Field::kIfUnmodifiedSince : Field::kOther;
    case 24:
      return Is(name, "coolkit-max-staleness-ms") ? Field::kCoolkitMaxStalenessMs : Field::kOther;
    default:
      return Field::kOther;
  }
}

}  // namespace

Method MethodFromText(std::string_view text) {
  switch (text.size()) {
    case 3:
      if (text == "GET") return Method::kGet;
      return text == "PUT" ? Method::kPut : Method::kOther;
    case 4:
      if (text == "HEAD") return Method::kHead;
      return text == "POST" ? Method::kPost : Method::kOther;
    case 5:
      if (text == "PATCH") return Method::kPatch;
      return text == "TRACE" ? Method::kTrace : Method::kOther;
    case 6:
      return text == "DELETE" ? Method::kDelete : Method::kOther;
    case 7:
      if (text == "OPTIONS") return Method::kOptions;
      return text == "CONNECT" ? Method::kConnect : Method::kOther;
    default:
      return Method::kOther;
  }
}

Field FieldFromName(std::string_view name) {
  switch (name.size()) {
    case 4:
      return Is(name, "host") ? Field::kHost : Field::kOther;
    case 6:
      if (Is(name, "accept")) return Field::kAccept;
      if (Is(name, "expect")) return Field::kExpect;
      return Is(name, "pragma") ? Field::kPragma : Field::kOther;
    case 7:
      return Is(name, "upgrade") ? Field::kUpgrade : Field::kOther;
    case 8:
      return Is(name, "if-match") ? Field::kIfMatch : Field::kOther;
    case 10:
      if (Is(name, "user-agent")) return Field::kUserAgent;
      if (Is(name, "connection")) return Field::kConnection;
      return Is(name, "tracestate") ? Field::kTracestate : Field::kOther;
    case 11:
      return Is(name, "traceparent") ? Field::kTraceparent : Field::kOther;
    case 12:
      if (Is(name, "content-type")) return Field::kContentType;
      return Is(name, "x-request-id") ? Field::kXRequestId : Field::kOther;
    case 13:
      if (Is(name, "if-none-match")) return Field::kIfNoneMatch;
      if (Is(name, "cache-control")) return Field::kCacheControl;
      return Is(name, "content-range") ? Field::kContentRange : Field::kOther;
    case 14:
      return Is(name, "content-length") ? Field::kContentLength : Field::kOther;
    default:
      return Of16To24(name);
  }
}

bool IsTokenChar(char c) { return kTokenTable[static_cast<unsigned char>(c)]; }

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view TrimBlanks(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view NextListMember(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view member = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  return TrimBlanks(member);
}

}  // namespace coolkit::http
