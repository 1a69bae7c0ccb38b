#include "store/postgres/sqlstate.h"

#include <algorithm>
#include <array>

namespace coolkit::store {
namespace {

struct Known {
  std::string_view prefix;  // a state or its class; the first that fits counts
  Refusal refusal;
};

constexpr ErrorCode kAway = ErrorCode::kDatabaseUnavailable;
constexpr ErrorCode kBroken = ErrorCode::kStorageError;

constexpr std::array<Known, 38> kKnown{{
    {"KV001", {Remedy::kIncarnation, kAway, "incarnation", "the database began a new life"}},
    {"KV002", {Remedy::kNone, ErrorCode::kInternal, "schema", "a batch had too many positions"}},
    {"40003",
     {Remedy::kNone, ErrorCode::kOutcomeUnknown, "other", "the database can't say what it did"}},
    {"40", {Remedy::kRetry, kAway, "conflict", "the database gave up the transaction"}},
    {"55P03",
     {Remedy::kLocked, ErrorCode::kDeadlineExceeded, "locked",
      "the row is locked by another transaction"}},
    {"55006", {Remedy::kRetry, kAway, "conflict", "an object of the database is in use"}},
    {"57014", {Remedy::kRetry, kAway, "timeout", "the database took too long for a statement"}},
    {"57", {Remedy::kReconnect, kAway, "closed", "the database is going down or starting"}},
    {"25006", {Remedy::kReconnect, kAway, "standby", "the database is read-only"}},
    {"25P03", {Remedy::kReconnect, kAway, "timeout", "the transaction was idle for too long"}},
    {"25", {Remedy::kReconnect, kAway, "other", "the transaction is in a wrong state"}},
    {"0A000",
     {Remedy::kReconnect, kAway, "standby",
      "the server is a standby, or the schema changed under the connection"}},
    {"26000",
     {Remedy::kReconnect, kAway, "pooler",
      "a prepared statement is gone; behind a transaction pooler say pooler=transaction"}},
    {"42P05",
     {Remedy::kReconnect, kAway, "pooler",
      "a prepared statement is there already; behind a transaction pooler say "
      "pooler=transaction"}},
    {"22", {Remedy::kHalve, kBroken, "schema", "the database refused the data of a row"}},
    {"23", {Remedy::kHalve, kBroken, "schema", "a row breaks a rule of the schema"}},
    {"53100", {Remedy::kNone, ErrorCode::kStorageFull, "full", "the disk of the database is full"}},
    {"53200", {Remedy::kNone, ErrorCode::kOverloaded, "memory", "the database is out of memory"}},
    {"53300", {Remedy::kReconnect, kAway, "limit", "the database has too many connections"}},
    {"53", {Remedy::kNone, ErrorCode::kOverloaded, "limit", "the database is out of resources"}},
    {"54", {Remedy::kHalve, kBroken, "schema", "a row passes a limit of the database"}},
    {"08007",
     {Remedy::kNone, ErrorCode::kOutcomeUnknown, "other", "the database can't say what it did"}},
    {"08", {Remedy::kReconnect, kAway, "closed", "the connection to the database failed"}},
    {"28", {Remedy::kReconnect, kAway, "authentication", "the database refused the login"}},
    {"3D000", {Remedy::kReconnect, kAway, "authentication", "the database does not exist"}},
    {"3F000", {Remedy::kNone, kBroken, "schema", "the schema of coolkit is missing"}},
    {"42501",
     {Remedy::kNone, kBroken, "privilege",
      "the user lacks a privilege; grant it a role by coolkit migrate roles"}},
    {"42", {Remedy::kNone, kBroken, "schema", "the schema does not fit this release"}},
    {"58", {Remedy::kReconnect, kBroken, "io", "the database met an I/O error"}},
    {"XX001", {Remedy::kNone, kBroken, "corrupt", "the data of the database are damaged"}},
    {"XX002", {Remedy::kNone, kBroken, "corrupt", "an index of the database is damaged"}},
    {"XX", {Remedy::kNone, kBroken, "other", "the database met an internal error"}},
    {"F0", {Remedy::kReconnect, kAway, "other", "the configuration of the database is wrong"}},
    {"P0", {Remedy::kNone, kBroken, "schema", "a function of the schema failed"}},
    {"0P000",
     {Remedy::kReconnect, kAway, "authentication", "the role of the session does not exist"}},
    {"0B", {Remedy::kReconnect, kAway, "other", "a transaction could not begin"}},
    {"2D", {Remedy::kReconnect, kAway, "other", "a transaction could not end"}},
    {"", {Remedy::kReconnect, kAway, "closed", "the connection to the database was lost"}},
}};

bool IsState(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Refusal RefusalOf(std::string_view sqlstate) {
  if (sqlstate.empty()) return kKnown.back().refusal;
  for (const Known& known : kKnown) {
    if (!known.prefix.empty() && sqlstate.starts_with(known.prefix)) return known.refusal;
  }
  return {Remedy::kNone, kBroken, "other", "the database refused a statement"};
}

std::string_view SqlstateInMessage(std::string_view message) {
  std::string_view found;
  for (std::size_t at = message.find(": "); at != std::string_view::npos;
       at = message.find(": ", at + 1)) {
    std::string_view word = message.substr(at + 2);
    while (word.starts_with(' ')) word.remove_prefix(1);
    if (word.size() > 5 && word[5] == ':' && IsState(word.substr(0, 5))) found = word.substr(0, 5);
  }
  return found;
}

std::string InOneLine(std::string_view message) {
  std::string text;
  while (!message.empty()) {
    const std::size_t end = message.find('\n');
    std::string_view line = message.substr(0, end);
    message = end == std::string_view::npos ? std::string_view() : message.substr(end + 1);
    while (line.starts_with('\t') || line.starts_with(' ')) line.remove_prefix(1);
    if (line.empty() || line.starts_with("LOCATION:")) continue;
    if (!text.empty()) text += "; ";
    text += line;
  }
  return text;
}

bool IsPassing(std::string_view reason) {
  constexpr std::array<std::string_view, 9> kPassing{
      "refused", "timeout", "dns", "limit", "closed", "standby", "token", "quota", "api"};
  return std::find(kPassing.begin(), kPassing.end(), reason) != kPassing.end();
}

std::string_view ConnectReason(std::string_view message) {
  if (Contains(message, "IAM") && Contains(message, "authentication failed")) return "iam_denied";
  if (const std::string_view state = SqlstateInMessage(message); !state.empty()) {
    return RefusalOf(state).reason;
  }
  if (Contains(message, "could not translate host name")) return "dns";
  if (Contains(message, "SSL") || Contains(message, "certificate")) return "tls";
  if (Contains(message, "timeout")) return "timeout";
  if (Contains(message, "password") || Contains(message, "SCRAM")) return "authentication";
  if (Contains(message, "session is read-only") || Contains(message, "hot standby")) {
    return "standby";
  }
  if (Contains(message, "refused") || Contains(message, "No such file")) return "refused";
  return "closed";
}

}  // namespace coolkit::store
