// Every class of PostgreSQL's errcodes.txt, and what nobody has seen yet, has an answer.
#include "store/postgres/sqlstate.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace coolkit::store {
namespace {

struct Case {
  const char* state;
  Remedy remedy;
  ErrorCode code;
};

constexpr ErrorCode kAway = ErrorCode::kDatabaseUnavailable;
constexpr ErrorCode kBroken = ErrorCode::kStorageError;
constexpr ErrorCode kUnknown = ErrorCode::kOutcomeUnknown;

// One state or more for each class of errcodes.txt, in its order.
constexpr Case kCases[] = {
    {"00000", Remedy::kNone, kBroken},
    {"01000", Remedy::kNone, kBroken},
    {"02000", Remedy::kNone, kBroken},
    {"03000", Remedy::kNone, kBroken},
    {"08000", Remedy::kReconnect, kAway},
    {"08006", Remedy::kReconnect, kAway},
    {"08007", Remedy::kNone, kUnknown},
    {"08P01", Remedy::kReconnect, kAway},
    {"09000", Remedy::kNone, kBroken},
    {"0A000", Remedy::kReconnect, kAway},
    {"0B000", Remedy::kReconnect, kAway},
    {"0F000", Remedy::kNone, kBroken},
    {"0L000", Remedy::kNone, kBroken},
    {"0P000", Remedy::kReconnect, kAway},
    {"0Z000", Remedy::kNone, kBroken},
    {"20000", Remedy::kNone, kBroken},
    {"21000", Remedy::kNone, kBroken},
    {"22001", Remedy::kHalve, kBroken},
    {"22021", Remedy::kHalve, kBroken},
    {"23502", Remedy::kHalve, kBroken},
    {"23514", Remedy::kHalve, kBroken},
    {"24000", Remedy::kNone, kBroken},
    {"25000", Remedy::kReconnect, kAway},
    {"25006", Remedy::kReconnect, kAway},
    {"25P02", Remedy::kReconnect, kAway},
    {"25P03", Remedy::kReconnect, kAway},
    {"26000", Remedy::kReconnect, kAway},
    {"27000", Remedy::kNone, kBroken},
    {"28000", Remedy::kReconnect, kAway},
    {"28P01", Remedy::kReconnect, kAway},
    {"2B000", Remedy::kNone, kBroken},
    {"2D000", Remedy::kReconnect, kAway},
    {"2F000", Remedy::kNone, kBroken},
    {"34000", Remedy::kNone, kBroken},
    {"38000", Remedy::kNone, kBroken},
    {"39000", Remedy::kNone, kBroken},
    {"3B000", Remedy::kNone, kBroken},
    {"3D000", Remedy::kReconnect, kAway},
    {"3F000", Remedy::kNone, kBroken},
    {"40000", Remedy::kRetry, kAway},
    {"40001", Remedy::kRetry, kAway},
    {"40003", Remedy::kNone, kUnknown},
    {"40P01", Remedy::kRetry, kAway},
    {"42501", Remedy::kNone, kBroken},
    {"42P01", Remedy::kNone, kBroken},
    {"42P05", Remedy::kReconnect, kAway},
    {"44000", Remedy::kNone, kBroken},
    {"53000", Remedy::kNone, ErrorCode::kOverloaded},
    {"53100", Remedy::kNone, ErrorCode::kStorageFull},
    {"53200", Remedy::kNone, ErrorCode::kOverloaded},
    {"53300", Remedy::kReconnect, kAway},
    {"53400", Remedy::kNone, ErrorCode::kOverloaded},
    {"54000", Remedy::kHalve, kBroken},
    {"55000", Remedy::kNone, kBroken},
    {"55006", Remedy::kRetry, kAway},
    {"55P03", Remedy::kLocked, ErrorCode::kDeadlineExceeded},
    {"57000", Remedy::kReconnect, kAway},
    {"57014", Remedy::kRetry, kAway},
    {"57P01", Remedy::kReconnect, kAway},
    {"57P02", Remedy::kReconnect, kAway},
    {"57P03", Remedy::kReconnect, kAway},
    {"57P05", Remedy::kReconnect, kAway},
    {"58000", Remedy::kReconnect, kBroken},
    {"58030", Remedy::kReconnect, kBroken},
    {"72000", Remedy::kNone, kBroken},
    {"F0000", Remedy::kReconnect, kAway},
    {"HV000", Remedy::kNone, kBroken},
    {"P0001", Remedy::kNone, kBroken},
    {"XX000", Remedy::kNone, kBroken},
    {"XX001", Remedy::kNone, kBroken},
    {"XX002", Remedy::kNone, kBroken},
    // Our own, unknown ones, and none at all: the connection failed.
    {"KV001", Remedy::kIncarnation, kAway},
    {"KV002", Remedy::kNone, ErrorCode::kInternal},
    {"ZZ999", Remedy::kNone, kBroken},
    {"4", Remedy::kNone, kBroken},
    {"", Remedy::kReconnect, kAway},
};

// The classes of PostgreSQL 15.
constexpr const char* kClasses[] = {
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "20", "21", "22",
    "23", "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F",
    "40", "42", "44", "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX",
};

TEST(SqlstateTest, EveryStateHasAnAnswer) {
  for (const Case& c : kCases) {
    const Refusal refusal = RefusalOf(c.state);
    EXPECT_EQ(refusal.remedy, c.remedy) << c.state;
    EXPECT_EQ(refusal.code, c.code) << c.state;
    EXPECT_FALSE(refusal.reason.empty()) << c.state;
    EXPECT_FALSE(refusal.words.empty()) << c.state;
  }
}

TEST(SqlstateTest, EveryClassIsInTheTable) {
  std::set<std::string> judged;
  for (const Case& c : kCases) judged.insert(std::string(c.state).substr(0, 2));
  for (const char* known : kClasses) EXPECT_TRUE(judged.contains(known)) << known;
}

// A state that nobody listed takes the answer of its class, and one of no known class is final:
// nothing is sent again that might have happened.
TEST(SqlstateTest, UnknownStatesAreDefined) {
  for (const char* known : kClasses) {
    const Refusal refusal = RefusalOf(std::string(known) + "ZZZ");
    EXPECT_FALSE(refusal.words.empty()) << known;
  }
  for (const char* unknown : {"99000", "ABCDE", "7", "lower", "!!!!!"}) {
    EXPECT_EQ(RefusalOf(unknown).remedy, Remedy::kNone) << unknown;
    EXPECT_EQ(RefusalOf(unknown).code, kBroken) << unknown;
    EXPECT_EQ(RefusalOf(unknown).reason, "other") << unknown;
  }
}

TEST(SqlstateTest, ReasonsOfConnecting) {
  EXPECT_EQ(ConnectReason("connection to server at \"h\", port 5432 failed: FATAL:  53300: sorry, "
                          "too many clients already\nLOCATION:  InitProcess, proc.c:353\n"),
            "limit");
  EXPECT_EQ(ConnectReason("failed: FATAL:  28P01: password authentication failed"),
            "authentication");
  EXPECT_EQ(ConnectReason("connection to server at \"127.0.0.1\" failed: Connection refused"),
            "refused");
  EXPECT_EQ(ConnectReason("could not translate host name \"x\" to address"), "dns");
  EXPECT_EQ(ConnectReason("SSL error: certificate verify failed"), "tls");
  EXPECT_EQ(SqlstateInMessage("no state: here, words: only"), "");
}

TEST(SqlstateTest, MessagesAreOneLine) {
  EXPECT_EQ(InOneLine("a: FATAL:  53300: sorry\nLOCATION:  f, p.c:3\n\tIs the server up?\n"),
            "a: FATAL:  53300: sorry; Is the server up?");
  EXPECT_EQ(InOneLine(""), "");
}

TEST(SqlstateTest, AStartWaitsForWhatTimeCures) {
  for (const char* reason : {"refused", "timeout", "dns", "limit", "closed", "standby"}) {
    EXPECT_TRUE(IsPassing(reason)) << reason;
  }
  for (const char* reason : {"authentication", "tls", "schema", "pooler", "other"}) {
    EXPECT_FALSE(IsPassing(reason)) << reason;
  }
}

}  // namespace
}  // namespace coolkit::store
