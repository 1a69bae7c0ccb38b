"""coolkit scaler: the endpoint over real pods, which a simulated KEDA starts and stops."""

import http.client
import http.server
import json
import math
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import httpx
import pytest

import pod as pods
from dns_server import DnsServer, Names
from ring import free_network

# Everything that takes minutes in a cluster takes seconds here.
FAST = ["--scrape-interval", "250ms", "--scrape-timeout", "200ms", "--stable-window", "2s",
        "--panic-window", "1s", "--hold", "1s", "--lead-time", "2s", "--stale-after", "2s"]


class Scaler:
    """`coolkit scaler serve` with ports of its own choice."""

    def __init__(self, folder, *flags):
        folder.mkdir(parents=True, exist_ok=True)
        self.port_file = folder / "scaler.json"
        self.errors = folder / "scaler.log"
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("COOLKIT_")}
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [str(pods.binary()), "scaler", "serve", "--listen", "127.0.0.1:0", "--ops-listen",
                 "127.0.0.1:0", "--port-file", str(self.port_file), *flags],
                stdin=subprocess.DEVNULL, stderr=errors, env=environment)
        deadline = time.monotonic() + pods.START_SECONDS
        while not self.port_file.exists():
            assert self.process.poll() is None, self.errors.read_text()
            assert time.monotonic() < deadline
            time.sleep(pods.POLL_SECONDS)
        ports = json.loads(self.port_file.read_text())
        self.url = f"http://{ports['listen']}"
        self.ops_url = f"http://{ports['ops_listen']}"

    def estimate(self, query=""):
        return httpx.get(f"{self.url}/estimate/coolkit{query}", trust_env=False)

    def wait(self, good, seconds=10.0):
        """The first answer for which `good` holds."""
        deadline = time.monotonic() + seconds
        while not good(answer := self.estimate()):
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.05)
        return answer

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.errors.read_text()
        log = self.errors.read_text()
        assert not [alarm for alarm in pods.ALARMS if alarm in log], log


@pytest.fixture
def start_scaler(tmp_path):
    started = []

    def start(*flags):
        started.append(Scaler(tmp_path / f"scaler-{len(started)}", *flags))
        return started[-1]

    yield start
    for scaler in started:
        scaler.close()


class Ports:
    """Ports that stay ours: bound and not listening, so that a pod may listen there."""

    def __init__(self, count):
        self.sockets = []
        for _ in range(count):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
            self.sockets.append(one)
        self.addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in self.sockets]

    def close(self):
        for one in self.sockets:
            one.close()


class ListedPod(pods.Pod):
    """A pod whose metrics are at an address of our choice."""

    def __init__(self, folder, address):
        super().__init__(folder)
        self.address = address

    def command(self):
        command = super().command()
        command[command.index("--ops-listen") + 1] = self.address
        return command


class Load:
    """Requests at a rate that can be changed, in turn over the pods that there are."""

    def __init__(self):
        self.rate = 0.0
        self.urls = []
        self.failed = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        connections = {}
        due = time.monotonic()
        turn = 0
        while not self.stopping.is_set():
            urls = list(self.urls)
            if self.rate <= 0 or not urls:
                time.sleep(0.01)
                due = time.monotonic()
                continue
            due = max(due, time.monotonic() - 0.5) + 1 / self.rate
            self.stopping.wait(max(0.0, due - time.monotonic()))
            turn += 1
            url = urls[turn % len(urls)]
            try:
                if url not in connections:
                    where = urllib.parse.urlsplit(url)
                    connections[url] = http.client.HTTPConnection(where.hostname, where.port,
                                                                  timeout=2)
                connections[url].request("GET", "/v1/kv/c/k")
                connections[url].getresponse().read()
            except (OSError, http.client.HTTPException):
                connections.pop(url, None)
                self.failed += 1

    def close(self):
        self.stopping.set()
        self.thread.join(10)


def autoscaler(value, status, most):
    """One sync of the AverageValue algorithm, target 1, without windows."""
    ratio = value / status
    wanted = status if 0.9 <= ratio <= 1.1 else math.ceil(value)
    return max(1, min(most, wanted))


