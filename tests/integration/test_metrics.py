"""Port 2345's /metrics: valid in both formats, complete, documented, exact, and without secrets."""

import json
import pathlib
import re
import shutil
import subprocess

import httpx
import pytest

import pod as pods
from wire import Wire

REFERENCE = pods.ROOT / "docs/reference/metrics.md"

# What the chart, the alerts and the scaler rely on, with their labels.
RELIED_ON = {
    "coolkit_http_requests_total": {"route", "method", "code"},
    "coolkit_http_request_duration_seconds": {"route", "method"},
    "coolkit_cache_bytes": set(),
    "coolkit_cache_limit_bytes": set(),
    "coolkit_cache_requests_total": {"result"},
    "coolkit_cluster_peers": set(),
    "coolkit_cluster_epoch": set(),
    "coolkit_database_connections": {"state"},
    "coolkit_database_connection_errors_total": {"reason"},
    "coolkit_database_loads_total": set(),
    "coolkit_feed_horizon_age_seconds": set(),
    "coolkit_process_cpu_throttled_periods_total": set(),
    "coolkit_memory_limit_bytes": set(),
    "process_cpu_seconds_total": set(),
    "process_resident_memory_bytes": set(),
    "coolkit_build_info": {"version", "revision"},
}

ITEM = "/v1/kv/{collection}/{key}"
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)')


@pytest.fixture(scope="module")
def pod(tmp_path_factory):
    """One pod, with every kind of traffic behind it."""
    pod = pods.Pod(tmp_path_factory.mktemp("pod")).start()
    with Wire(pod.url) as wire:
        for method, target, headers, body in (
                ("PUT", "/v1/kv/c/k", {}, b"{}"), ("GET", "/v1/kv/c/k", {}, None),
                ("GET", "/v1/kv/c/none", {}, None), ("DELETE", "/v1/kv/c/none", {}, None),
                ("PATCH", "/v1/kv/c/k", {"Content-Type": "application/merge-patch+json"}, b"{}"),
                ("GET", "/v1/kv/c", {}, None), ("GET", "/v1/kv/C/k", {}, None),
                ("POST", "/v1/kv/c:batchGet", {"Content-Type": "application/json"},
                 b'{"keys":["k"]}'), ("BREW", "/", {}, None), ("OPTIONS", "*", {}, None)):
            wire.call(method, target, headers, body)
        wire.send(b"no http\r\n\r\n")
        assert wire.receive().status == 400
    yield pod
    pod.close()


def scrape(pod, accept=None):
    with httpx.Client(trust_env=False, timeout=10) as client:
        answer = client.get(f"{pod.ops_url}/metrics", headers={"Accept": accept} if accept else {})
    assert answer.status_code == 200
    return answer


def samples(text):
    """{(name, labels): value} of all samples; fails on a line that is none, or is there twice."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        key = name, frozenset(LABEL.findall(labels or ""))
        assert key not in found, line
        found[key] = float(value)
    return found


def families(text):
    """{name: type}, from the TYPE lines."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def value(found, name, **labels):
    return found.get((name, frozenset(labels.items())), 0.0)


def test_promtool_finds_nothing_wrong(pod):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape(pod).content,
                          capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("accept, kind", [
    (None, "text/plain; version=0.0.4"), ("*/*", "text/plain; version=0.0.4"),
    ("text/plain", "text/plain; version=0.0.4"),
    ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0"),
    # What Prometheus 2 and 3 send.
    ("application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1"
     ";q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
     "application/openmetrics-text; version=1.0.0"),
    ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.1",
     "text/plain; version=0.0.4"),
    ("application/openmetrics-text;q=0,text/plain", "text/plain; version=0.0.4"),
    ("application/json", "text/plain; version=0.0.4")])
def test_the_format_is_negotiated(pod, accept, kind):
    answer = scrape(pod, accept)
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Vary"] == "Accept"
    assert answer.text.endswith("# EOF\n") == kind.startswith("application/openmetrics-text")
    assert answer.text.count("# EOF") == answer.text.endswith("# EOF\n")


def test_both_formats_tell_the_same(pod):
    plain = scrape(pod).text
    open_metrics = scrape(pod, "application/openmetrics-text").text.removesuffix("# EOF\n")
    assert set(samples(plain)) == set(samples(open_metrics))
    kinds = families(plain)
    for name, kind in families(open_metrics).items():
        assert not (kind == "counter" and name.endswith("_total")), name
        assert kinds[f"{name}_total" if kind == "counter" else name] == kind


