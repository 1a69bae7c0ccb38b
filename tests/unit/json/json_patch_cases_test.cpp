// One line per behaviour: document, patch, and the result or the error's name. The first ones are
// the examples of RFC 6902, appendix A.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "json/patch.h"

namespace coolkit::json {
namespace {

constexpr std::string_view kBad = "invalid_patch";
constexpr std::string_view kFailed = "patch_test_failed";

struct Case {
  std::string_view document;
  std::string_view patch;
  std::string_view result;
};

constexpr Case kRfcExamples[] = {
    {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
     R"({"foo":"bar","baz":"qux"})"},
    {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
     R"({"foo":["bar","qux","baz"]})"},
    {R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
    {R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
     R"({"foo":["bar","baz"]})"},
    {R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
     R"({"baz":"boo","foo":"bar"})"},
    {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
     R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
     R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
    {R"({"foo":["all","grass","cows","eat"]})",
     R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
     R"({"foo":["all","cows","eat","grass"]})"},
    {R"({"baz":"qux","foo":["a",2,"c"]})",
     R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
     R"({"baz":"qux","foo":["a",2,"c"]})"},
    {R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])", kFailed},
    {R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
     R"({"foo":"bar","child":{"grandchild":{}}})"},
    {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
     R"({"foo":"bar","baz":"qux"})"},
    {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])", kBad},
    {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})"},
    {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])", kFailed},
    {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
     R"({"foo":["bar",["abc","def"]]})"},
};

constexpr Case kAdd[] = {
    {R"({})", R"([{"op":"add","path":"/a","value":null}])", R"({"a":null})"},
    {R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])", R"({"a":2})"},
    {R"({"a":{"b":1}})", R"([{"op":"add","path":"/a","value":2}])", R"({"a":2})"},
    {R"({})", R"([{"op":"add","path":"/","value":1}])", R"({"":1})"},
    {R"({"":{}})", R"([{"op":"add","path":"//","value":1}])", R"({"":{"":1}})"},
    {R"({})", R"([{"op":"add","path":"/a~1b","value":1}])", R"({"a/b":1})"},
    {R"({})", R"([{"op":"add","path":"/a~0b","value":1}])", R"({"a~b":1})"},
    {R"({})", R"([{"op":"add","path":"/a\"\\\n","value":1}])", R"({"a\"\\\n":1})"},
    {R"({})", R"([{"op":"add","path":"/\u00fc","value":1}])", "{\"\u00fc\":1}"},
    {R"({})", R"([{"op":"add","path":"/0","value":1}])", R"({"0":1})"},
    {R"({})", R"([{"op":"add","path":"/-","value":1}])", R"({"-":1})"},
    {R"([])", R"([{"op":"add","path":"/0","value":1}])", R"([1])"},
    {R"([])", R"([{"op":"add","path":"/-","value":1}])", R"([1])"},
    {R"([])", R"([{"op":"add","path":"/1","value":1}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/2","value":3}])", R"([1,2,3])"},
    {R"([1,2])", R"([{"op":"add","path":"/3","value":3}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/0","value":0}])", R"([0,1,2])"},
    {R"([1,2])", R"([{"op":"add","path":"/00","value":0}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/01","value":0}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/-1","value":0}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/1e0","value":0}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/a","value":0}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/","value":0}])", kBad},
    {R"([1,2])", R"([{"op":"add","path":"/18446744073709551616","value":0}])", kBad},
    {R"([[1]])", R"([{"op":"add","path":"/0/-","value":2},{"op":"add","path":"/0/0","value":0}])",
     R"([[0,1,2]])"},
    {R"([1])", R"([{"op":"add","path":"/-/-","value":0}])", kBad},
    {R"("s")", R"([{"op":"add","path":"/a","value":0}])", kBad},
    {R"({"a":1})", R"([{"op":"add","path":"/a/b","value":0}])", kBad},
    {R"({"a":1})", R"([{"op":"add","path":"","value":[ 2 ]}])", R"([ 2 ])"},
    {R"(1)", R"([{"op":"add","path":"","value":{"a":1}},{"op":"add","path":"/b","value":2}])",
     R"({"a":1,"b":2})"},
    {R"({})",
     R"([{"op":"add","path":"/a","value":{}},{"op":"add","path":"/a/b","value":[]},)"
     R"({"op":"add","path":"/a/b/0","value":1e5}])",
     R"({"a":{"b":[1e5]}})"},
    {R"({})", R"([{"op":"add","path":"/n","value":12345678901234567890.10}])",
     R"({"n":12345678901234567890.10})"},
    {R"({})", R"([{"op":"add","path":"/n","value": "\u0041" }])", R"({"n":"\u0041"})"},
    {R"({})", R"([{"op":"add","path":"/a","value":true},{"op":"add","path":"/a","value":false}])",
     R"({"a":false})"},
};

