"""Each promise about the API on port 8080, in the order of the design, over a plain socket."""

import base64
import json
import re
import threading
import time
import urllib.parse

import pytest

import pod as pods
from wire import Wire

POSITION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.[0-9a-f]{32}\.\d+:\d+")
HTTP_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} "
                       r"\d\d:\d\d:\d\d GMT")
MAX_VALUE = 1 << 20
POD_NAME = "pod-a"


@pytest.fixture(scope="module")
def pod(module_database, tmp_path_factory):
    """One pod for the whole file and each database: each test has a collection of its own."""
    pod = pods.Pod(tmp_path_factory.mktemp("pod"), "--pod-name", POD_NAME,
                   database_url=module_database.url).start()
    yield pod
    pod.close()


@pytest.fixture
def wire(pod):
    """Reads what it wrote: without a session, a read may be B behind."""
    with Wire(pod.url, session=True) as wire:
        yield wire


@pytest.fixture
def item(collection):
    """The path of a key that nobody else uses."""
    return f"/v1/kv/{collection}/k"


def version(answer):
    """The number inside the ETag, which is strong and 63 bits."""
    assert re.fullmatch(r'"[1-9]\d*"', answer["ETag"]), answer
    number = int(answer["ETag"].strip('"'))
    assert number < 2**63
    return number


def put(wire, target, body=b"v", **headers):
    answer = wire.call("PUT", target, {k.replace("_", "-"): v for k, v in headers.items()}, body)
    assert answer.status in (201, 204), answer
    return answer


def patch(wire, target, body, kind="merge-patch", **headers):
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    return wire.call("PATCH", target, {"Content-Type": f"application/{kind}+json"} | headers,
                     body if isinstance(body, bytes) else json.dumps(body).encode())


def post(wire, collection, method, body):
    return wire.call("POST", f"/v1/kv/{collection}:{method}",
                     {"Content-Type": "application/json"},
                     body if isinstance(body, bytes) else json.dumps(body).encode())


# ------------------------------------------------------------------------------------ the calls


