#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace coolkit {
namespace {

TEST(BytesTest, ComeBackAsTheyWere) {
  ByteWriter writer;
  writer.U8(0xAB);
  writer.U16(0x1234);
  writer.U32(0xDEADBEEF);
  writer.U64(0x0123456789ABCDEF);
  writer.I64(std::numeric_limits<std::int64_t>::min());
  writer.ShortText("short");
  writer.LongText(std::string(300, 'x'));
  writer.PatchU32(3, 7);
  const std::string bytes = std::move(writer).Take();
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 0xAB);
  EXPECT_EQ(reader.U16(), 0x1234);
  EXPECT_EQ(reader.U32(), 7u);
  EXPECT_EQ(reader.U64(), 0x0123456789ABCDEFu);
  EXPECT_EQ(reader.I64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.ShortText(), "short");
  EXPECT_EQ(reader.LongText(), std::string(300, 'x'));
  EXPECT_TRUE(reader.AtEnd());
}

TEST(BytesTest, AreLittleEndian) {
  ByteWriter writer;
  writer.U32(1);
  EXPECT_EQ(std::move(writer).Take(), std::string("\1\0\0\0", 4));
}

TEST(BytesTest, FailOnceAndStayFailed) {
  ByteReader reader(std::string_view("\5ab", 3));
  EXPECT_EQ(reader.ShortText(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.U8(), 0) << "what was left is not read after a failure";
  EXPECT_FALSE(reader.AtEnd());
}

TEST(BytesTest, AShortTextIsCutAt255) {
  ByteWriter writer;
  writer.ShortText(std::string(300, 'y'));
  EXPECT_EQ(std::move(writer).Take().size(), 256u);
}

}  // namespace
}  // namespace coolkit
