#include "http/names.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace coolkit::http {
namespace {

const std::vector<std::pair<std::string, Field>> kFields{
    {"Host", Field::kHost},
    {"Connection", Field::kConnection},
    {"Content-Length", Field::kContentLength},
    {"Transfer-Encoding", Field::kTransferEncoding},
    {"Expect", Field::kExpect},
    {"Upgrade", Field::kUpgrade},
    {"Content-Type", Field::kContentType},
    {"Content-Encoding", Field::kContentEncoding},
    {"Content-Range", Field::kContentRange},
    {"Cache-Control", Field::kCacheControl},
    {"If-Match", Field::kIfMatch},
    {"If-None-Match", Field::kIfNoneMatch},
    {"If-Modified-Since", Field::kIfModifiedSince},
    {"If-Unmodified-Since", Field::kIfUnmodifiedSince},
    {"Accept", Field::kAccept},
    {"traceparent", Field::kTraceparent},
    {"tracestate", Field::kTracestate},
    {"User-Agent", Field::kUserAgent},
    {"Coolkit-Position", Field::kCoolkitPosition},
    {"Coolkit-Max-Staleness-Ms", Field::kCoolkitMaxStalenessMs},
    {"X-Request-Id", Field::kXRequestId},
    {"Pragma", Field::kPragma},
};

TEST(NamesTest, EveryFieldIsRecognisedInAnyCase) {
  EXPECT_EQ(kFields.size(), static_cast<std::size_t>(Field::kOther));
  for (const auto& [name, field] : kFields) {
    EXPECT_EQ(FieldFromName(name), field) << name;
    std::string other = name;
    for (char& c : other) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(FieldFromName(other), field) << other;
    for (char& c : other) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(FieldFromName(other), field) << other;
  }
}

TEST(NamesTest, AlmostAFieldIsNone) {
  for (const auto& [name, field] : kFields) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string other = name;
      other[i] = 'q';
      if (other == name) continue;
      EXPECT_EQ(FieldFromName(other), Field::kOther) << other;
    }
    EXPECT_EQ(FieldFromName(name + "s"), Field::kOther);
    EXPECT_EQ(FieldFromName(name.substr(1)), Field::kOther);
  }
  EXPECT_EQ(FieldFromName(""), Field::kOther);
}

TEST(NamesTest, MethodsAreCaseSensitive) {
  for (const auto& [text, method] :
       std::vector<std::pair<std::string, Method>>{{"GET", Method::kGet},
                                                   {"HEAD", Method::kHead},
                                                   {"PUT", Method::kPut},
                                                   {"POST", Method::kPost},
                                                   {"DELETE", Method::kDelete},
                                                   {"PATCH", Method::kPatch},
                                                   {"OPTIONS", Method::kOptions},
                                                   {"TRACE", Method::kTrace},
                                                   {"CONNECT", Method::kConnect}}) {
    EXPECT_EQ(MethodFromText(text), method);
    EXPECT_EQ(MethodName(method), text);
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(MethodFromText(lower), Method::kOther);
    EXPECT_EQ(MethodFromText(text + "S"), Method::kOther);
  }
  EXPECT_EQ(MethodFromText("PROPFIND"), Method::kOther);
}

TEST(NamesTest, TokensAreThoseOfTheStandard) {
  const std::string_view good =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  EXPECT_TRUE(IsToken(good));
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    EXPECT_EQ(IsTokenChar(byte), good.find(byte) != std::string_view::npos) << c;
  }
  EXPECT_FALSE(IsToken(""));
  EXPECT_FALSE(IsToken("a b"));
}

TEST(NamesTest, ComparesWithoutCase) {
  EXPECT_TRUE(EqualsIgnoreCase("Keep-Alive", "kEEP-aLIVE"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
}

TEST(NamesTest, SplitsLists) {
  std::string_view rest = " a , ,\tb=c";
  EXPECT_EQ(NextListMember(rest), "a");
  EXPECT_EQ(NextListMember(rest), "");
  EXPECT_EQ(NextListMember(rest), "b=c");
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(TrimBlanks(" \t a b \t"), "a b");
  EXPECT_EQ(TrimBlanks(" \t"), "");
}

}  // namespace
}  // namespace coolkit::http