def test_put_stores_the_body_with_its_content_type(wire, item):
    body = bytes(range(256))
    created = put(wire, item, body, Content_Type="image/x-thing; a=b")
    assert created.status == 201
    read = wire.call("GET", item)
    assert (read.status, read.body) == (200, body)
    assert read["Content-Type"] == "image/x-thing; a=b"
    assert read["ETag"] == created["ETag"]
    replaced = put(wire, item, b"")
    assert replaced.status == 204
    assert "Content-Length" not in replaced  # RFC 9110 section 8.6
    assert version(replaced) > version(created)
    read = wire.call("GET", item)
    assert (read.body, read["Content-Length"]) == (b"", "0")
    assert read["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("ttl", ["1ms", "90s", "5m", "24h", "3650d", "315360000000ms", "%39s"])
def test_put_takes_a_ttl(wire, item, ttl):
    assert wire.call("PUT", f"{item}?ttl={ttl}", body=b"v").status == 201


@pytest.mark.parametrize("ttl", ["", "0s", "01s", "-1s", "+1s", "1", "s", "1.5s", "1S", "1 s", "1w",
                                 "1us", "3651d", "315360000001ms", "99999999999999999999d", "1s1s"])
def test_put_refuses_another_ttl(wire, item, ttl):
    answer = wire.call("PUT", f"{item}?ttl={urllib.parse.quote(ttl)}", body=b"v")
    assert (answer.status, answer.code) == (400, "invalid_ttl")
    assert wire.call("GET", item).status == 404


def test_a_value_ends_with_its_ttl_and_not_before(wire, item):
    begin = time.monotonic()
    put(wire, f"{item}?ttl=400ms")
    read = wire.call("GET", item)
    assert (read.status, 0 <= int(read["Coolkit-Ttl-Ms"]) <= 400) == (200, True)
    while True:
        sent = time.monotonic()
        read = wire.call("GET", item)
        answered = time.monotonic()
        if read.status == 404:
            assert answered - begin >= 0.4
            break
        assert sent - begin < 5, "it does not expire"
    assert put(wire, item).status == 201  # nothing was there any more
    assert "Coolkit-Ttl-Ms" not in wire.call("GET", item)


def test_get_and_head_carry_the_same_fields(wire, item):
    put(wire, f"{item}?ttl=1h", b"value", Content_Type="text/plain")
    got, head = wire.call("GET", item), wire.call("HEAD", item)
    while "Age" not in got or "Age" not in head:  # until both come from the cache
        got, head = wire.call("GET", item), wire.call("HEAD", item)
    assert head.body == b""
    assert [name for name, _ in head.fields] == [name for name, _ in got.fields]
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
        assert head[name] == got[name]
    for name in ("Age", "Coolkit-Ttl-Ms", "Cache-Status"):
        assert name in got
    assert HTTP_DATE.fullmatch(got["Last-Modified"]) and HTTP_DATE.fullmatch(got["Date"])
    missing = wire.call("HEAD", item + "-absent")
    assert (missing.status, missing.body) == (404, b"")
    assert int(missing["Content-Length"]) > 0
    assert wire.call("GET", item).status == 200  # the connection is still in step


def test_if_none_match_gives_304(wire, item):
    tag = put(wire, item, b"value", Content_Type="text/plain")["ETag"]
    for method in ("GET", "HEAD"):
        answer = wire.call(method, item, {"If-None-Match": f'W/"1", W/{tag}'})
        assert (answer.status, answer.body, answer["ETag"]) == (304, b"", tag)
        for name in ("Date", "Cache-Control", "Coolkit-Position", "Cache-Status"):
            assert name in answer
        for name in ("Content-Length", "Content-Type"):
            assert name not in answer or method == "HEAD"
    assert wire.call("GET", item, {"If-None-Match": '"1"'}).body == b"value"


def test_delete(wire, item):
    created = put(wire, item)
    assert wire.call("DELETE", item, {"If-Match": '"1"'}).code == "precondition_failed"
    gone = wire.call("DELETE", item, {"If-Match": created["ETag"]})
    assert gone.status == 204
    assert version(gone) > version(created)
    assert wire.call("GET", item).code == "not_found"
    assert wire.call("DELETE", item).code == "not_found"
    assert version(put(wire, item)) > version(gone)


def test_patch_is_atomic(pod, item):
    with Wire(pod.url) as wire:
        put(wire, item, b"{}", Content_Type="application/json")
    done = []

    def work(thread):
        with Wire(pod.url) as wire:
            for i in range(5):
                answer = patch(wire, item, {f"t{thread}-{i}": i})
                while answer.status == 503:
                    assert (answer.code, int(answer["Retry-After"]) > 0) == ("contention", True)
                    answer = patch(wire, item, {f"t{thread}-{i}": i})
                assert answer.status == 204, answer
                done.append(f"t{thread}-{i}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with Wire(pod.url) as wire:
        assert len(done) == 20
        latest = wire.call("GET", item, {"Cache-Control": "no-cache"}).json()
        assert sorted(latest) == sorted(done)


def test_the_listing_is_ordered_and_comes_in_pages(wire, collection):
    keys = ["a", "a/", "a/1", "a/10", "a/2", "b", "%C3%A4", "%F0%9F%98%80"]
    for key in reversed(keys):
        put(wire, f"/v1/kv/{collection}/{key}")
    expected = sorted(urllib.parse.unquote(key).encode() for key in keys)
    seen, query = [], "?page_size=3"
    for _ in range(len(keys)):
        page = wire.call("GET", f"/v1/kv/{collection}{query}").json()
        seen += [row["key"].encode() for row in page["items"]]
        if "next_page_token" not in page:
            break
        assert len(page["items"]) == 3
        query = f"?page_size=3&page_token={page['next_page_token']}"
    assert seen == expected
    rows = wire.call("GET", f"/v1/kv/{collection}?prefix=a%2F").json()["items"]
    assert [row["key"] for row in rows] == ["a/", "a/1", "a/10", "a/2"]
    assert wire.call("GET", f"/v1/kv/{collection}-none").json() == {"items": []}


def test_the_listing_is_read_from_the_database(module_database, wire, collection):
    put(wire, f"/v1/kv/{collection}/k")
    module_database.run("INSERT INTO kv (collection, key, value) "
                        f"VALUES ('{collection}', 'sql', {module_database.literal(b'A')})")
    rows = wire.call("GET", f"/v1/kv/{collection}?values=true").json()["items"]
    assert [(row["key"], row["text"]) for row in rows] == [("k", "v"), ("sql", "A")]


def test_batches_have_a_status_per_item_and_keep_the_order_of_a_key(wire, collection):
    answer = post(wire, collection, "batchWrite", {"items": [
        {"key": "a", "text": "1"}, {"key": "b", "text": "x", "if_match": '"1"'},
        {"key": "a", "text": "2"}, {"method": "delete", "key": "none"},
        {"key": "a", "text": "3", "if_none_match": "*"}]})
    assert answer.status == 200
    items = answer.json()["items"]
    assert [(i["key"], i["status"]) for i in items] == [
        ("a", 201), ("b", 412), ("a", 204), ("none", 404), ("a", 412)]
    assert [i.get("code") for i in items] == [
        None, "precondition_failed", None, "not_found", "precondition_failed"]
    assert int(items[0]["version"]) < int(items[2]["version"])
    answer = post(wire, collection, "batchGet", {"keys": ["b", "a", "a", "."]})
    assert [(i["key"], i["status"], i.get("text"), i.get("code"))
            for i in answer.json()["items"]] == [
        ("b", 404, None, "not_found"), ("a", 200, "2", None), ("a", 200, "2", None),
        (".", 400, None, "invalid_key")]


def test_an_atomic_batch_is_all_or_nothing(wire, collection):
    failed = post(wire, collection, "batchWrite", {"atomic": True, "items": [
        {"key": "a", "text": "1"}, {"method": "delete", "key": "none", "if_match": '"1"'}]})
    assert failed.status == 412
    assert [i["status"] for i in failed.json()["items"]][0] == 424
    assert failed.json()["items"][1]["status"] in (404, 412)
    assert wire.call("GET", f"/v1/kv/{collection}").json() == {"items": []}
    good = post(wire, collection, "batchWrite", {"atomic": True, "items": [
        {"key": "a", "text": "1"}, {"key": "b", "base64": "/w=="}]})
    assert (good.status, [i["status"] for i in good.json()["items"]]) == (200, [201, 201])
    assert wire.call("GET", f"/v1/kv/{collection}/b").body == b"\xff"


def test_a_batch_has_at_most_1000_items_and_8_mib(wire, collection):
    full = {"keys": [str(i) for i in range(1000)]}
    assert len(post(wire, collection, "batchGet", full).json()["items"]) == 1000
    full["keys"].append("one more")
    assert post(wire, collection, "batchGet", full).code == "payload_too_large"
    blanks = b'{"items":[]}' + b" " * ((8 << 20) - 12)
    assert post(wire, collection, "batchWrite", blanks).status == 200
    assert post(wire, collection, "batchWrite", blanks + b" ").code == "payload_too_large"


# ---------------------------------------------------------------------------------- Keys


@pytest.mark.parametrize("raw, same", [
    ("a/b", "a%2Fb"), ("a/b", "a%2fb"), ("%7e", "~"), ("a%2Bb", "a+b"), ("%C3%A4", "ä"),
    ("%61", "a"), ("a//b", "a/%2Fb"), ("/a", "%2Fa"), ("a/", "a%2F"),
    ("x:batchGet", "x%3AbatchGet"), ("...", "%2e.%2e"), (".a", "%2ea"), ("%2525", "%2525")])
def test_keys_are_decoded_once(wire, collection, raw, same):
    put(wire, f"/v1/kv/{collection}/{raw}", raw.encode())
    target = f"/v1/kv/{collection}/{same}".encode().decode("latin-1")
    assert wire.call("GET", target).body == raw.encode()
    rows = wire.call("GET", f"/v1/kv/{collection}").json()["items"]
    assert [row["key"] for row in rows] == [urllib.parse.unquote(raw)]


@pytest.mark.parametrize("one, other", [
    ("a+b", "a%20b"), ("a//b", "a/b"), ("a", "A"), ("a", "a/"), ("%C3%A4", "a%CC%88"),
    ("a%252Fb", "a%2Fb"), ("k", "k%01")])
def test_other_keys_stay_apart(wire, collection, one, other):
    put(wire, f"/v1/kv/{collection}/{one}")
    assert wire.call("GET", f"/v1/kv/{collection}/{other}").code == "not_found"


@pytest.mark.parametrize("key", [
    "", "%00", "a%00b", "%FF", "%C3", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%", "%2", "%G0",
    "a%zz", ".", "..", "a/.", "./a", "a/../b", "%2E", "%2e%2E", "a%2F..", "a/%2e%2e/b", "a%2F.%2Fb",
    "k" * 513, "%C3%A4" * 257])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_bad_keys_are_400(wire, collection, method, key):
    body = b"v" if method == "PUT" else None
    answer = wire.call(method, f"/v1/kv/{collection}/{key}", body=body)
    assert (answer.status, answer.code) == (400, "invalid_key")


def test_bad_keys_are_400_in_batches_too(wire, collection):
    keys = ["", "\0", ".", "..", "a/..", "./a", "k" * 513]
    got = post(wire, collection, "batchGet", {"keys": keys}).json()["items"]
    written = post(wire, collection, "batchWrite",
                   {"items": [{"key": key, "text": "v"} for key in keys]}).json()["items"]
    for items in (got, written):
        assert [(i["key"], i["status"], i["code"]) for i in items] == [
            (key, 400, "invalid_key") for key in keys]
    # JSON is not percent-encoded: these are ordinary characters there.
    written = post(wire, collection, "batchWrite", {"items": [{"key": "%2e", "text": "v"}]})
    assert written.json()["items"][0]["status"] == 201
    assert wire.call("GET", f"/v1/kv/{collection}/%252e").body == b"v"


def test_the_longest_key_and_value(wire, collection):
    for key in ("k" * 512, "%C3%A4" * 256):
        value = b"v" * MAX_VALUE
        put(wire, f"/v1/kv/{collection}/{key}", value)
        assert wire.call("GET", f"/v1/kv/{collection}/{key}").body == value


@pytest.mark.parametrize("name, good", [
    ("a", True), ("0", True), ("a" * 64, True), ("a_b-c", True), ("%61", True), ("A", False),
    ("_a", False), ("-a", False), ("a" * 65, False), ("a.b", False), ("", False), ("%C3%A4", False),
    ("a%3AbatchGet", False), ("a:other", False), ("%2e%2e", False), ("a%zz", False)])
def test_collections(wire, name, good):
    answer = wire.call("GET", f"/v1/kv/{name}/never-written")
    assert answer.code == ("not_found" if good else "invalid_collection")
    if name:
        answer = wire.call("GET", f"/v1/kv/{name}?page_size=1")
        assert answer.status == (200 if good else 400)


@pytest.mark.parametrize("method, query", [
    ("GET", "x=1"), ("HEAD", "x=1"), ("PUT", "x=1"), ("PUT", "TTL=1s"), ("DELETE", "ttl=1s"),
    ("PATCH", "ttl=1s"), ("PUT", "ttl=1s&ttl=2s"), ("GET", "%zz"), ("GET", "x")])
def test_an_unknown_query_parameter_is_400(wire, item, method, query):
    body = b"{}" if method in ("PUT", "PATCH") else None
    answer = wire.call(method, f"{item}?{query}",
                       {"Content-Type": "application/merge-patch+json"}, body)
    assert answer.status == 400
    assert method == "HEAD" or answer.code == "invalid_query"


@pytest.mark.parametrize("query", ["page_size=0", "page_size=1001", "page_size=", "page_size=-1",
                                   "page_size=1.0", "values=1", "values=", "x=1", "prefix=%FF",
                                   "prefix=%00", "page_size=1&page_size=1"])
def test_a_wrong_query_of_a_listing_is_400(wire, collection, query):
    assert wire.call("GET", f"/v1/kv/{collection}?{query}").code == "invalid_query"


def test_a_custom_method_is_known_only_in_the_collection_segment(wire, collection):
    put(wire, f"/v1/kv/{collection}/x:batchGet", b"just a key")
    assert wire.call("GET", f"/v1/kv/{collection}/x:batchGet").body == b"just a key"
    assert wire.call("POST", f"/v1/kv/{collection}/x:batchGet", body=b"{}").status == 405
    assert wire.call("POST", f"/v1/kv/{collection}%3AbatchGet", body=b"{}").status in (400, 405)
    assert wire.call("GET", f"/v1/kv/{collection}:batchGet").status == 405


# ---------------------------------------------------------------------------------- Versions


def test_versions_grow_over_every_way_to_write(wire, collection, item):
    seen = [version(put(wire, item, b"{}"))]
    for _ in range(2):
        seen.append(version(put(wire, item, b"{}")))
        seen.append(version(patch(wire, item, {"a": 1})))
        seen.append(version(wire.call("DELETE", item)))
        written = post(wire, collection, "batchWrite",
                       {"items": [{"key": "k", "text": "1"}, {"key": "k", "text": "2"}]})
        seen += [int(i["version"]) for i in written.json()["items"]]
    assert seen == sorted(set(seen))


def test_versions_in_json_are_decimal_strings(wire, collection, item):
    tag = put(wire, item)["ETag"]
    listed = wire.call("GET", f"/v1/kv/{collection}").json()["items"][0]
    got = post(wire, collection, "batchGet", {"keys": ["k"]}).json()["items"][0]
    assert listed["version"] == got["version"] == tag.strip('"')
    written = post(wire, collection, "batchWrite",
                   {"items": [{"key": "k", "text": "2", "if_match": f'"1", {tag}'}]})
    assert isinstance(written.json()["items"][0]["version"], str)
    assert int(written.json()["items"][0]["version"]) > int(tag.strip('"'))


def test_the_pod_that_wrote_reads_its_write_at_once(pod, collection):
    """Without a session, and whatever the feed applies while the write commits."""
    with Wire(pod.url) as wire:
        for i in range(300):
            item = f"/v1/kv/{collection}/{i}"
            put(wire, item, b'{"a":1}')
            assert patch(wire, item, {"a": 2}).status == 204
            assert wire.call("GET", item).body == b'{"a":2}'
            put(wire, item, b"3")
            assert wire.call("GET", item).body == b"3"
            assert wire.call("DELETE", item).status == 204
            assert wire.call("GET", item).status == 404


# ---------------------------------------------------------------------------------- Preconditions

PAST, FUTURE = "Sun, 06 Nov 1994 08:49:37 GMT", "Wed, 01 Jan 2098 00:00:00 GMT"


@pytest.mark.parametrize("headers, read, write", [
    ({"If-Match": "TAG"}, 200, 204), ({"If-Match": "W/TAG"}, 412, 412),
    ({"If-Match": '"1", TAG'}, 200, 204), ({"If-Match": '"1"'}, 412, 412),
    ({"If-Match": "*"}, 200, 204), ({"If-Match": ', "a,b" ,, TAG'}, 200, 204),
    ({"If-None-Match": "TAG"}, 304, 412), ({"If-None-Match": "W/TAG"}, 304, 412),
    ({"If-None-Match": '"1"'}, 200, 204), ({"If-None-Match": "*"}, 304, 412),
    ({"If-Unmodified-Since": PAST}, 412, 412), ({"If-Unmodified-Since": FUTURE}, 200, 204),
    ({"If-Unmodified-Since": "yesterday"}, 200, 204),
    ({"If-Modified-Since": FUTURE}, 304, 204), ({"If-Modified-Since": PAST}, 200, 204),
    ({"If-Modified-Since": "yesterday"}, 200, 204),
    # The order of RFC 9110 section 13.2.2: tags go before dates, If-Match before the rest.
    ({"If-Match": "TAG", "If-Unmodified-Since": PAST}, 200, 204),
    ({"If-None-Match": '"1"', "If-Modified-Since": FUTURE}, 200, 204),
    ({"If-Match": '"1"', "If-None-Match": "TAG"}, 412, 412),
    ({"If-Match": "TAG", "If-None-Match": "TAG"}, 304, 412),
    ({"If-Match": "*", "If-None-Match": '"1"'}, 200, 204),
    ({"If-Unmodified-Since": FUTURE, "If-None-Match": '"1"'}, 200, 204)])
def test_preconditions_of_a_value_that_is_there(wire, item, headers, read, write):
    tag = put(wire, item, b"{}")["ETag"]
    headers = {name: value.replace("TAG", tag) for name, value in headers.items()}
    assert wire.call("GET", item, headers).status == read
    assert wire.call("HEAD", item, headers).status == read
    for method in ("PUT", "PATCH", "DELETE"):
        tag_now = wire.call("GET", item)["ETag"]
        now = {name: value.replace(tag, tag_now) for name, value in headers.items()}
        body = {"PUT": b"{}", "PATCH": b'{"a":1}', "DELETE": None}[method]
        answer = wire.call(method, item, now | {"Content-Type": "application/merge-patch+json"},
                           body)
        assert answer.status == write, (method, answer)
        if write == 412:
            assert answer.code == "precondition_failed"
            assert wire.call("GET", item)["ETag"] == tag_now


@pytest.mark.parametrize("headers, put_status", [
    ({"If-Match": "*"}, 412), ({"If-Match": '"1"'}, 412), ({"If-None-Match": "*"}, 201),
    ({"If-None-Match": '"1"'}, 201), ({"If-Unmodified-Since": PAST}, 201),
    ({"If-Match": "*", "If-None-Match": "*"}, 412)])
def test_preconditions_of_an_absent_value(wire, item, headers, put_status):
    assert wire.call("GET", item, headers).status == 404
    assert wire.call("DELETE", item, headers).status == 404
    assert patch(wire, item, {}, **{k.replace("-", "_"): v
                                    for k, v in headers.items()}).status == 404
    assert wire.call("PUT", item, headers, b"v").status == put_status


@pytest.mark.parametrize("value", ["", "1", '"1', '1"', '"a" "b"', "*, \"1\"", "W/", "w/\"1\"",
                                   '"a b"', "W / \"1\"", ","])
def test_a_list_of_tags_that_is_none_is_400(wire, item, value):
    put(wire, item)
    for name in ("If-Match", "If-None-Match"):
        assert wire.call("GET", item, {name: value}).code == "invalid_header"
        assert wire.call("PUT", item, {name: value}, b"x").code == "invalid_header"
    assert wire.call("GET", item).body == b"v"


def test_lists_of_tags_may_be_split_over_fields(wire, item):
    tag = put(wire, item)["ETag"]
    wire.send(f"GET {item} HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"1\"\r\n"
              f"If-None-Match: {tag}\r\n\r\n".encode())
    assert wire.receive().status == 304


def test_only_one_of_many_creators_wins(pod, item):
    statuses = []

    def create():
        with Wire(pod.url) as wire:
            statuses.append(wire.call("PUT", item, {"If-None-Match": "*"}, b"v").status)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(statuses) == [201] + [412] * 7


# ---------------------------------------------------------------------------------- Freshness


def write_outside(database, collection, value):
    """By plain SQL, which no cache is told of before the next poll of the feed."""
    database.run(f"UPDATE kv SET value = {database.literal(value)} "
                 f"WHERE collection = '{collection}'")


@pytest.mark.parametrize("headers", [
    {"Cache-Control": "no-cache"}, {"Cache-Control": "max-age=0"},
    {"Cache-Control": "NO-CACHE, foo"}, {"Cache-Control": "max-stale=99, Max-Age=\"0\""},
    {"Cache-Control": "max-age=no"}, {"Cache-Control": "no-store"}, {"Pragma": "no-cache"},
    {"Coolkit-Max-Staleness-Ms": "0"}])
def test_strong_reads_see_a_write_of_anybody_at_once(module_database, wire, collection, item,
                                                      headers):
    put(wire, item)
    for i in range(5):
        wire.call("GET", item)
        write_outside(module_database, collection, b"%d" % i)
        answer = wire.call("GET", item, headers)
        assert answer.body == b"%d" % i
        assert "; fwd=" in answer["Cache-Status"]
        assert "Age" not in answer and "Coolkit-Staleness-Ms" not in answer


def test_no_store_keeps_nothing(wire, collection):
    target = f"/v1/kv/{collection}/never-read"
    for _ in range(2):
        answer = wire.call("GET", target, {"Cache-Control": "no-store"})
        assert answer.code == "not_found"
        assert "stored" not in answer["Cache-Status"]
    assert wire.call("GET", target)["Cache-Status"] == f"coolkit-{POD_NAME}; fwd=uri-miss; stored"


def test_only_if_cached_asks_no_database(wire, collection):
    target = f"/v1/kv/{collection}/absent"
    refused = wire.call("GET", target, {"Cache-Control": "only-if-cached"})
    assert (refused.status, refused.code) == (504, "not_cached")
    wire.call("GET", target)
    hit = wire.call("GET", target, {"Cache-Control": "only-if-cached"})
    while hit.status == 504:  # the proof was older than B for a moment
        wire.call("GET", target)
        hit = wire.call("GET", target, {"Cache-Control": "only-if-cached"})
    assert hit.code == "not_found"
    assert hit["Cache-Status"] == f"coolkit-{POD_NAME}; hit"


@pytest.mark.parametrize("value", ["-1", "1.5", "", "x", "1s", "0x10", "99999999999999999999"])
def test_max_staleness_is_a_number(wire, item, value):
    assert wire.call("GET", item, {"Coolkit-Max-Staleness-Ms": value}).code == "invalid_header"


def test_staleness_stays_below_what_was_asked(wire, item):
    put(wire, item)
    hits = 0
    for bound in (1, 5, 50, 250, 100_000) * 20:
        answer = wire.call("GET", item, {"Coolkit-Max-Staleness-Ms": str(bound)})
        assert answer.body == b"v"
        if "; hit" in answer["Cache-Status"]:
            hits += 1
            assert int(answer["Coolkit-Staleness-Ms"]) <= min(bound, 250)
            assert answer["Age"] == "0"
    assert hits > 0


def test_position_gives_sessions(wire, item):
    position = put(wire, item, b"1")["Coolkit-Position"]
    assert POSITION.fullmatch(position)
    answer = wire.call("GET", item, {"Coolkit-Position": position})
    assert answer.body == b"1"
    assert POSITION.fullmatch(answer["Coolkit-Position"])
    system, timeline, life, rest = position.split(".")
    other = f"{system}.{timeline}.{'0' * 31}1.{rest}"
    answer = wire.call("GET", item, {"Coolkit-Position": other})
    assert answer.body == b"1"
    assert "; fwd=" in answer["Cache-Status"], "another life reads the database"


@pytest.mark.parametrize("value", ["", "x", "1", "1.2.3.4", "1.0." + "0" * 32 + ".1:-2",
                                   "1.0." + "G" * 32 + ".1:2", "01.0." + "0" * 32 + ".1:2"])
def test_a_malformed_position_is_400_everywhere(wire, collection, item, value):
    headers = {"Coolkit-Position": value}
    for method, target, body in (("GET", item, None), ("PUT", item, b"v"), ("DELETE", item, None),
                                 ("GET", f"/v1/kv/{collection}", None)):
        assert wire.call(method, target, headers, body).code == "invalid_position", method
    assert wire.call("POST", f"/v1/kv/{collection}:batchGet",
                     headers | {"Content-Type": "application/json"},
                     b'{"keys":[]}').code == "invalid_position"


# ---------------------------------------------------------------------------------- Answers


def test_answers_of_items_carry_the_common_fields(wire, collection, item):
    answers = [put(wire, item), wire.call("GET", item), wire.call("GET", item + "-absent"),
               wire.call("PUT", item, {"If-Match": '"1"'}, b""),
               wire.call("GET", item, {"If-Match": '"1"'}),
               wire.call("GET", item, {"If-None-Match": "*"}),
               wire.call("DELETE", item), wire.call("DELETE", item)]
    assert [a.status for a in answers] == [201, 200, 404, 412, 412, 304, 204, 404]
    for answer in answers:
        assert answer["Cache-Control"] == "no-cache", answer
        assert POSITION.fullmatch(answer["Coolkit-Position"])
        assert answer["Cache-Status"].startswith(f"coolkit-{POD_NAME}; ")
        assert re.fullmatch(r"total;dur=\d+\.\d{3}", answer["Server-Timing"])
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox"
        assert "Content-Encoding" not in answer and "Transfer-Encoding" not in answer
    lists = [wire.call("GET", f"/v1/kv/{collection}"),
             post(wire, collection, "batchGet", {"keys": ["a"]}),
             post(wire, collection, "batchWrite", {"items": [{"key": "a", "text": ""}]}),
             wire.call("GET", f"{item}?x=1"), wire.call("POST", item, body=b"")]
    assert [a.status for a in lists] == [200, 200, 200, 400, 405]
    for answer in lists:
        assert answer["Cache-Control"] == "no-store", answer
        assert answer["X-Content-Type-Options"] == "nosniff"
    for answer in lists[:3]:
        assert POSITION.fullmatch(answer["Coolkit-Position"])


def test_a_404_from_the_cache_says_how_old_it_may_be(wire, item):
    answer = wire.call("GET", item)
    while "; hit" not in answer["Cache-Status"]:
        assert answer["Cache-Status"].startswith(f"coolkit-{POD_NAME}; fwd=")
        answer = wire.call("GET", item)
    assert (answer.status, answer["Age"]) == (404, "0")
    assert 0 <= int(answer["Coolkit-Staleness-Ms"]) <= 250


def test_there_are_no_ranges_and_no_content_codings(wire, item):
    put(wire, item, b"0123456789" * 100, Content_Type="text/plain")
    answer = wire.call("GET", item, {"Range": "bytes=0-1", "Accept-Encoding": "gzip, br"})
    assert (answer.status, len(answer.body), answer["Accept-Ranges"]) == (200, 1000, "none")
    assert "Content-Encoding" not in answer


def test_traceparent_is_taken_in(wire, item):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = wire.call("GET", item, {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    taken = re.fullmatch(rf"00-{trace}-([0-9a-f]{{16}})-01", answer["traceparent"])
    assert taken and taken[1] not in ("00f067aa0ba902b7", "0" * 16)
    assert answer.json()["trace_id"] == trace
    for bad in ("", f"00-{trace}-0000000000000000-01", f"00-{'0' * 32}-00f067aa0ba902b7-01",
                f"ff-{trace}-00f067aa0ba902b7-01", f"00-{trace.upper()}-00f067aa0ba902b7-01"):
        answer = wire.call("GET", item, {"traceparent": bad})
        assert answer.status == 404
        assert answer.json()["trace_id"] != trace


# ---------------------------------------------------------------------------------- PUT and PATCH


def test_put_refuses_what_it_would_not_keep(wire, item):
    answer = wire.call("PUT", item, {"Content-Range": "bytes 0-0/1"}, b"x")
    assert (answer.status, answer.code) == (400, "invalid_header")
    for coding in ("gzip", "identity, br", "x"):
        answer = wire.call("PUT", item, {"Content-Encoding": coding}, b"x")
        assert (answer.status, answer.code) == (415, "unsupported_encoding")
    assert wire.call("GET", item).status == 404
    assert wire.call("PUT", item, {"Content-Encoding": "Identity"}, b"x").status == 201
    for kind in ("a" * 256, "text/\xe4"):
        assert wire.call("PUT", item, {"Content-Type": kind}, b"").code == "invalid_header"


def test_patch_leaves_every_byte_of_untouched_members(wire, item):
    text = (b'{ "z" : 1e400,\t"big":123456789012345678901234567890.10 , "a":"\\u00e4\\/" ,'
            b'"x":[ 1 , 2 ] }')
    put(wire, f"{item}?ttl=1h", text, Content_Type="application/vnd.x+json; v=1")
    before = wire.call("GET", item)
    answer = patch(wire, item, {"x": None, "new": True})
    assert (answer.status, version(answer) > version(before)) == (204, True)
    after = wire.call("GET", item)
    for piece in (b"1e400", b"123456789012345678901234567890.10", b'"\\u00e4\\/"'):
        assert piece in after.body
    assert list(after.json()) == ["z", "big", "a", "new"]
    assert after["Content-Type"] == "application/vnd.x+json; v=1"
    assert 3_000_000 < int(after["Coolkit-Ttl-Ms"]) <= int(before["Coolkit-Ttl-Ms"])


@pytest.mark.parametrize("stored, kind, body, status, code", [
    (b"not json", "merge-patch", b'{"a":1}', 409, "not_json"),
    (b"\xff\x00", "json-patch", b"[]", 409, "not_json"),
    (b'{"a":1}', "json-patch", b'[{"op":"test","path":"/a","value":2}]', 409, "patch_test_failed"),
    (b"{}", "json-patch", b'[{"op":"remove","path":"/none"}]', 400, "invalid_patch"),
    (b"{}", "json-patch", b'[{"op":"spin","path":"/a"}]', 400, "invalid_patch"),
    (b"{}", "json-patch", b"{}", 400, "invalid_patch"),
    (b"{}", "json-patch", b"[", 400, None), (b"{}", "merge-patch", b"", 400, None),
    (b"{}", "merge-patch", b'{"a":\xff}', 400, None),
    (b"{}", "other", b"{}", 415, "unsupported_media_type"),
    (None, "merge-patch", b"{}", 404, "not_found")])
def test_patch_errors(wire, item, stored, kind, body, status, code):
    if stored is not None:
        put(wire, item, stored)
    answer = patch(wire, item, body, kind)
    assert answer.status == status, answer
    assert answer.code == (code or answer.code)
    if status == 415:
        assert answer["Accept-Patch"] == \
            "application/merge-patch+json, application/json-patch+json"
    assert wire.call("GET", item).status == (404 if stored is None else 200)
    assert stored is None or wire.call("GET", item).body == stored


def test_a_patch_may_not_grow_a_value_above_the_limit(wire, item):
    put(wire, item, b'{"a":"' + b"x" * (MAX_VALUE - 100) + b'"}')
    answer = patch(wire, item, {"b": "y" * 200})
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert patch(wire, item, {"b": "y"}).status == 204


# The examples of RFC 7396, appendix A.
@pytest.mark.parametrize("target, change, result", [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}), ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}), ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}), (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]), ({"a": "foo"}, None, None), ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}), ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}})])
def test_merge_patch_by_its_rfc(wire, item, target, change, result):
    put(wire, item, json.dumps(target).encode())
    assert patch(wire, item, change).status == 204
    assert wire.call("GET", item).json() == result