def test_histograms_are_cumulative_and_end_with_their_count(pod):
    found = samples(scrape(pod).text)
    series = {}
    for (name, labels), number in found.items():
        if name.endswith("_bucket"):
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            series.setdefault((name.removesuffix("_bucket"), rest), []).append(
                (float(dict(labels)["le"]), number))
    assert series
    for (name, labels), buckets in series.items():
        bounds, counts = zip(*buckets)
        assert list(bounds) == sorted(bounds) and bounds[-1] == float("inf")
        assert list(counts) == sorted(counts)
        assert counts[-1] == found[(f"{name}_count", labels)]


def test_what_the_chart_and_the_scaler_rely_on_is_there(pod):
    text = scrape(pod).text
    by_name = {}
    for name, labels in samples(text):
        name = re.sub("_(bucket|sum|count)$", "", name)
        by_name.setdefault(name, set()).add(frozenset(k for k, _ in labels if k != "le"))
    for name, labels in RELIED_ON.items():
        assert by_name.get(name) == {frozenset(labels)}, name
        assert families(text)[name] == ("counter" if name.endswith("_total") else "histogram"
                                        if name.endswith("duration_seconds") else "gauge")


def test_the_reference_lists_what_a_pod_has(pod):
    text = scrape(pod).text
    kinds = families(text)
    live = {}
    for name, labels in samples(text):
        family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
        live.setdefault((family, kinds[family]), set()).update(
            key for key, _ in labels if key != "le")
    documented = {}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|",
                                         REFERENCE.read_text(encoding="utf-8"), re.MULTILINE):
        documented[(name, kind)] = set(re.findall(r"`(\w+)`", labels))
    assert live == documented


# ------------------------------------------------------------------------------- exact counts


@pytest.mark.parametrize("what, request_, status, expected", [
    ("miss", ("GET", "/absent", {}, None), 404, {"miss": 1}),
    ("strong read", ("GET", "/there", {"Cache-Control": "no-cache"}, None), 200, {"bypass": 1}),
    ("412", ("PUT", "/there", {"If-Match": '"1"'}, b""), 412, {}),
    ("405", ("POST", "/there", {}, b""), 405, {}),
    ("400", ("GET", "/%00", {}, None), 400, {}),
    ("put", ("PUT", "/new", {}, b"v"), 201, {}),
    ("not cached", ("GET", "/absent", {"Cache-Control": "only-if-cached"}, None), 504,
     {"miss": 1})])
def test_a_request_counts_once(start_pod, what, request_, status, expected):
    pod = start_pod()
    method, key, headers, body = request_
    with Wire(pod.url) as wire:
        assert wire.call("PUT", "/v1/kv/c/there", body=b"v").status == 201
        before = samples(scrape(pod).text)
        assert wire.call(method, f"/v1/kv/c{key}", headers, body).status == status
        assert wire.call("OPTIONS", "*").status == 204  # the one before is counted now
        after = samples(scrape(pod).text)
    labels = {"route": ITEM, "method": method, "code": str(status)}
    changed = {dict(key[1])["code"]: after[key] - before.get(key, 0.0) for key in after
               if key[0] == "coolkit_http_requests_total" and
               dict(key[1])["route"] == ITEM and after[key] != before.get(key, 0.0)}
    assert changed == {str(status): 1.0}
    assert value(after, "coolkit_http_requests_total", **labels) == \
        value(before, "coolkit_http_requests_total", **labels) + 1
    moved = {dict(key[1])["result"]: after[key] - before[key] for key in after
             if key[0] == "coolkit_cache_requests_total" and after[key] != before[key]}
    assert moved == expected
    loads = value(after, "coolkit_database_loads_total") - \
        value(before, "coolkit_database_loads_total")
    assert loads == (1 if what in ("miss", "strong read") else 0)
    rows = value(after, "coolkit_database_rows_written_total") - \
        value(before, "coolkit_database_rows_written_total")
    assert rows == (1 if what == "put" else 0)


