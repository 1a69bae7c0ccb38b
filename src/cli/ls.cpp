#include "cli/commands.h"
#include "cli/service_url.h"

namespace coolkit::cli {
namespace {

// A page holds 8 MiB of values; written as JSON escapes they may be six times as long.
constexpr json::ParseLimits kPageLimits{.depth_max = 8, .bytes_max = std::size_t{64} << 20U};

// One line: control characters as JSON writes them.
std::string OneLine(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += "\\u00";
      line += kHex[byte >> 4U];
      line += kHex[byte & 15U];
    } else {
      line += c;
    }
  }
  return line;
}

std::string_view TextOf(const json::Value& object, std::string_view name) {
  const json::Value* member = object.Find(name);
  return member == nullptr ? std::string_view() : member->string();
}

void PrintItem(const Client& client, const json::Value& item) {
  if (client.json()) {
    client.PrintJson(item);
    return;
  }
  std::ostream& output = client.console().output;
  output << OneLine(TextOf(item, "key"));
  if (client.invocation().Switch("values")) {
    const json::Value* text = item.Find("text");
    output << '\t'
           << (text != nullptr ? OneLine(text->string()) : std::string(TextOf(item, "base64")));
  }
  output << '\n';
}

std::string PageTarget(const Invocation& invocation, const std::string& page_token) {
  std::string target = CollectionTarget(invocation.Argument("COLLECTION")) + "?page_size=1000";
  if (const auto prefix = invocation.Flag("prefix")) {
    target += "&prefix=" + PercentEncode(*prefix, false);
  }
  if (invocation.Switch("values")) target += "&values=true";
  if (!page_token.empty()) target += "&page_token=" + PercentEncode(page_token, false);
  return target;
}

}  // namespace

ExitCode RunLs(const Client& client) {
  std::string page_token;
  do {
    http::ClientRequest request;
    request.target = PageTarget(client.invocation(), page_token);
    const auto response = client.Send(std::move(request));
    if (!response) return client.Failed(response.error());
    if (response->status != 200) return client.Refused(*response);
    const auto page = json::Parse(response->body, kPageLimits);
    const json::Value* items = page ? page->Find("items") : nullptr;
    if (items == nullptr || items->kind() != json::Kind::kArray) {
      return client.Failed({ErrorCode::kMalformedRequest, "the answer is no list", {}});
    }
    for (const json::Value& item : items->items()) PrintItem(client, item);
    const std::string_view next = TextOf(*page, "next_page_token");
    if (!next.empty() && next == page_token) {
      return client.Failed({ErrorCode::kMalformedRequest, "the list does not go on", {}});
    }
    page_token = next;
  } while (!page_token.empty());
  return ExitCode::kDone;
}

}  // namespace coolkit::cli