# From RFC 6902, appendix A.
@pytest.mark.parametrize("target, change, result", [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}],
     {"foo": "bar", "baz": "qux"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}],
     {"foo": ["bar", "qux", "baz"]}),
    ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
    ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
    ({"foo": {"bar": 1, "waldo": 2}, "qux": {}},
     [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
     {"foo": {"bar": 1}, "qux": {"thud": 2}}),
    ({"foo": [1, 2, 3]}, [{"op": "move", "from": "/foo/0", "path": "/foo/2"}],
     {"foo": [2, 3, 1]}),
    ({"a/b": 1, "m~n": 2}, [{"op": "test", "path": "/a~1b", "value": 1},
                            {"op": "replace", "path": "/m~0n", "value": 3}],
     {"a/b": 1, "m~n": 3}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["x"]}],
     {"foo": ["bar", ["x"]]}),
    ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": [0]}], [0])])
def test_json_patch_by_its_rfc(wire, item, target, change, result):
    put(wire, item, json.dumps(target).encode())
    assert patch(wire, item, change, "json-patch").status == 204
    assert wire.call("GET", item).json() == result


def test_a_patch_that_fails_changes_nothing(wire, item):
    tag = put(wire, item, b'{"a":1}')["ETag"]
    answer = patch(wire, item, [{"op": "replace", "path": "/a", "value": 2},
                                {"op": "test", "path": "/a", "value": 1}], "json-patch")
    assert answer.code == "patch_test_failed"
    assert wire.call("GET", item)["ETag"] == tag