constexpr Case kRemove[] = {
    {R"({"a":1})", R"([{"op":"remove","path":"/a"}])", R"({})"},
    {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", kBad},
    {R"({"a":1})", R"([{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}])", kBad},
    {R"({"a":null})", R"([{"op":"remove","path":"/a"}])", R"({})"},
    {R"({"a":{"b":1,"c":2}})", R"([{"op":"remove","path":"/a/b"}])", R"({"a":{"c":2}})"},
    {R"({"a":1})", R"([{"op":"remove","path":""}])", kBad},
    {R"({"a":1})", R"([{"op":"remove","path":"/a/b"}])", kBad},
    {R"([1,2,3])", R"([{"op":"remove","path":"/0"}])", R"([2,3])"},
    {R"([1,2,3])", R"([{"op":"remove","path":"/2"}])", R"([1,2])"},
    {R"([1,2,3])", R"([{"op":"remove","path":"/3"}])", kBad},
    {R"([1,2,3])", R"([{"op":"remove","path":"/-"}])", kBad},
    {R"([1,2,3])", R"([{"op":"remove","path":"/02"}])", kBad},
    {R"([1])", R"([{"op":"remove","path":"/0"},{"op":"remove","path":"/0"}])", kBad},
    {R"([1])", R"([{"op":"remove","path":"/0"},{"op":"add","path":"/0","value":2}])", R"([2])"},
    {R"([1,2,3])", R"([{"op":"remove","path":"/1"},{"op":"remove","path":"/1"}])", R"([1])"},
    {R"({"":1,"a":2})", R"([{"op":"remove","path":"/"}])", R"({"a":2})"},
    {R"({"\u0061":1})", R"([{"op":"remove","path":"/a"}])", R"({})"},
    {R"({"a":1,"b":2,"c":3})",
     R"([{"op":"remove","path":"/b"},{"op":"add","path":"/b","value":4}])",
     R"({"a":1,"c":3,"b":4})"},
};

constexpr Case kReplace[] = {
    {R"({"a":1,"b":2})", R"([{"op":"replace","path":"/a","value":[]}])", R"({"a":[],"b":2})"},
    {R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])", kBad},
    {R"([1,2])", R"([{"op":"replace","path":"/1","value":{"a":1}}])", R"([1,{"a":1}])"},
    {R"([1,2])", R"([{"op":"replace","path":"/2","value":1}])", kBad},
    {R"([1,2])", R"([{"op":"replace","path":"/-","value":1}])", kBad},
    {R"({"a":1})", R"([{"op":"replace","path":"","value":"x"}])", R"("x")"},
    {R"("x")", R"([{"op":"replace","path":"","value":{}},{"op":"replace","path":"","value":7}])",
     "7"},
    {R"({"a":{"b":{"c":1}}})",
     R"([{"op":"replace","path":"/a/b/c","value":2},{"op":"replace","path":"/a/b","value":3}])",
     R"({"a":{"b":3}})"},
    {R"({"a":{"b":1}})",
     R"([{"op":"replace","path":"/a","value":{"c":1}},)"
     R"({"op":"replace","path":"/a/c","value":{"d":1}}])",
     R"({"a":{"c":{"d":1}}})"},
    {R"({"a":null})", R"([{"op":"replace","path":"/a","value":1}])", R"({"a":1})"},
    {R"({"1":[0]})", R"([{"op":"replace","path":"/1/0","value":1}])", R"({"1":[1]})"},
};

