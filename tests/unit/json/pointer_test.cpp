#include "json/pointer.h"

#include <gtest/gtest.h>

namespace coolkit::json {
namespace {

TEST(Pointer, TheExamplesOfRfc6901) {
  EXPECT_EQ(ParsePointer(""), Pointer());
  EXPECT_EQ(ParsePointer("/foo"), Pointer({"foo"}));
  EXPECT_EQ(ParsePointer("/foo/0"), Pointer({"foo", "0"}));
  EXPECT_EQ(ParsePointer("/"), Pointer({""}));
  EXPECT_EQ(ParsePointer("/a~1b"), Pointer({"a/b"}));
  EXPECT_EQ(ParsePointer("/c%d"), Pointer({"c%d"}));
  EXPECT_EQ(ParsePointer("/i\\j"), Pointer({"i\\j"}));
  EXPECT_EQ(ParsePointer("/ "), Pointer({" "}));
  EXPECT_EQ(ParsePointer("/m~0n"), Pointer({"m~n"}));
  EXPECT_EQ(ParsePointer("/~01"), Pointer({"~1"}));
  EXPECT_EQ(ParsePointer("//"), Pointer({"", ""}));
}

TEST(Pointer, RefusesWhatIsNone) {
  for (const char* text : {"a", " /a", "#/a", "/~", "/a~", "/~2", "/~/", "/a/~b"}) {
    EXPECT_FALSE(ParsePointer(text)) << text;
  }
}

TEST(ArrayIndex, HasOneSpelling) {
  EXPECT_EQ(ArrayIndex("0"), 0u);
  EXPECT_EQ(ArrayIndex("10"), 10u);
  for (const char* token :
       {"", "-", "00", "01", "-1", "+1", "1e0", " 1", "1 ", "0x1", "18446744073709551616"}) {
    EXPECT_FALSE(ArrayIndex(token)) << token;
  }
}

}  // namespace
}  // namespace coolkit::json