# ---------------------------------------------------------------------------------- JSON shapes


def test_values_are_text_or_base64(wire, collection):
    values = {"text": "ä\0\"\\\n".encode(), "raw": b"\xff\xfe", "empty": b"",
              "surrogate": b"\xed\xa0\x80"}
    for key, value in values.items():
        put(wire, f"/v1/kv/{collection}/{key}", value, Content_Type="a/b")
    got = post(wire, collection, "batchGet", {"keys": list(values)}).json()["items"]
    listed = wire.call("GET", f"/v1/kv/{collection}?values=true").json()["items"]
    for row in got + listed:
        value = values[row["key"]]
        if row["key"] in ("text", "empty"):
            assert (row["text"], "base64" in row) == (value.decode(), False)
        else:
            assert (base64.b64decode(row["base64"]), "text" in row) == (value, False)
        assert (row["size"], row["content_type"]) == (len(value), "a/b")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", row["modified_at"])
    for row in wire.call("GET", f"/v1/kv/{collection}").json()["items"]:
        assert set(row) == {"key", "version", "content_type", "size", "modified_at"}


def test_batch_write_takes_what_a_put_takes(wire, collection):
    items = [{"method": "put", "key": "a", "base64": "AP8=", "content_type": "x/y", "ttl": "1h"},
             {"key": "b", "text": "t"}]
    answer = post(wire, collection, "batchWrite", {"atomic": False, "items": items})
    assert [set(i) for i in answer.json()["items"]] == [{"key", "status", "version"}] * 2
    read = wire.call("GET", f"/v1/kv/{collection}/a")
    assert (read.body, read["Content-Type"]) == (b"\0\xff", "x/y")
    assert int(read["Coolkit-Ttl-Ms"]) > 3_500_000
    bad = [{"key": "a"}, {"key": "a", "text": "", "base64": ""}, {"key": "a", "base64": "AP8"},
           {"key": "a", "base64": "A\nP8="}, {"key": "a", "text": "", "ttl": "1"},
           {"method": "delete", "key": "a", "text": ""}, {"key": "a", "text": "", "if_match": "1"},
           {"key": "a", "text": "", "content_type": "ä"}]
    statuses = [i["status"] for i in
                post(wire, collection, "batchWrite", {"items": bad}).json()["items"]]
    assert statuses == [400] * len(bad)


