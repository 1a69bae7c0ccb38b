// Why: requests whose head must be refused, one a row (RFC 9112). Values of tests.
#pragma once

#include <string>
#include <vector>

#include "unit/http/wire_case.h"

namespace coolkit::http {
namespace malformed_heads {

// `line` and a good Host.
inline WireCase Line(const char* name, const std::string& line, int status = 400) {
  return {name, line + "\r\nHost: x\r\n\r\n", status};
}
// A good request line and Host, then `fields`.
inline WireCase Fields(const char* name, const std::string& fields, int status = 400) {
  return {name, "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n\r\n", status};
}
// Only these fields.
inline WireCase Only(const char* name, const std::string& fields, int status = 400) {
  return {name, "GET / HTTP/1.1\r\n" + fields + "\r\n\r\n", status};
}

inline void AddRequestLines(std::vector<WireCase>& cases) {
  cases.insert(cases.end(), {
                                Line("empty method", " / HTTP/1.1"),
                                Line("method in brackets", "(GET) / HTTP/1.1"),
                                Line("method with colon", "GET: / HTTP/1.1"),
                                Line("method with comma", "GE,T / HTTP/1.1"),
                                Line("method with slash", "GE/T / HTTP/1.1"),
                                Line("method with quote", "\"GET\" / HTTP/1.1"),
                                Line("method with at", "G@T / HTTP/1.1"),
                                Line("method with brace", "G{T / HTTP/1.1"),
                                Line("method with backslash", "G\\T / HTTP/1.1"),
                                Line("method with NUL", Bytes("G\0T / HTTP/1.1")),
                                Line("method with DEL", "G\x7fT / HTTP/1.1"),
                                Line("method with high byte", "G\xc3\xa9T / HTTP/1.1"),
                                Line("method too long", std::string(40, 'M') + " / HTTP/1.1"),
                                Line("leading space", " GET / HTTP/1.1"),
                                Line("leading tab", "\tGET / HTTP/1.1"),
                                Line("two spaces before target", "GET  / HTTP/1.1"),
                                Line("two spaces after target", "GET /  HTTP/1.1"),
                                Line("tab before target", "GET\t/ HTTP/1.1"),
                                Line("tab after target", "GET /\tHTTP/1.1"),
                                Line("tab in target", "GET /a\tb HTTP/1.1"),
                                Line("trailing space", "GET / HTTP/1.1 "),
                                Line("trailing tab", "GET / HTTP/1.1\t"),
                                Line("space in target", "GET /a b HTTP/1.1"),
                                Line("two versions", "GET / HTTP/1.1 HTTP/1.1"),
                                Line("no target", "GET HTTP/1.1"),
                                Line("no target but its spaces", "GET  HTTP/1.1"),
                                Line("only a method", "GET"),
                                Line("NUL in target", Bytes("GET /a\0b HTTP/1.1")),
                                Line("control in target", "GET /a\x01 HTTP/1.1"),
                                Line("escape in target", "GET /a\x1b[0m HTTP/1.1"),
                                Line("DEL in target", "GET /a\x7f HTTP/1.1"),
                                Line("vertical tab in target", "GET /a\x0b HTTP/1.1"),
                                Line("fragment", "GET /a#b HTTP/1.1"),
                                Line("only a fragment", "GET # HTTP/1.1"),
                                Line("relative target", "GET a HTTP/1.1"),
                                Line("query without path", "GET ?a=b HTTP/1.1"),
                                Line("asterisk with GET", "GET * HTTP/1.1"),
                                Line("asterisk and more", "OPTIONS *a HTTP/1.1"),
                                Line("authority with GET", "GET x:80 HTTP/1.1"),
                                Line("path with CONNECT", "CONNECT /a HTTP/1.1"),
                                Line("CONNECT without port", "CONNECT x HTTP/1.1"),
                                Line("CONNECT with empty port", "CONNECT x: HTTP/1.1"),
                                Line("CONNECT with URI", "CONNECT http://x/ HTTP/1.1"),
                                Line("scheme of another protocol", "GET ftp://x/a HTTP/1.1"),
                                Line("scheme without authority", "GET http:/a HTTP/1.1"),
                                Line("empty authority", "GET http:///a HTTP/1.1"),
                                Line("user information", "GET http://u:p@x/a HTTP/1.1"),
                                Line("bad port in authority", "GET http://x:8a/a HTTP/1.1"),
                                Line("authority with query only", "GET http://x?a HTTP/1.1"),
                                Line("0.9", "GET /"),
                                Line("0.9 spelled out", "GET / HTTP/0.9", 505),
                                Line("version 2", "GET / HTTP/2.0", 505),
                                Line("version 1.2", "GET / HTTP/1.2", 505),
                                Line("preface of version 2", "PRI * HTTP/2.0", 505),
                                Line("version 3", "GET / HTTP/3.0", 505),
                                Line("version in lower case", "GET / http/1.1"),
                                Line("version in mixed case", "GET / Http/1.1"),
                                Line("version without minor", "GET / HTTP/1"),
                                Line("version without digits", "GET / HTTP/x.y"),
                                Line("version with two digits", "GET / HTTP/1.10"),
                                Line("version with leading zero", "GET / HTTP/01.1"),
                                Line("version with comma", "GET / HTTP/1,1"),
                                Line("version with sign", "GET / HTTP/+1.1"),
                                Line("version of something else", "GET / ICAP/1.0"),
                                Line("version with space", "GET / HTTP /1.1"),
                                Line("version without slash", "GET / HTTP1.1"),
                            });
}

inline void AddLineEndings(std::vector<WireCase>& cases) {
  cases.insert(cases.end(),
               {
                   {"bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
                   {"bare LF after a field", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
                   {"bare LF at the end", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
                   {"bare LF everywhere", "GET / HTTP/1.1\nHost: x\n\n", 400},
                   {"bare LF in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n", 400},
                   {"bare CR after the request line", "GET / HTTP/1.1\rHost: x\r\n\r\n", 400},
                   {"bare CR after a field", "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400},
                   {"bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
                   {"bare CR in a name", "GET / HTTP/1.1\r\nHost: x\r\nA\rB: c\r\n\r\n", 400},
                   {"bare CR in the target", "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                   {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: x\r\n\r\n", 400},
                   {"CR CR LF after a field", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n", 400},
                   {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                   {"LF first", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                   {"CR first", "\rGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
                   {"NUL first", Bytes("\0GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400},
                   {"TLS hello", Bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400},
               });
}

inline void AddFields(std::vector<WireCase>& cases) {
  cases.insert(cases.end(),
               {
                   Fields("folded value", "A: b\r\n c"),
                   Fields("value folded with a tab", "A: b\r\n\tc"),
                   Fields("value folded from the start", "A:\r\n b"),
                   Fields("value folded to nothing", "A: b\r\n "),
                   Fields("empty value folded to nothing", "A:\r\n "),
                   Fields("folded length", "Content-Length:\r\n 5"),
                   Only("folded host", "Host:\r\n x"),
                   Only("space before the first field", " Host: x"),
                   Only("tab before the first field", "\tHost: x"),
                   Fields("space before the colon", "A : b"),
                   Fields("tab before the colon", "A\t: b"),
                   Fields("space before the colon of length", "Content-Length : 5"),
                   Fields("space before the colon of coding", "Transfer-Encoding : chunked"),
                   Fields("space in name", "A B: c"),
                   Fields("empty name", ": b"),
                   Fields("only a colon", ":"),
                   Fields("no colon", "Abc"),
                   Fields("no colon, equals sign", "A=b"),
                   Fields("NUL in name", Bytes("A\0B: c")),
                   Fields("control in name", "A\x01: c"),
                   Fields("DEL in name", "A\x7f: c"),
                   Fields("high byte in name", "\xc3\xa4: c"),
                   Fields("bracket in name", "A(B): c"),
                   Fields("slash in name", "A/B: c"),
                   Fields("quote in name", "\"A\": c"),
                   Fields("at in name", "A@B: c"),
                   Fields("comma in name", "A,B: c"),
                   Fields("semicolon in name", "A;B: c"),
                   Fields("brace in name", "{A}: c"),
                   Fields("backslash in name", "A\\B: c"),
                   Fields("question mark in name", "A?: c"),
                   Fields("angle bracket in name", "<A>: c"),
                   Fields("NUL in value", Bytes("A: b\0c")),
                   Fields("NUL as value", Bytes("A: \0")),
                   Fields("control in value", "A: b\x08"),
                   Fields("escape in value", "A: \x1b[31m"),
                   Fields("DEL in value", "A: \x7f"),
                   Fields("vertical tab in value", "A: b\x0b"),
                   Fields("form feed in value", "A: b\x0c"),
                   Fields("unknown expectation", "Expect: 200-ok", 417),
                   Fields("two expectations in one", "Expect: 100-continue, x", 417),
                   Fields("a good and a bad expectation", "Expect: 100-continue\r\nExpect: x", 417),
                   Fields("empty expectation", "Expect:", 417),
                   Fields("malformed Connection", "Connection: close;x, \"y\""),
               });
}

inline void AddHosts(std::vector<WireCase>& cases) {
  cases.insert(
      cases.end(),
      {
          {"no fields at all", "GET / HTTP/1.1\r\n\r\n", 400},
          Only("no host", "A: b"),
          Only("empty host", "Host:"),
          Only("blank host", "Host: \t "),
          Only("two hosts", "Host: x\r\nHost: y"),
          Only("two equal hosts", "Host: x\r\nhost: x"),
          Only("host with space", "Host: x y"),
          Only("list of hosts", "Host: x, y z"),
          Only("host with path", "Host: x/y"),
          Only("host as URI", "Host: http://x"),
          Only("host with user", "Host: u@x"),
          Only("host with query", "Host: x?y"),
          Only("host with fragment", "Host: x#y"),
          Only("host with backslash", "Host: x\\y"),
          Only("host with quote", "Host: \"x\""),
          Only("host with high byte", "Host: \xc3\xa4"),
          Only("host with bad escape", "Host: x%2"),
          Only("host with bad port", "Host: x:80a"),
          Only("host with negative port", "Host: x:-1"),
          Only("host with large port", "Host: x:65536"),
          Only("host with long port", "Host: x:000080"),
          Only("host with two ports", "Host: x:80:80"),
          Only("host of a port only", "Host: :80"),
          Only("open bracket", "Host: [::1"),
          Only("empty brackets", "Host: []"),
          Only("brackets around a name", "Host: [x]"),
          Only("text after brackets", "Host: [::1]x"),
          Only("zone in brackets", "Host: [fe80::1%eth0]"),
          {"two hosts on 1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400},
          {"bad host on 1.0", "GET / HTTP/1.0\r\nHost: x y\r\n\r\n", 400},
          {"bad host beside a good authority", "GET http://x/ HTTP/1.1\r\nHost: x y\r\n\r\n", 400},
          {"authority without host", "GET http://x/ HTTP/1.1\r\n\r\n", 400},
      });
}

}  // namespace malformed_heads

inline std::vector<WireCase> MalformedHeads() {
  using namespace malformed_heads;  // NOLINT(google-build-using-namespace)
  std::vector<WireCase> cases;
  AddRequestLines(cases);
  AddLineEndings(cases);
  AddFields(cases);
  AddHosts(cases);
  return cases;
}

}  // namespace coolkit::http