def test_reads_count_as_their_cache_status_says(pod, collection):
    before = samples(scrape(pod).text)
    told = {"hit": 0, "negative_hit": 0, "miss": 0, "unproven": 0}
    with Wire(pod.url) as wire:
        wire.call("PUT", f"/v1/kv/{collection}/there", body=b"v")
        for i in range(50):
            for key in ("there", f"absent-{i % 10}"):
                answer = wire.call("GET", f"/v1/kv/{collection}/{key}")
                status = answer["Cache-Status"].split("; ", 1)[1]
                if status == "hit":
                    told["hit" if answer.status == 200 else "negative_hit"] += 1
                else:
                    told["miss" if "uri-miss" in status else "unproven"] += 1
        wire.call("OPTIONS", "*")
    after = samples(scrape(pod).text)
    counted = {result: value(after, "coolkit_cache_requests_total", result=result) -
               value(before, "coolkit_cache_requests_total", result=result) for result in told}
    assert counted == told
    assert told["hit"] > 0 and told["miss"] >= 10


def test_503_is_counted_where_it_was_said(start_pod):
    pod = start_pod("--max-connections", "1")
    with Wire(pod.url) as first:
        assert first.call("GET", "/v1/kv/c/k").status == 404
        with Wire(pod.url) as second:
            refused = second.receive()
            assert (refused.status, refused.code) == (503, "overloaded")
            assert int(refused["Retry-After"]) > 0
            assert second.closed()
        found = samples(scrape(pod).text)
    assert value(found, "coolkit_http_limit_hits_total", port="api", limit="connections") == 1
    assert sum(number for (name, labels), number in found.items()
               if name == "coolkit_http_requests_total" and ("code", "503") in labels) == 1


def test_keys_and_unknown_methods_make_no_labels(pod, collection):
    with Wire(pod.url) as wire:
        for i in range(20):
            wire.call(f"BREW{i}", f"/v1/kv/{collection}/k{i}")
            wire.call("GET", f"/nowhere/{i}")
        wire.call("OPTIONS", "*")
    text = scrape(pod).text
    assert "BREW" not in text and "nowhere" not in text and collection not in text


# ------------------------------------------------------------------------------- secrets


SECRET = "s3cr3t-h0rse"


@pytest.mark.parametrize("environment", [
    {"DATABASE_URL": f"postgres://app:{SECRET}@127.0.0.1:1/db"},
    {"FEED_DATABASE_URL": f"postgres://app:{SECRET}@127.0.0.1:1/db"},
    {"FEED_DATABASE_URL": f"postgres://127.0.0.1:1/db?password={SECRET}"},
    {"FEED_DATABASE_URL": f"{SECRET}"},
    {"FEED_DATABASE_URL": f"mysql://app:{SECRET}@127.0.0.1/db"}],
    ids=lambda environment: "{}={}".format(*next(iter(environment.items())))[:40])
def test_no_password_is_ever_written(tmp_path, environment):
    """Whether it starts or not: neither what it writes nor what it serves has the password."""
    pod = pods.Pod(tmp_path, "--log-level", "debug", environment=environment)
    if "DATABASE_URL" in environment:
        command = pod.command()
        at = command.index("--database-url")
        pod.command = lambda: command[:at] + command[at + 2:]
    pod.spawn()
    try:
        pod.wait_until_listening()
    except AssertionError:
        assert pod.process.returncode not in (None, 0)
    served = ""
    if pod.running:
        with httpx.Client(trust_env=False, timeout=10) as client:
            client.get(f"{pod.url}/v1/kv/c/k")
            for path in ("/metrics", "/healthz?verbose", "/ring", "/nowhere"):
                served += client.get(pod.ops_url + path).text
        pod.terminate()
    said = pod.stderr() + (pathlib.Path(tmp_path) / "stdout.log").read_text()
    assert said or served
    assert SECRET not in said + served


def test_the_log_is_json_lines_without_values(start_pod):
    pod = start_pod("--log-level", "debug")
    with Wire(pod.url) as wire:
        assert wire.call("PUT", "/v1/kv/c/k", body=SECRET.encode()).status == 201
        assert wire.call("GET", "/v1/kv/c/k").status == 200
    pod.terminate()
    lines = [json.loads(line) for line in pod.stderr().splitlines()]
    assert {"ts", "level", "pod", "msg"} <= set.intersection(*(set(line) for line in lines))
    assert SECRET not in pod.stderr()
