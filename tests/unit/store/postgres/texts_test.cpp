// What PostgreSQL says and what is said to it, as text and bytes.
#include <gtest/gtest.h>

#include "base/text.h"
#include "store/postgres/parameters.h"
#include "store/postgres/snapshot_text.h"
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
