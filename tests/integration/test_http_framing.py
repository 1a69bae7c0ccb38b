"""What is no HTTP/1.1 is refused and the connection closed: no bytes are ever taken as a second
request. And what is HTTP is served: pipelines, HEAD, 100-continue and chunked bodies of curl."""

import os
import subprocess
import time

import pytest

import pod as pods
from wire import Wire

HEADER_TIMEOUT = 0.3
# Stands where a request would be smuggled; stored means that it was taken as one.
PRIZE = b"PUT /v1/kv/smuggled/prize HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def pod(tmp_path_factory):
    pod = pods.Pod(tmp_path_factory.mktemp("pod"), "--header-timeout",
                   f"{HEADER_TIMEOUT * 1000:.0f}ms").start()
    yield pod
    pod.close()


def get(*fields, target=b"/v1/kv/c/k", version=b"HTTP/1.1", method=b"GET", host=b"Host: x"):
    lines = [method + b" " + target + b" " + version] + ([host] if host else []) + list(fields)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def put(*fields, body=b""):
    return get(*fields, method=b"PUT") + body


CHUNKED = b"Transfer-Encoding: chunked"

MALFORMED = {
    # the request line
    "no version": b"GET /v1/kv/c/k\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0": get(version=b"HTTP/2.0"),
    "HTTP/1.2 with a letter": get(version=b"HTTP/1.x"),
    "http in lower case": get(version=b"http/1.1"),
    "HTTP/11": get(version=b"HTTP/11"),
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "start of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 30 + b"\r\n\r\n",
    "two spaces before the target": get(method=b"GET "),
    "tab before the target": b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "space in the target": get(target=b"/a b"),
    "NUL in the target": get(target=b"/a\0b"),
    "control character in the target": get(target=b"/a\x01b"),
    "fragment in the target": get(target=b"/v1/kv/c/k#f"),
    "target without a slash": get(target=b"v1/kv/c/k"),
    "target of another scheme": get(target=b"ftp://x/v1/kv/c/k"),
    "asterisk for GET": get(target=b"*"),
    "method with a separator": get(method=b"GE(T"),
    "no method": b" / HTTP/1.1\r\nHost: x\r\n\r\n",
    "CR in the request line": b"GET /v1/kv/c/k\r HTTP/1.1\r\nHost: x\r\n\r\n",
    # fields
    "no Host": get(host=None),
    "two Hosts": get(b"Host: y"),
    "bad Host": get(host=b"Host: a b"),
    "Host with a path": get(host=b"Host: x/y"),
    "space before the colon": get(b"A : b"),
    "space before the first field": b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "obs-fold": get(b"A: b\r\n c"),
    "obs-fold of Content-Length": put(b"Content-Length:\r\n 5", body=b"hello"),
    "no colon": get(b"Abc"),
    "empty name": get(b": b"),
    "NUL in a value": get(b"A: b\0c"),
    "CR in a value": get(b"A: b\rc"),
    "DEL in a value": get(b"A: b\x7fc"),
    "control character in a name": get(b"A\x01: b"),
    "non-ASCII name": get(b"\xc3\xa4: b"),
    "colon in brackets": get(b"A[b]: c"),
    # the length of the body
    "length and chunked": put(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "chunked and length": put(CHUNKED, b"Content-Length: 5", body=b"0\r\n\r\n"),
    "two lengths": put(b"Content-Length: 0", b"Content-Length: 5", body=b""),
    "the same length twice": put(b"Content-Length: 0", b"Content-Length: 0"),
    "a list of lengths": put(b"Content-Length: 0, 0"),
    "signed length": put(b"Content-Length: +0"),
    "negative length": put(b"Content-Length: -1"),
    "hexadecimal length": put(b"Content-Length: 0x0"),
    "length of blanks": put(b"Content-Length:  "),
    "length with a space inside": put(b"Content-Length: 0 0"),
    "length above 64 bits": put(b"Content-Length: 18446744073709551616"),
    "length in other digits": put("Content-Length: ٠".encode()),
    "chunked, gzip": put(b"Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"),
    "gzip, chunked": put(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked twice": put(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "two Transfer-Encodings": put(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "identity": put(b"Transfer-Encoding: identity"),
    "xchunked": put(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "quoted chunked": put(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "chunked with a vertical tab": put(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "empty Transfer-Encoding": put(b"Transfer-Encoding:"),
    "chunked in HTTP/1.0": get(CHUNKED, version=b"HTTP/1.0", method=b"PUT") + b"0\r\n\r\n",
    # chunks
    "no chunk size": put(CHUNKED, body=b"\r\n\r\n"),
    "chunk size in other letters": put(CHUNKED, body=b"g\r\n\r\n"),
    "signed chunk size": put(CHUNKED, body=b"-1\r\n\r\n"),
    "0x chunk size": put(CHUNKED, body=b"0x0\r\n\r\n"),
    "space before the chunk size": put(CHUNKED, body=b" 0\r\n\r\n"),
    "chunk size above 64 bits": put(CHUNKED, body=b"10000000000000000\r\n\r\n"),
    "chunk longer than its size": put(CHUNKED, body=b"1\r\nab\r\n0\r\n\r\n"),
    "chunk without its end": put(CHUNKED, body=b"1\r\na0\r\n\r\n"),
    "bare LF after a chunk size": put(CHUNKED, body=b"1\na\r\n0\r\n\r\n"),
    "bare LF after a chunk": put(CHUNKED, body=b"1\r\na\n0\r\n\r\n"),
    "bare CR in a chunk extension": put(CHUNKED, body=b"0;a\rb\r\n\r\n"),
    "LF in a chunk extension": put(CHUNKED, body=b"0;a\nb\r\n\r\n"),
    "malformed trailer": put(CHUNKED, body=b"0\r\nA b\r\n\r\n"),
    "trailer that frames": put(CHUNKED, body=b"0\r\nContent-Length: 5\r\n\r\n"),
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_refused_and_the_connection_closed(pod, sent):
    with Wire(pod.url) as wire:
        wire.send(sent + PRIZE)
        answer = wire.receive()
        assert 400 <= answer.status < 600, answer
        assert answer["Connection"] == "close"
        assert answer["Content-Type"] == "application/problem+json"
        assert wire.closed(), "there was a second answer"
    with Wire(pod.url) as wire:
        answer = wire.call("GET", "/v1/kv/smuggled/prize", {"Cache-Control": "no-cache"})
        assert answer.status == 404, "the rest was taken as a request"


@pytest.mark.parametrize("name", ["length and chunked", "chunk longer than its size", "obs-fold"])
def test_byte_by_byte_it_is_refused_too(pod, name):
    with Wire(pod.url) as wire:
        for i in range(len(MALFORMED[name])):
            try:
                wire.send(MALFORMED[name][i:i + 1])
            except (BrokenPipeError, ConnectionResetError):
                break
        assert 400 <= wire.receive().status < 600
        assert wire.closed()


@pytest.mark.parametrize("sent", [
    b"\r\n" + get(), get(b"A:b"), get(b"A:  b \t"), get(b"A:"), get(b"A: \xc3\xa4"),
    get(host=b"HOST: [::1]:80"), get(target=b"http://other/v1/kv/c/k"),
    get(target=b"/v1/kv/c/k?"), get(version=b"HTTP/1.0", host=None),
    get(b"Content-Length: 3") + b"abc", get(CHUNKED) + b"0\r\n\r\n",
    get(b"Transfer-Encoding: Chunked") + b"3;x=\"y\"\r\nabc\r\n000\r\nA: b\r\n\r\n"],
    ids=lambda sent: repr(sent)[:60])
def test_what_the_rfcs_allow_is_served(pod, sent):
    with Wire(pod.url) as wire:
        wire.send(sent)
        assert wire.receive().code == "not_found"


def test_http_1_0_is_closed_unless_it_asks_to_stay(pod):
    with Wire(pod.url) as wire:
        wire.send(get(version=b"HTTP/1.0"))
        answer = wire.receive()
        assert (answer.status, answer["Connection"]) == (404, "close")
        assert wire.closed()
    with Wire(pod.url) as wire:
        for _ in range(2):
            wire.send(get(b"Connection: keep-alive", version=b"HTTP/1.0"))
            answer = wire.receive()
            assert (answer.status, answer["Connection"]) == (404, "keep-alive")


def test_connection_close_is_obeyed(pod):
    with Wire(pod.url) as wire:
        wire.send(get(b"Connection: x, Close") + PRIZE)
        assert wire.receive()["Connection"] == "close"
        assert wire.closed()


def test_a_pipeline_is_answered_in_order(pod, collection):
    with Wire(pod.url) as wire:
        sent = b""
        for i in range(100):
            target = f"/v1/kv/{collection}/{i}".encode()
            sent += get(b"Content-Length: 3", method=b"PUT", target=target) + b"%03d" % i
            sent += get(b"Cache-Control: no-cache", target=target)
            sent += get(b"Cache-Control: no-cache", target=target, method=b"HEAD")
            sent += get(CHUNKED, method=b"PUT", target=target) + b"1\r\nx\r\n0\r\n\r\n"
        wire.send(sent)
        for i in range(100):
            assert wire.receive().status == 201
            assert wire.receive().body == b"%03d" % i
            head = wire.receive(bodiless=True)
            assert (head.status, head["Content-Length"]) == (200, "3")
            assert wire.receive().status == 204


def test_a_pipeline_ends_where_it_is_malformed(pod, collection):
    with Wire(pod.url) as wire:
        wire.send(get() + MALFORMED["two lengths"] + PRIZE)
        assert wire.receive().status == 404
        assert wire.receive().status == 400
        assert wire.closed()


@pytest.mark.parametrize("target", [b"/v1/kv/c/k", b"/v1/kv/c", b"/", b"/openapi.json", b"/x",
                                    b"/errors/not_found", b"/v1/kv/c:batchGet", b"/v1/kv/C/k"])
def test_head_has_no_body_whatever_the_status(pod, target):
    with Wire(pod.url) as wire:
        wire.send(get(method=b"HEAD", target=target) + get(target=target))
        head, got = wire.receive(bodiless=True), wire.receive()
        assert head.status == got.status
        assert head["Content-Type"] == got["Content-Type"]
        assert int(head["Content-Length"]) == len(got.body)


def test_a_client_that_stops_sending_is_still_answered(pod):
    with Wire(pod.url) as wire:
        wire.send(get())
        wire.finish_sending()
        assert wire.receive().status == 404
        assert wire.closed()


def test_a_body_that_ends_early_is_not_stored(pod, collection):
    with Wire(pod.url) as wire:
        wire.send(get(b"Content-Length: 10", method=b"PUT",
                      target=f"/v1/kv/{collection}/k".encode()) + b"12345")
        wire.finish_sending()
        answer = wire.receive()
        assert answer is None or answer.status == 400
    with Wire(pod.url) as wire:
        assert wire.call("GET", f"/v1/kv/{collection}/k").status == 404


def test_a_slow_head_is_408(pod):
    for part in (b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        begin = time.monotonic()
        with Wire(pod.url) as wire:
            wire.send(part)
            answer = wire.receive()
            assert (answer.status, answer.code) == (408, "request_timeout")
            assert answer["Connection"] == "close"
            assert wire.closed()
        assert time.monotonic() - begin >= HEADER_TIMEOUT


def test_drops_of_a_head_do_not_extend_its_time(pod):
    with Wire(pod.url) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        wire.socket.settimeout(0.02)
        end = time.monotonic() + 10
        while True:
            assert time.monotonic() < end, "each byte gave it more time"
            try:
                wire.send(b"A: b\r\n")
                answer = wire.receive()
                break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                answer = None
                break
    assert answer is None or answer.status == 408


# ---------------------------------------------------------------------------------- curl


def curl(*arguments, data=None):
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "20", *arguments],
                          input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_waits_for_100_continue(pod, collection, tmp_path):
    value = os.urandom(1 << 20)
    (tmp_path / "value").write_bytes(value)
    url = f"{pod.url}/v1/kv/{collection}/k"
    out = curl("-i", "-X", "PUT", "-H", "Expect: 100-continue", "--expect100-timeout", "15",
               "--data-binary", f"@{tmp_path / 'value'}", url)
    assert out.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n")
    assert curl(url) == value
    (tmp_path / "value").write_bytes(value + b"x")
    out = curl("-i", "-w", "%{size_upload}", "-X", "PUT", "-H", "Expect: 100-continue",
               "--expect100-timeout", "15", "--data-binary", f"@{tmp_path / 'value'}", url)
    assert out.startswith(b"HTTP/1.1 413 ")
    assert out.endswith(b"}\n0"), "curl sent the body although it was refused"


def test_curl_sends_chunks(pod, collection):
    url = f"{pod.url}/v1/kv/{collection}/k"
    for size in (0, 1, 65_536, 1 << 20):
        value = os.urandom(size)
        status = curl("-o", "/dev/null", "-w", "%{http_code}", "-T", "-", "-X", "PUT", url,
                      data=value)
        assert status in (b"201", b"204")
        assert curl("-H", "Cache-Control: no-cache", url) == value
    status = curl("-o", "/dev/null", "-w", "%{http_code}", "-T", "-", "-X", "PUT", url,
                  data=os.urandom((1 << 20) + 1))
    assert status == b"413"