constexpr Case kMove[] = {
    {R"({"a":1,"b":2})", R"([{"op":"move","from":"/a","path":"/c"}])", R"({"b":2,"c":1})"},
    {R"({"a":1,"b":2})", R"([{"op":"move","from":"/a","path":"/b"}])", R"({"b":1})"},
    {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
    {R"({"a":1})", R"([{"op":"move","from":"/b","path":"/b"}])", kBad},
    {R"({"a":1})", R"([{"op":"move","from":"/b","path":"/c"}])", kBad},
    {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", kBad},
    {R"({"a":{"b":{}}})", R"([{"op":"move","from":"/a","path":"/a/b/c"}])", kBad},
    {R"({"a":{},"ab":1})", R"([{"op":"move","from":"/a","path":"/ab"}])", R"({"ab":{}})"},
    {R"({"a":{"b":1}})", R"([{"op":"move","from":"","path":"/a"}])", kBad},
    {R"({"a":{"b":1}})", R"([{"op":"move","from":"","path":""}])", R"({"a":{"b":1}})"},
    {R"({"a":{"b":[1, 2]}})", R"([{"op":"move","from":"/a/b","path":""}])", R"([1, 2])"},
    {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a/b","path":"/a"}])", R"({"a":1})"},
    {R"([1,2,3,4])", R"([{"op":"move","from":"/0","path":"/3"}])", R"([2,3,4,1])"},
    {R"([1,2,3,4])", R"([{"op":"move","from":"/0","path":"/4"}])", kBad},
    {R"([1,2,3,4])", R"([{"op":"move","from":"/3","path":"/0"}])", R"([4,1,2,3])"},
    {R"([1,2,3,4])", R"([{"op":"move","from":"/0","path":"/-"}])", R"([2,3,4,1])"},
    {R"([[1],[2]])", R"([{"op":"move","from":"/0","path":"/0/0"}])", kBad},
    {R"([1,[2]])", R"([{"op":"move","from":"/0","path":"/0/0"}])", kBad},
    {R"({"a":[1,2],"b":[]})",
     R"([{"op":"move","from":"/a/0","path":"/b/-"},{"op":"move","from":"/a/0","path":"/b/-"}])",
     R"({"a":[],"b":[1,2]})"},
    {R"({"a":{"x":{"y":1}}})",
     R"([{"op":"replace","path":"/a/x/y","value":2},{"op":"move","from":"/a/x","path":"/z"}])",
     R"({"a":{},"z":{"y":2}})"},
};

constexpr Case kCopy[] = {
    {R"({"a":[1, 2]})", R"([{"op":"copy","from":"/a","path":"/b"}])", R"({"a":[1, 2],"b":[1, 2]})"},
    {R"({"a":1,"b":2})", R"([{"op":"copy","from":"/a","path":"/b"}])", R"({"a":1,"b":1})"},
    {R"({"a":1})", R"([{"op":"copy","from":"/b","path":"/a"}])", kBad},
    {R"({"a":1})", R"([{"op":"copy","from":"/a","path":"/b/c"}])", kBad},
    {R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/a/b"}])", R"({"a":{"b":{"b":1}}})"},
    {R"({"a":1})", R"([{"op":"copy","from":"","path":"/b"}])", R"({"a":1,"b":{"a":1}})"},
    {R"({"a":1})", R"([{"op":"copy","from":"/a","path":""}])", "1"},
    {R"({"a":null})", R"([{"op":"copy","from":"/a","path":"/b"}])", R"({"a":null,"b":null})"},
    {R"([1])", R"([{"op":"copy","from":"","path":"/-"}])", R"([1,[1]])"},
    {R"([1])", R"([{"op":"copy","from":"/0","path":"/0"}])", R"([1,1])"},
    {R"([1])", R"([{"op":"copy","from":"/-","path":"/0"}])", kBad},
    {R"({"a":{"b":1}})",
     R"([{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}])",
     R"({"a":{"b":1},"c":{"b":2}})"},
    {R"({"a":{"b":1}})",
     R"([{"op":"replace","path":"/a/b","value":2},{"op":"copy","from":"/a","path":"/c"}])",
     R"({"a":{"b":2},"c":{"b":2}})"},
};

constexpr Case kTest[] = {
    {R"({"a":{"x":1,"y":[2]}})", R"([{"op":"test","path":"/a","value":{"y":[2.0],"x":1e0}}])",
     R"({"a":{"x":1,"y":[2]}})"},
    {R"({"a":[1,2]})", R"([{"op":"test","path":"/a","value":[2,1]}])", kFailed},
    {R"({"a":1})", R"([{"op":"test","path":"/b","value":1}])", kFailed},
    {R"({"a":1})", R"([{"op":"test","path":"/b","value":null}])", kFailed},
    {R"({"a":1})", R"([{"op":"test","path":"/a/b","value":1}])", kFailed},
    {R"([1])", R"([{"op":"test","path":"/-","value":1}])", kFailed},
    {R"([1])", R"([{"op":"test","path":"/00","value":1}])", kFailed},
    {R"({"a":null})", R"([{"op":"test","path":"/a","value":null}])", R"({"a":null})"},
    {R"({"a":null})", R"([{"op":"test","path":"/a","value":false}])", kFailed},
    {R"({"a":"\u0061\/"})", R"([{"op":"test","path":"/a","value":"a/"}])", R"({"a":"\u0061\/"})"},
    {R"({"a":"a"})", R"([{"op":"test","path":"/a","value":"A"}])", kFailed},
    {R"({"a":{}})", R"([{"op":"test","path":"/a","value":[]}])", kFailed},
    {R"({"a":1})", R"([{"op":"test","path":"/a","value":"1"}])", kFailed},
    {R"({"a":0})", R"([{"op":"test","path":"/a","value":false}])", kFailed},
    {R"({"a":-0.0})", R"([{"op":"test","path":"/a","value":0}])", R"({"a":-0.0})"},
    {R"( {"a":1} )", R"([{"op":"test","path":"","value":{"a":1}}])", R"( {"a":1} )"},
    {R"({"":0,"a b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})",
     R"([{"op":"test","path":"/","value":0},{"op":"test","path":"/a b","value":1},)"
     R"({"op":"test","path":"/c%d","value":2},{"op":"test","path":"/e^f","value":3},)"
     R"({"op":"test","path":"/g|h","value":4},{"op":"test","path":"/i\\j","value":5},)"
     R"({"op":"test","path":"/k\"l","value":6},{"op":"test","path":"/ ","value":7},)"
     R"({"op":"test","path":"/m~0n","value":8},{"op":"replace","path":"","value":0}])",
     "0"},
    {R"({"a":1})",
     R"([{"op":"add","path":"/b","value":[1]},{"op":"add","path":"/b/-","value":2},)"
     R"({"op":"test","path":"/b","value":[1,2]},{"op":"remove","path":"/b"}])",
     R"({"a":1})"},
};

