// Why: requests that look odd and are good (RFC 9112), so that strictness goes no further than it
// should. Values of tests.
#pragma once

#include <string>
#include <vector>

#include "unit/http/wire_case.h"

namespace coolkit::http {

inline std::vector<GoodCase> GoodRequests() {
  const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n";
  const std::string chunked = "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  return {
      {"plain", get + "\r\n", {"GET /a "}},
      {"a CRLF before", "\r\n" + get + "\r\n", {"GET /a "}},
      {"a CRLF between", get + "\r\n\r\n" + get + "\r\n", {"GET /a ", "GET /a "}},
      {"no space after the colon", "GET / HTTP/1.1\r\nHost:x\r\n\r\n", {"GET / "}},
      {"blanks around a value", "GET / HTTP/1.1\r\nHost: \t x \t\r\n\r\n", {"GET / "}},
      {"empty value", get + "A:\r\nB: \r\nC:\t\r\n\r\n", {"GET /a "}},
      {"tab in a value", get + "A: b\tc\r\n\r\n", {"GET /a "}},
      {"high bytes in a value", get + "A: \xc3\xa4\xff\r\n\r\n", {"GET /a "}},
      {"all characters of a token", get + "!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n", {"GET /a "}},
      {"unknown method", "!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: x\r\n\r\n", {"!#$%&'*+-.^_`|~ / "}},
      {"method in lower case", "get / HTTP/1.1\r\nHost: x\r\n\r\n", {"get / "}},
      {"raw UTF-8 in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", {"GET /\xc3\xa4 "}},
      {"query and escapes",
       "GET /a%20b?c=%zz&d HTTP/1.1\r\nHost: x\r\n\r\n",
       {"GET /a%20b?c=%zz&d "}},
      {"double slash", "GET //a HTTP/1.1\r\nHost: x\r\n\r\n", {"GET //a "}},
      {"absolute form", "GET http://y:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", {"GET /a?b "}},
      {"absolute form in capitals", "GET HTTPS://Y/a HTTP/1.1\r\nHost: x\r\n\r\n", {"GET /a "}},
      {"absolute form without path", "GET http://y HTTP/1.1\r\nHost: x\r\n\r\n", {"GET / "}},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {"OPTIONS * "}},
      {"absolute asterisk", "OPTIONS http://y HTTP/1.1\r\nHost: x\r\n\r\n", {"OPTIONS * "}},
      {"CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", {"CONNECT x:443 "}},
      {"host with port", "GET / HTTP/1.1\r\nHost: x.example:65535\r\n\r\n", {"GET / "}},
      {"host with empty port", "GET / HTTP/1.1\r\nHost: x:\r\n\r\n", {"GET / "}},
      {"host with escape", "GET / HTTP/1.1\r\nHost: x%20y\r\n\r\n", {"GET / "}},
      {"address of version 6", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", {"GET / "}},
      {"1.0 without host", "GET / HTTP/1.0\r\n\r\n", {"GET / "}},
      {"1.0 ignores expectations", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", {"GET / "}},
      {"length", "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", {"PUT /a hello"}},
      {"length with zeros",
       "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 005\r\n\r\nhello",
       {"PUT /a hello"}},
      {"length of nothing",
       "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" + get + "\r\n",
       {"PUT /a ", "GET /a "}},
      {"body of GET",
       "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\r\n" + get + "\r\n",
       {"GET /a \r\n", "GET /a "}},
      {"body that looks like a request",
       "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(get.size() + 2) +
           "\r\n\r\n" + get + "\r\n" + get + "\r\n",
       {"PUT /a " + get + "\r\n", "GET /a "}},
      {"chunked", chunked + "5\r\nhello\r\n0\r\n\r\n" + get + "\r\n", {"PUT /a hello", "GET /a "}},
      {"coding in capitals",
       "PUT /a HTTP/1.1\r\nHost: x\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n2\r\nab\r\n0\r\n\r\n",
       {"PUT /a ab"}},
      {"chunks with zeros and capitals",
       chunked + "0000000000000002\r\nab\r\nA\r\n0123456789\r\n000\r\n\r\n",
       {"PUT /a ab0123456789"}},
      {"empty chunked body", chunked + "0\r\n\r\n" + get + "\r\n", {"PUT /a ", "GET /a "}},
      {"extensions", chunked + "2;a;b=c;d=\"e\\\"f\t;\"\r\nab\r\n0;z\r\n\r\n", {"PUT /a ab"}},
      {"extensions with blanks",
       chunked + "2 ; a = b\t;\tc = \"d\"\r\nab\r\n0\r\n\r\n",
       {"PUT /a ab"}},
      {"trailers",
       chunked + "2\r\nab\r\n0\r\nA: b\r\nX-Long-Trailer-Name-Without-End:\r\n\r\n" + get + "\r\n",
       {"PUT /a ab", "GET /a "}},
      {"chunk data that looks like chunks",
       chunked + "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n",
       {"PUT /a 0\r\n\r\n\r\n"}},
      {"many requests",
       get + "\r\n" + chunked + "1\r\nq\r\n0\r\n\r\n" + get + "\r\n" + chunked + "0\r\n\r\n",
       {"GET /a ", "PUT /a q", "GET /a ", "PUT /a "}},
  };
}

}  // namespace coolkit::http