@pytest.mark.parametrize("method, body", [
    ("batchGet", b""), ("batchGet", b"[]"), ("batchGet", b"{}"), ("batchGet", b'{"keys":"a"}'),
    ("batchGet", b'{"keys":[1]}'), ("batchGet", b'{"keys":[],"x":1}'),
    ("batchGet", b'{"keys":[]}{}'), ("batchGet", b'{"keys":["\xff"]}'),
    ("batchGet", b'{"keys":["\\ud800"]}'), ("batchWrite", b'{"items":[{}]}'),
    ("batchWrite", b'{"items":[{"key":"a","text":1}]}'),
    ("batchWrite", b'{"items":[{"key":"a","text":"","x":1}]}'),
    ("batchWrite", b'{"items":[{"key":"a","key":"b","text":""}]}'),
    ("batchWrite", b'{"items":[{"method":"PUT","key":"a","text":""}]}'),
    ("batchWrite", b'{"atomic":1,"items":[]}'), ("batchWrite", b'{"items":null}'),
    ("batchWrite", b"[" * 100_000)])
def test_a_batch_of_another_shape_is_400(wire, collection, method, body):
    answer = post(wire, collection, method, body)
    assert (answer.status, answer.code in ("invalid_json", "invalid_request")) == (400, True)


def test_a_batch_is_json_by_its_type(wire, collection):
    for kind in ("text/plain", "application/jsonx", ""):
        answer = wire.call("POST", f"/v1/kv/{collection}:batchGet", {"Content-Type": kind},
                           b'{"keys":[]}')
        assert (answer.status, answer.code) == (415, "unsupported_media_type")
    answer = wire.call("POST", f"/v1/kv/{collection}:batchGet",
                       {"Content-Type": "Application/JSON; charset=utf-8"}, b'{"keys":[]}')
    assert (answer.status, answer.json()) == (200, {"items": []})


