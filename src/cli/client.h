// Why: get, put, del and ls say the same things in the same way: which server is asked, what -v
// shows, how a problem reads and which exit status follows. One command uses it from one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/command_line.h"
#include "cli/console.h"
#include "http/client.h"
#include "json/value.h"

namespace coolkit::cli {

class Client {
 public:
  // One question to the server; a HttpSession's Send, or a test's.
  using Exchange = std::function<Result<http::ClientResponse>(http::ClientRequest)>;

  // All outlive the client.
  Client(const Invocation& invocation, Console& console, Exchange exchange);

  [[nodiscard]] const Invocation& invocation() const { return invocation_; }
  [[nodiscard]] Console& console() const { return console_; }
  [[nodiscard]] bool json() const { return invocation_.Switch("json"); }

  // Adds a header from a flag. False, and said so, if the value can't be in a header.
  [[nodiscard]] bool AddHeader(http::ClientRequest& request, const std::string& name,
                               const std::string& value) const;
  // The same for If-Match and If-None-Match: a bare version gets its quotes.
  [[nodiscard]] bool AddCondition(http::ClientRequest& request, const std::string& name,
                                  const std::string& flag) const;

  // Sends; with -v shows both heads on standard error.
  [[nodiscard]] Result<http::ClientResponse> Send(http::ClientRequest request) const;

  // Say what went wrong and give the exit status.
  [[nodiscard]] ExitCode Refused(const http::ClientResponse& response) const;
  [[nodiscard]] ExitCode Failed(const Error& error) const;
  [[nodiscard]] ExitCode Misused(const std::string& detail) const;

  // One line of JSON on standard output.
  void PrintJson(const json::Value& value) const;

 private:
  const Invocation& invocation_;
  Console& console_;
  Exchange exchange_;
};

// The version in an ETag: its text without the quotes.
[[nodiscard]] std::string VersionOf(const http::ClientResponse& response);

// Sets "text" to the bytes if they are UTF-8, else "base64".
void AppendValue(std::vector<json::Member>& members, std::string_view bytes);

}  // namespace coolkit::cli