constexpr Case kMalformed[] = {
    {"{}", R"({})", kBad},
    {"{}", R"({"op":"add","path":"/a","value":1})", kBad},
    {"{}", R"(null)", kBad},
    {"{}", R"([1])", kBad},
    {"{}", R"([[]])", kBad},
    {"{}", R"([{}])", kBad},
    {"{}", R"([{"path":"/a","value":1}])", kBad},
    {"{}", R"([{"op":"add","value":1}])", kBad},
    {"{}", R"([{"op":"add","path":"/a"}])", kBad},
    {R"({"a":1})", R"([{"op":"replace","path":"/a"}])", kBad},
    {R"({"a":1})", R"([{"op":"test","path":"/a"}])", kBad},
    {R"({"a":1})", R"([{"op":"move","path":"/b"}])", kBad},
    {R"({"a":1})", R"([{"op":"copy","path":"/b"}])", kBad},
    {R"({"a":1})", R"([{"op":"copy","from":"a","path":"/b"}])", kBad},
    {R"({"a":1})", R"([{"op":"copy","from":null,"path":"/b"}])", kBad},
    {"{}", R"([{"op":"Add","path":"/a","value":1}])", kBad},
    {"{}", R"([{"op":"","path":"/a","value":1}])", kBad},
    {"{}", R"([{"op":null,"path":"/a","value":1}])", kBad},
    {"{}", R"([{"op":["add"],"path":"/a","value":1}])", kBad},
    {"{}", R"([{"op":"add","path":"a","value":1}])", kBad},
    {"{}", R"([{"op":"add","path":null,"value":1}])", kBad},
    {"{}", R"([{"op":"add","path":1,"value":1}])", kBad},
    {"{}", R"([{"op":"add","path":["a"],"value":1}])", kBad},
    {"{}", R"([{"op":"add","path":"/~","value":1}])", kBad},
    {"{}", R"([{"op":"add","path":"/~2","value":1}])", kBad},
    {"{}", R"([{"op":"add","path":"#/a","value":1}])", kBad},
    {"{}", R"([{"op":"add","path":"/a","value":1},{"op":"spam"}])", kBad},
    {"{}", R"([{"\u006fp":"\u0061dd","path":"\u002fa","value":1}])", R"({"a":1})"},
    {"{}", R"( [ { "value" : 1 , "path" : "/a" , "op" : "add" } ] )", R"({"a":1})"},
    {"{}", R"([{"op":"add","path":"/a","value":1,"from":5,"comment":"x"}])", R"({"a":1})"},
    {"[]", "[]", "[]"},
};

std::string Apply(const Case& c) {
  const auto result = ApplyJsonPatch(c.document, c.patch);
  return result ? *result : std::string(ErrorCodeName(result.error().code));
}

template <std::size_t N>
void Check(const Case (&cases)[N]) {
  for (const Case& c : cases) EXPECT_EQ(Apply(c), c.result) << c.document << " " << c.patch;
}

TEST(JsonPatchCases, TheExamplesOfRfc6902) { Check(kRfcExamples); }
TEST(JsonPatchCases, Add) { Check(kAdd); }
TEST(JsonPatchCases, Remove) { Check(kRemove); }
TEST(JsonPatchCases, Replace) { Check(kReplace); }
TEST(JsonPatchCases, Move) { Check(kMove); }
TEST(JsonPatchCases, Copy) { Check(kCopy); }
TEST(JsonPatchCases, Test) { Check(kTest); }
TEST(JsonPatchCases, Malformed) { Check(kMalformed); }

}  // namespace
}  // namespace coolkit::json