def test_answers_stop_at_8_mib(wire, collection):
    for i in range(10):
        put(wire, f"/v1/kv/{collection}/{i}", b"v" * MAX_VALUE)
    got = post(wire, collection, "batchGet", {"keys": [str(i) for i in range(10)]})
    statuses = [i["status"] for i in got.json()["items"]]
    assert statuses == [200] * 7 + [413] * 3
    assert len(got.body) < (8 << 20) + 1000
    page = wire.call("GET", f"/v1/kv/{collection}?values=true").json()
    assert len(page["items"]) == 7
    rest = wire.call("GET", f"/v1/kv/{collection}?values=true&page_token="
                            f"{page['next_page_token']}").json()
    assert [row["key"] for row in rest["items"]] == ["7", "8", "9"]
    assert "next_page_token" not in rest


def test_pages_have_100_rows_and_at_most_1000(wire, collection):
    for begin in (0, 1000):
        post(wire, collection, "batchWrite", {"items": [
            {"key": f"{i:04}", "text": ""} for i in range(begin, min(begin + 1000, 1001))]})
    page = wire.call("GET", f"/v1/kv/{collection}").json()
    assert len(page["items"]) == 100
    page = wire.call("GET", f"/v1/kv/{collection}?page_size=1000").json()
    assert (len(page["items"]), "next_page_token" in page) == (1000, True)
    token = page["next_page_token"]
    rest = wire.call("GET", f"/v1/kv/{collection}?page_token={token}").json()
    assert [row["key"] for row in rest["items"]] == ["1000"]
    for other in (f"/v1/kv/{collection}?prefix=0&page_token={token}",
                  f"/v1/kv/{collection}x?page_token={token}",
                  f"/v1/kv/{collection}?page_token={token[:-1]}",
                  f"/v1/kv/{collection}?page_token="):
        assert wire.call("GET", other).code == "invalid_page_token"