def test_pods_follow_the_load(start_scaler, tmp_path):
    """Rising and falling load: what KEDA reads over HTTP starts and stops real processes."""
    most = 4
    ports = Ports(most)
    running = []

    def scale_to(count):
        while len(running) < count:
            nth = len(running)
            folder = tmp_path / f"pod-{nth}-{time.monotonic_ns()}"
            running.append(ListedPod(folder, ports.addresses[nth]).start())
        while len(running) > count:
            load.urls = [one.url for one in running[:-1]]
            running.pop().close()
        load.urls = [one.url for one in running]

    load = Load()
    try:
        scale_to(1)
        scaler = start_scaler("--workload", "coolkit=" + ",".join(ports.addresses),
                              "--per-pod-target", "40", "--min", "1", "--max", str(most), *FAST)
        scaler.wait(lambda answer: answer.status_code == 200)

        def keda(rate, good, seconds):
            load.rate = rate
            deadline = time.monotonic() + seconds
            while not good(len(running)):
                assert time.monotonic() < deadline, scaler.estimate("?explain=1").text
                body = scaler.estimate().json()
                scale_to(autoscaler(body["desired_replicas"], len(running), most))
                time.sleep(0.4)

        keda(25, lambda count: count == 1, 5)
        keda(140, lambda count: count == 4, 15)  # needs 3.5
        assert scaler.estimate().json()["observed"]["serving"] >= 2
        keda(25, lambda count: count == 1, 20)
        assert load.failed <= 5  # connections that a leaving pod closed
    finally:
        load.close()
        for one in running:
            one.close()
        ports.close()


@pytest.fixture
def dns():
    server = DnsServer()
    yield server
    server.close()


def test_pods_are_found_by_the_headless_name(start_scaler, start_pod, dns):
    """They join and leave DNS as pods of a headless Service do; a name that fails or lacks them
    all for a moment is no reason to forget who was there."""
    network, name, port = free_network(), "coolkit-headless.production.test", 2345

    def pod(number):
        return start_pod(ops_listen=f"{network}.{number}:{port}")

    def named(*numbers, **failure):
        dns.names[name] = Names(*(f"{network}.{number}" for number in numbers), **failure)

    def wait(**wanted):
        def good(answer):
            found = answer.json().get("observed", {})
            return answer.status_code == 200 and all(found[k] == v for k, v in wanted.items())
        return scaler.wait(good, 20)

    def errors():
        return sum(float(line.rsplit(" ", 1)[1])
                   for line in httpx.get(f"{scaler.ops_url}/metrics").text.splitlines()
                   if line.startswith("coolkit_scaler_discovery_errors_total"))

    pods = {1: pod(1), 2: pod(2)}
    named(1)
    scaler = start_scaler("--workload", f"coolkit=dns:{name}:{port}", "--dns-server", dns.address,
                          "--min", "1", *FAST)
    wait(discovered=1, reporting=1)
    named(1, 2)
    wait(discovered=2, reporting=2, serving=2)
    named(1, 2, 3)
    wait(discovered=3, reporting=2)  # in DNS before it listens
    pods[3] = pod(3)
    wait(discovered=3, reporting=3)
    named(fails="servfail")
    deadline = time.monotonic() + 20
    before = errors()
    while errors() < before + 3:
        assert time.monotonic() < deadline, "nobody asks DNS"
        time.sleep(0.05)
    wait(discovered=3, reporting=3, serving=3)
    named(1, 3)
    wait(discovered=2, reporting=2)
    pods[2].terminate()
    wait(discovered=2, reporting=2)
    named(fails="nxdomain")
    for one in (pods[1], pods[3]):
        one.terminate()
    scaler.wait(lambda answer: answer.status_code == 503, 20)
    pods[1].start()
    named(1)
    wait(discovered=1, reporting=1)


def test_answers_and_errors(start_pod, start_scaler):
    pod = start_pod()
    address = pod.ops_url.removeprefix("http://")
    flags = ["--workload", f"coolkit={address}", "--min", "1", *FAST]
    one, other = start_scaler(*flags), start_scaler(*flags)
    body = one.wait(lambda answer: answer.status_code == 200).json()
    other.wait(lambda answer: answer.status_code == 200)
    assert body["desired_replicas"] * body["per_pod_target"] == body["load"]
    assert one.estimate("?explain=1").json()["explain"]["candidates"]["stable"] >= 0
    assert other.estimate().json()["desired_replicas"] == body["desired_replicas"]
    assert httpx.get(f"{one.url}/estimate/other", trust_env=False).status_code == 404
    assert httpx.get(f"{one.ops_url}/healthz", trust_env=False).status_code == 200
    metrics = httpx.get(f"{one.ops_url}/metrics", trust_env=False).text
    assert 'coolkit_scaler_pods{workload="coolkit",state="serving"} 1' in metrics
    # The pod is gone: the last answer, marked; then none, so that KEDA falls back.
    pod.terminate()
    assert one.wait(lambda answer: answer.json().get("stale")).status_code == 200
    gone = one.wait(lambda answer: answer.status_code == 503)
    assert gone.headers["retry-after"] and gone.json()["retryable"]
    assert httpx.get(f"{one.ops_url}/healthz", trust_env=False).status_code == 503


