// Why: requests whose framing of a body must be refused, one a row (RFC 9112). Values of tests.
#pragma once

#include <string>
#include <vector>

#include "unit/http/wire_case.h"

namespace coolkit::http {
namespace malformed_bodies {

inline WireCase Put(const char* name, const std::string& fields, int status = 400) {
  return {name, "PUT / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n\r\n", status};
}
inline WireCase Length(const char* name, const std::string& value, int status = 400) {
  return Put(name, "Content-Length:" + value, status);
}
// A chunked body.
inline WireCase Chunked(const char* name, const std::string& body, int status = 400) {
  return {name, "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body, status};
}

inline void AddLengths(std::vector<WireCase>& cases) {
  cases.insert(
      cases.end(),
      {
          Put("two lengths", "Content-Length: 5\r\nContent-Length: 6"),
          Put("two equal lengths", "Content-Length: 5\r\nContent-Length: 5"),
          Put("two lengths of nothing", "Content-Length: 0\r\nContent-Length: 0"),
          Put("length between two codings of a name", "content-length: 5\r\nCONTENT-LENGTH: 5"),
          Length("list of lengths", " 5, 5"),
          Length("list of lengths without blanks", "5,5"),
          Length("list that ends with a comma", " 5,"),
          Length("list that begins with a comma", " ,5"),
          Length("positive sign", " +5"),
          Length("negative sign", " -5"),
          Length("negative zero", " -0"),
          Length("empty length", ""),
          Length("blank length", "  "),
          Length("space inside", " 1 0"),
          Length("tab inside", " 1\t0"),
          Length("hexadecimal", " 0x5"),
          Length("hexadecimal digits", " a"),
          Length("fraction", " 5.0"),
          Length("exponent", " 1e1"),
          Length("underscore", " 1_0"),
          Length("quoted", " \"5\""),
          Length("parameter", " 5;a=b"),
          Length("text", " five"),
          Length("NUL after digits", Bytes(" 5\0")),
          Length("other digits", " \xd9\xa5"),
          Length("above 64 bits", " 18446744073709551616"),
          Length("above 64 bits, wraps to 5", " 18446744073709551621"),
          Length("20 digits", " 00000000000000000005"),
          Length("hundred digits", " " + std::string(100, '1')),
          Length("larger than allowed", " 9999999999999999999", 413),
          Length("one more than allowed", " 1048577", 413),
      });
}

inline void AddCodings(std::vector<WireCase>& cases) {
  cases.insert(
      cases.end(),
      {
          Put("length then chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked"),
          Put("chunked then length", "Transfer-Encoding: chunked\r\nContent-Length: 5"),
          Put("length of nothing and chunked", "Content-Length: 0\r\nTransfer-Encoding: chunked"),
          Put("length and another coding", "Content-Length: 5\r\nTransfer-Encoding: gzip"),
          Put("length and empty coding", "Content-Length: 5\r\nTransfer-Encoding:"),
          Put("chunked, gzip", "Transfer-Encoding: chunked, gzip"),
          Put("gzip alone", "Transfer-Encoding: gzip"),
          Put("gzip, chunked", "Transfer-Encoding: gzip, chunked", 501),
          Put("identity", "Transfer-Encoding: identity"),
          Put("identity, chunked", "Transfer-Encoding: identity, chunked", 501),
          Put("chunked twice", "Transfer-Encoding: chunked, chunked"),
          Put("chunked in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
          Put("gzip and chunked in two fields",
              "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
          Put("chunked and identity in two fields",
              "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
          Put("empty coding", "Transfer-Encoding:"),
          Put("comma as coding", "Transfer-Encoding: ,"),
          Put("chunked and a comma", "Transfer-Encoding: chunked,"),
          Put("comma and chunked", "Transfer-Encoding: ,chunked"),
          Put("chunked with parameter", "Transfer-Encoding: chunked;q=1"),
          Put("chunked in quotes", "Transfer-Encoding: \"chunked\""),
          Put("xchunked", "Transfer-Encoding: xchunked"),
          Put("chunke", "Transfer-Encoding: chunke"),
          Put("two words", "Transfer-Encoding: chunked x"),
          Put("vertical tab before chunked",
              "Transfer-Encoding: \x0b"
              "chunked"),
          Put("folded chunked", "Transfer-Encoding:\r\n chunked"),
          {"chunked on 1.0",
           "PUT / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
          {"chunked on 1.0 with keep-alive",
           "PUT / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: "
           "chunked\r\n\r\n0\r\n\r\n",
           400},
          {"another coding on 1.0", "PUT / HTTP/1.0\r\nTransfer-Encoding: x, chunked\r\n\r\n", 400},
          {"coding with GET", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n", 400},
      });
}

inline void AddSizes(std::vector<WireCase>& cases) {
  cases.insert(cases.end(),
               {
                   Chunked("empty size", "\r\nhello\r\n0\r\n\r\n"),
                   Chunked("positive size", "+5\r\nhello\r\n0\r\n\r\n"),
                   Chunked("negative size", "-5\r\nhello\r\n0\r\n\r\n"),
                   Chunked("size with prefix", "0x5\r\nhello\r\n0\r\n\r\n"),
                   Chunked("size with suffix", "5h\r\nhello\r\n0\r\n\r\n"),
                   Chunked("space before size", " 5\r\nhello\r\n0\r\n\r\n"),
                   Chunked("space after size", "5 \r\nhello\r\n0\r\n\r\n"),
                   Chunked("tab after size", "5\t\r\nhello\r\n0\r\n\r\n"),
                   Chunked("space in size", "1 0\r\nhello\r\n0\r\n\r\n"),
                   Chunked("NUL after size", Bytes("5\0\r\nhello\r\n0\r\n\r\n")),
                   Chunked("not hexadecimal", "g\r\nhello\r\n0\r\n\r\n"),
                   Chunked("fraction as size", "5.0\r\nhello\r\n0\r\n\r\n"),
                   Chunked("underscore in size", "1_0\r\nhello\r\n0\r\n\r\n"),
                   Chunked("comma after size", "5,5\r\nhello\r\n0\r\n\r\n"),
                   Chunked("size above 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
                   Chunked("17 digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"),
                   Chunked("largest size", "ffffffffffffffff\r\nhello", 413),
                   Chunked("size above the limit", "100001\r\nhello", 413),
                   Chunked("sum above the limit", "5\r\nhello\r\nfffff\r\n", 413),
                   Chunked("bare LF after size", "5\nhello\r\n0\r\n\r\n"),
                   Chunked("bare CR after size", "5\rhello\r\n0\r\n\r\n"),
                   Chunked("bare LF after data", "5\r\nhello\n0\r\n\r\n"),
                   Chunked("bare CR after data", "5\r\nhello\r0\r\n\r\n"),
                   Chunked("nothing after data", "5\r\nhello0\r\n\r\n"),
                   Chunked("too much data", "5\r\nhello!\r\n0\r\n\r\n"),
                   Chunked("too little data", "6\r\nhello\r\n0\r\n\r\n"),
                   Chunked("bare LF after last size", "0\n\r\n"),
                   Chunked("bare LF at the end", "0\r\n\n"),
                   Chunked("bare CR at the end", "0\r\n\r0"),
               });
}

inline void AddExtensions(std::vector<WireCase>& cases) {
  cases.insert(
      cases.end(),
      {
          Chunked("empty extension", "5;\r\nhello\r\n0\r\n\r\n"),
          Chunked("two semicolons", "5;;a\r\nhello\r\n0\r\n\r\n"),
          Chunked("extension without value", "5;a=\r\nhello\r\n0\r\n\r\n"),
          Chunked("extension without name", "5;=b\r\nhello\r\n0\r\n\r\n"),
          Chunked("name that is no token", "5;a@b\r\nhello\r\n0\r\n\r\n"),
          Chunked("value that is no token", "5;a=b@\r\nhello\r\n0\r\n\r\n"),
          Chunked("two values", "5;a=b=c\r\nhello\r\n0\r\n\r\n"),
          Chunked("space after name", "5;a \r\nhello\r\n0\r\n\r\n"),
          Chunked("space after value", "5;a=b \r\nhello\r\n0\r\n\r\n"),
          Chunked("two names", "5;a b\r\nhello\r\n0\r\n\r\n"),
          Chunked("open quote", "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
          Chunked("text after quote", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
          Chunked("control in quotes", "5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n"),
          Chunked("NUL in quotes", Bytes("5;a=\"\0\"\r\nhello\r\n0\r\n\r\n")),
          Chunked("escaped LF in quotes", "5;a=\"\\\n\"\r\nhello\r\n0\r\n\r\n"),
          Chunked("bare LF in extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
          Chunked("bare LF after extension", "5;a=b\nhello\r\n0\r\n\r\n"),
          Chunked("bare CR in extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
          Chunked("malformed extension of the last chunk", "0;=\r\n\r\n"),
          Chunked("long extension", "5;" + std::string(2000, 'a') + "\r\nhello\r\n0\r\n\r\n"),
          Chunked("long blanks", "5" + std::string(2000, ' ') + ";a\r\nhello\r\n0\r\n\r\n"),
      });
}

inline void AddTrailers(std::vector<WireCase>& cases) {
  std::string many;
  for (int i = 0; i < 40; ++i) many += "A: b\r\n";
  cases.insert(
      cases.end(),
      {
          Chunked("trailer without colon", "0\r\nabc\r\n\r\n"),
          Chunked("trailer without name", "0\r\n: b\r\n\r\n"),
          Chunked("space before colon of trailer", "0\r\nA : b\r\n\r\n"),
          Chunked("folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
          Chunked("space before trailer", "0\r\n A: b\r\n\r\n"),
          Chunked("trailer name that is no token", "0\r\nA(B): c\r\n\r\n"),
          Chunked("NUL in trailer", Bytes("0\r\nA: b\0\r\n\r\n")),
          Chunked("control in trailer", "0\r\nA: \x01\r\n\r\n"),
          Chunked("bare LF in trailer", "0\r\nA: b\n\r\n"),
          Chunked("bare CR in trailer", "0\r\nA: b\rc\r\n\r\n"),
          Chunked("length in trailer", "0\r\nContent-Length: 5\r\n\r\n"),
          Chunked("coding in trailer", "0\r\ntransfer-encoding: chunked\r\n\r\n"),
          Chunked("host in trailer", "0\r\nHost: y\r\n\r\n"),
          Chunked("request in trailer", "0\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"),
          Chunked("too many trailers", "0\r\n" + many + "\r\n", 431),
          Chunked("too long trailer", "0\r\nA: " + std::string(9000, 'b') + "\r\n\r\n", 431),
      });
}

}  // namespace malformed_bodies

inline std::vector<WireCase> MalformedBodies() {
  using namespace malformed_bodies;  // NOLINT(google-build-using-namespace)
  std::vector<WireCase> cases;
  AddLengths(cases);
  AddCodings(cases);
  AddSizes(cases);
  AddExtensions(cases);
  AddTrailers(cases);
  return cases;
}

}  // namespace coolkit::http