# ---------------------------------------------------------------------------------- Errors


def test_errors_are_problem_documents_and_their_type_is_a_page(wire, collection, item):
    answers = [wire.call("GET", item), wire.call("GET", f"{item}?x=1"), wire.call("TRACE", item),
               wire.call("GET", "/nowhere"), wire.call("PUT", item, {"If-Match": "*"}, b""),
               wire.call("GET", item + "x", {"Cache-Control": "only-if-cached"}),
               wire.call("GET", item, {"Expect": "more"})]
    assert [a.status for a in answers] == [404, 400, 405, 404, 412, 504, 417]
    for answer in answers:
        assert answer["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) == {"type", "title", "status", "detail", "code", "retryable",
                                "trace_id"}
        assert problem["status"] == answer.status
        assert problem["type"] == f"/errors/{problem['code']}"
        assert isinstance(problem["retryable"], bool) and problem["detail"] and problem["title"]
        assert re.fullmatch("[0-9a-f]{32}", problem["trace_id"])
    assert len({a.json()["trace_id"] for a in answers}) == len(answers)
    with Wire(f"http://{wire.socket.getpeername()[0]}:{wire.socket.getpeername()[1]}") as pages:
        for answer in answers:
            page = pages.call("GET", answer.json()["type"])
            assert page.status == 200
            assert answer.code in page.body.decode()


