// What PostgreSQL says and what is said to it, as text and bytes.
#include <gtest/gtest.h>

#include "base/text.h"
#include "store/postgres/conninfo.h"
#include "store/postgres/parameters.h"
#include "store/postgres/snapshot_text.h"
#include "store/postgres/sqlstate.h"
#include "store/postgres/statements.h"

namespace coolkit::store {
namespace {

TEST(PgSnapshotTest, PositionIsXmaxWithoutThoseInProgress) {
  const auto plain = ParsePgSnapshot("736:736:");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->position().value, 736);
  const auto busy = ParsePgSnapshot("700:736:700,705,735");
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->xmin, 700u);
  EXPECT_EQ(busy->xip, (std::vector<std::uint64_t>{700, 705, 735}));
  EXPECT_EQ(busy->position().value, 733);
}

TEST(PgSnapshotTest, RefusesWhatPostgresDoesNotWrite) {
  for (const char* text :
       {"", "1", "1:", "1:2", "2:1:", "a:b:", "1:5:9", "1:5:0", "1:5:3,2", "1:5:3,", "1:5:3,,4",
        "1:5:,3", "-1:5:", "1:5:3 ", "1:9223372036854775808:"}) {
    EXPECT_FALSE(ParsePgSnapshot(text)) << text;
  }
}

TEST(PostgresUrlTest, ThePoolerIsOursTheRestIsLibpqs) {
  const auto plain = ParsePostgresUrl("postgres://u:p@h:1/db?sslmode=require&application_name=x");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->text, "postgres://u:p@h:1/db?sslmode=require&application_name=x");
  EXPECT_FALSE(plain->transaction_pooler);
  for (const char* url : {"postgres://h/db?pooler=transaction&sslmode=require",
                          "postgres://h/db?sslmode=require&pooler=transaction"}) {
    const auto pooled = ParsePostgresUrl(url);
    ASSERT_TRUE(pooled) << url;
    EXPECT_EQ(pooled->text, "postgres://h/db?sslmode=require");
    EXPECT_TRUE(pooled->transaction_pooler);
  }
  EXPECT_EQ(ParsePostgresUrl("postgres://h/db?pooler=transaction")->text, "postgres://h/db");
}

TEST(PostgresUrlTest, RefusalsDoNotShowTheUrl) {
  for (const char* url : {"postgres://u:secret@h/db?nonsense=1", "postgres://u:secret%zz@h/db",
                          "postgres://h/db?pooler=secret"}) {
    const auto parsed = ParsePostgresUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(parsed.error().detail.find("secret"), std::string::npos);
  }
}

TEST(SqlstateTest, EveryClassHasARemedy) {
  struct Case {
    const char* state;
    Remedy remedy;
    ErrorCode code;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"KV001", Remedy::kIncarnation, ErrorCode::kDatabaseUnavailable},
           {"KV002", Remedy::kNone, ErrorCode::kInternal},
           {"40P01", Remedy::kRetry, ErrorCode::kDatabaseUnavailable},
           {"40001", Remedy::kRetry, ErrorCode::kDatabaseUnavailable},
           {"55P03", Remedy::kLocked, ErrorCode::kDeadlineExceeded},
           {"57014", Remedy::kRetry, ErrorCode::kDatabaseUnavailable},
           {"57P01", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"25P03", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"25006", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"0A000", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"53300", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"53100", Remedy::kNone, ErrorCode::kStorageFull},
           {"53200", Remedy::kNone, ErrorCode::kOverloaded},
           {"22021", Remedy::kHalve, ErrorCode::kStorageError},
           {"23514", Remedy::kHalve, ErrorCode::kStorageError},
           {"42501", Remedy::kNone, ErrorCode::kStorageError},
           {"42P01", Remedy::kNone, ErrorCode::kStorageError},
           {"08006", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"", Remedy::kReconnect, ErrorCode::kDatabaseUnavailable},
           {"ZZ999", Remedy::kNone, ErrorCode::kStorageError},
       }) {
    const Refusal refusal = RefusalOf(c.state);
    EXPECT_EQ(refusal.remedy, c.remedy) << c.state;
    EXPECT_EQ(refusal.code, c.code) << c.state;
    EXPECT_FALSE(refusal.reason.empty()) << c.state;
    EXPECT_FALSE(refusal.words.empty()) << c.state;
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

TEST(ParametersTest, ArraysAreInTheBinaryFormat) {
  Parameters parameters;
  const std::vector<std::optional<std::string_view>> texts{"ab", std::nullopt};
  parameters.AddTextArray(texts);
  parameters.AddInt2Array({});
  parameters.AddInt8(-2);
  parameters.AddInt4(258);
  parameters.AddBool(true);
  parameters.AddXid8Array(std::vector<std::uint64_t>{7});
  const std::vector<std::string>& values = parameters.values();
  EXPECT_EQ(HexEncode(values[0]),
            "0000000100000001000000190000000200000001"
            "000000026162"
            "ffffffff");
  EXPECT_EQ(HexEncode(values[1]), "000000000000000000000015");
  EXPECT_EQ(HexEncode(values[2]), "fffffffffffffffe");
  EXPECT_EQ(HexEncode(values[3]), "00000102");
  EXPECT_EQ(HexEncode(values[4]), "01");
  EXPECT_EQ(HexEncode(values[5]),
            "0000000100000000000013cd0000000100000001"
            "00000008"
            "0000000000000007");
}

TEST(StatementsTest, TheTableIsInTheOrderOfItsIds) {
  for (std::size_t i = 0; i < kStatementCount; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(Statements()[i].id), i) << Statements()[i].name;
  }
}

}  // namespace
}  // namespace coolkit::store