def test_validate(coolkit, start_pod, start_scaler, tmp_path):
    pod = start_pod()
    scaler = start_scaler("--workload", "coolkit=" + pod.ops_url.removeprefix("http://"), "--min",
                          "3", *FAST)
    scaler.wait(lambda answer: answer.status_code == 200)
    url = f"{scaler.url}/estimate/coolkit"

    def validate(*arguments):
        return coolkit("scaler", "validate", *arguments)

    assert validate(url, "--current", "3").returncode == 0
    assert validate(url, "--value-location", "load", "--target-value", "500").returncode == 0
    assert validate(url, "--value-location", "load").returncode == 1
    assert validate(url, "--metric-type", "Value").returncode == 1
    assert validate(url, "--value-location", "reason").returncode == 1
    assert validate(f"{scaler.url}/estimate/other").returncode == 1
    assert validate(url, "--current", "x").returncode == 2
    assert validate().returncode == 2
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(
        "kind: Service\n---\nkind: ScaledObject\nspec:\n  minReplicaCount: 3\n"
        "  cooldownPeriod: 60\n  triggers:\n  - type: metrics-api\n    metadata:\n"
        f"      {{url: '{url}', valueLocation: load, targetValue: '500'}}\n")
    result = validate("--scaled-object", str(rendered), "--current", "3")
    assert result.returncode == 0 and b"cooldownPeriod" in result.stdout, result


def test_validate_reads_as_keda_does(coolkit):
    """Redirects are followed, each reading asks anew, and two that differ are a fault."""

    class Pages(http.server.BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self):
            Pages.asked += 1
            moved = self.path == "/moved"
            body = b"" if moved else json.dumps({"v": 10 * Pages.asked, "q": "1e1"}).encode()
            self.send_response(302 if moved else 200)
            if moved:
                self.send_header("Location", "/here")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            fine = coolkit("scaler", "validate", f"{url}/moved", "--value-location", "q")
            assert fine.returncode == 0, fine
            assert Pages.asked == 4
            Pages.asked = 0
            differ = coolkit("scaler", "validate", f"{url}/", "--value-location", "v")
            assert differ.returncode == 1 and b"flap" in differ.stdout, differ
        finally:
            server.shutdown()


def test_simulate(coolkit, tmp_path):
    svg, table = tmp_path / "a.svg", tmp_path / "a.json"
    result = coolkit("scaler", "simulate", "--svg", str(svg), "--json", str(table))
    assert result.returncode == 0, result
    ours, cpu, _, perfect = json.loads(table.read_text())
    assert ours["overloaded_s"] <= 0.25 * cpu["overloaded_s"]
    assert perfect["overloaded_s"] == 0
    assert svg.read_text().startswith("<svg")
    trace = pods.ROOT / "tests/data/worldcup98-outage.csv"
    assert coolkit("scaler", "simulate", "--trace", str(trace)).returncode == 0
    assert coolkit("scaler", "simulate", "--trace", "missing.csv").returncode == 3
    assert coolkit("scaler", "simulate", "--hold", "x").returncode == 2


def test_the_readme_section(start_pod, tmp_path):
    """The commands as they stand there, only with ports of our own and faster scrapes."""
    text = (pods.ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Scale it"):]
    commands = section[section.index("```sh\n") + 6:]
    commands = commands[:commands.index("```")]
    ports = Ports(2)
    for shown, real in [("build/release/coolkit", str(pods.binary())),
                        ("127.0.0.1:8090", ports.addresses[0]),
                        ("127.0.0.1:2346", ports.addresses[1]),
                        ("127.0.0.1:2345", start_pod().ops_url.removeprefix("http://")),
                        (" &\n", " &\nsleep 2\n")]:
        assert shown in commands
        commands = commands.replace(shown, real)
    fast = {"COOLKIT_SCALER_SCRAPE_INTERVAL": "250ms", "COOLKIT_SCALER_SCRAPE_TIMEOUT": "200ms"}
    done = subprocess.run(["bash", "-ec", commands + "kill $!\nwait $!\n"], cwd=tmp_path,
                          capture_output=True, timeout=30, check=False, env=os.environ | fast)
    ports.close()
    assert done.returncode == 0, done
    assert b'"desired_replicas":1,' in done.stdout and b"it would behave" in done.stdout
    assert (tmp_path / "burst.svg").exists()


@pytest.mark.parametrize("flags, message", [
    ([], b"there is no workload"),
    (["--workload", "a"], b"NAME=dns:HOST:PORT"),
    (["--dns-server", "name:53"], b"address:port, as numbers"),
    (["--workload", "a=h:1", "--min", "5", "--max", "4"], b"min is above max"),
    (["--config", "missing.yaml"], b"missing.yaml"),
])
def test_refused_settings(coolkit, flags, message):
    result = coolkit("scaler", "serve", *flags)
    assert result.returncode == 2
    assert message in result.stderr