# ---------------------------------------------------------------------------------- Methods


@pytest.mark.parametrize("target, allowed", [
    ("/v1/kv/c/k", {"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"}),
    ("/v1/kv/c", {"GET", "HEAD", "OPTIONS"}), ("/v1/kv/c:batchGet", {"POST", "OPTIONS"}),
    ("/v1/kv/c:batchWrite", {"POST", "OPTIONS"}), ("/openapi.json", {"GET", "HEAD", "OPTIONS"}),
    ("/errors/not_found", {"GET", "HEAD", "OPTIONS"}), ("/", {"GET", "HEAD", "OPTIONS"})])
def test_405_with_allow_and_options_on_every_route(wire, target, allowed):
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY",
                   "get", "PROPFIND", "X" * 30):
        if method in allowed and method != "OPTIONS":
            continue
        answer = wire.call(method, target, body=b"" if method == "POST" else None)
        assert answer.status == (204 if method == "OPTIONS" else 405), (method, answer)
        assert set(answer["Allow"].split(", ")) == allowed
        assert ("Accept-Patch" in answer) == (method == "OPTIONS" and "PATCH" in allowed)


def test_options_of_the_server_and_connect(wire):
    answer = wire.call("OPTIONS", "*")
    assert (answer.status, "GET" in answer["Allow"]) == (204, True)
    answer = wire.call("CONNECT", "example.org:443")
    assert (answer.status, answer.code) == (501, "method_not_implemented")


# ---------------------------------------------------------------------------------- Limits


def test_expect_100_continue_is_answered_after_the_checks(wire, item):
    for target, length, status in ((item, 5, 100), (item + "?x=1", 5, 400),
                                   (item, MAX_VALUE + 1, 413)):
        with Wire(f"http://127.0.0.1:{wire.socket.getpeername()[1]}") as one:
            one.send(f"PUT {target} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                     f"Content-Length: {length}\r\n\r\n".encode())
            assert one.receive().status == status
            if status == 100:
                one.send(b"hello")
                assert one.receive().status == 201


def test_values_end_at_the_limit(wire, pod, item):
    with Wire(pod.url) as one:
        answer = one.call("PUT", item, body=b"v" * (MAX_VALUE + 1))
        assert (answer.status, answer.code) == (413, "payload_too_large")
    chunk = b"%x\r\n" % MAX_VALUE + b"v" * MAX_VALUE + b"\r\n"
    for end, status in ((b"0\r\n\r\n", 201), (b"1\r\nv\r\n0\r\n\r\n", 413)):
        with Wire(pod.url) as one:
            one.send(f"PUT {item} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     .encode() + chunk + end)
            assert one.receive().status == status
    assert len(wire.call("GET", item, {"Cache-Control": "no-cache"}).body) == MAX_VALUE


def test_the_target_and_the_head_have_limits(pod):
    with Wire(pod.url) as wire:
        wire.send(b"GET /v1/kv/c/" + b"k" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.receive().code == "uri_too_long"
    with Wire(pod.url) as wire:
        wire.send(b"GET /v1/kv/c/k HTTP/1.1\r\nHost: x\r\nA: " + b"a" * (33 << 10) + b"\r\n\r\n")
        assert (answer := wire.receive()).code == "headers_too_large" and answer.status == 431
    with Wire(pod.url) as wire:
        # The longest key there is, each byte escaped, fits.
        wire.send(b"GET /v1/kv/c/" + b"%6B" * 512 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.receive().status == 404
