"""Alerts fire from real faults, and dashboards show data: a ring of real processes on a real
PostgreSQL, collected by a real Prometheus with the rules of the chart. Only times are shorter than
in production: windows are at most WINDOW_SECONDS (or three times that) and each `for` at most
FOR_SECONDS. Waited for is that an alert fires, and that it ends when the fault has; each test
leaves all as it was."""

import contextlib
import itertools
import math
import sys
import threading
import urllib.parse

import httpx
import pytest

import alert_rules
import pod as pods
from gate import Gate
from postgres_server import PostgresServer
from prometheus import Prometheus
from ring import Ring, wait_until

sys.path.insert(0, str(pods.ROOT / "tools"))
import dashboards  # noqa: E402

pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

SIZE = 3
WINDOW_SECONDS = 5
FOR_SECONDS = 1
FIRE_SECONDS = 60.0
CLIENTS = 4
JOB = alert_rules.VALUES["job"]
# The ring's size is its minimum; a slow machine is not yet a slow database.
VALUES = {"minReplicas": SIZE, "latencyP95Seconds": 1, "latencyP99Seconds": 1}
NO_CACHE = {"Cache-Control": "no-cache"}


class Load:
    """Clients that read and write through all pods of a ring, at an easy pace: of four calls one
    writes, one reads the database."""

    def __init__(self, ring):
        self._urls = [f"http://{address}" for address in ring.addresses]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        with httpx.Client(timeout=15.0, trust_env=False) as client:
            for n in itertools.count():
                if self._stop.wait(0.02):
                    return
                url = f"{self._urls[n % len(self._urls)]}/v1/kv/c/{number}-{n % 50}"
                with contextlib.suppress(httpx.HTTPError):  # what it meets is what is measured
                    if n % 4 == 0:
                        client.put(url, content=b"v")
                    else:
                        client.get(url, headers=NO_CACHE if n % 4 == 1 else {})


class System:
    """A ring, its database behind a gate for statements and one for the feed, a scaler and the
    Prometheus that watches them. A context manager."""

    def __init__(self, folder, copy_of):
        with contextlib.ExitStack() as stack:
            self.server = PostgresServer("fsync = off", copy_of=copy_of).start()
            stack.callback(self.server.close)
            self.gate = stack.enter_context(Gate(self.server.port))
            self.feed_gate = stack.enter_context(Gate(self.server.port))
            database = self.server.create_database()
            self.ring = Ring(
                folder / "ring", self.server.url(database, port=self.gate.port),
                "--feed-database-url", self.server.url(database, port=self.feed_gate.port),
                size_max=SIZE)
            stack.callback(self.ring.close)
            self.ring.start(SIZE)
            self.scaler = stack.enter_context(started_scaler(folder / "scaler", self.ring))
            self.prometheus = stack.enter_context(self._watched(folder / "prometheus"))
            self._stack = stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self._stack.close()

    def _watched(self, folder):
        targets = {(JOB, f"coolkit-{n}"): f"{self.ring.network}.{n}:2345"
                   for n in range(1, SIZE + 1)}
        targets[(f"{JOB}-scaler", "coolkit-scaler-1")] = urllib.parse.urlsplit(
            self.scaler.ops_url).netloc
        return Prometheus(folder, targets, alert_rules.shortened(
            alert_rules.rendered(**VALUES), WINDOW_SECONDS, FOR_SECONDS))

    def mend(self):
        """Ends what a test did, also one that failed."""
        if self.server.process is None:
            self.server.start()
        for gate in (self.gate, self.feed_gate):
            gate.resume()
        self.ring.add_all(set(range(1, SIZE + 1)) - set(self.ring.running_numbers))

    def wait_until_well(self):
        """All are there, agree and are collected, and nothing fires."""
        self.ring.wait_until_balanced(SIZE, FIRE_SECONDS)
        wait_until(lambda: len(self.prometheus.query("coolkit_cluster_peers")) == SIZE,
                   lambda: self.prometheus.query("up"), FIRE_SECONDS)
        wait_until(lambda: self.prometheus.firing() == set(), self.prometheus.alerts, FIRE_SECONDS)

    def wait_until_firing(self, *alerts):
        wait_until(lambda: set(alerts) <= self.prometheus.firing(), self.prometheus.alerts,
                   FIRE_SECONDS)


@contextlib.contextmanager
def started_scaler(folder, ring):
    workload = ",".join(f"{ring.network}.{n}:2345" for n in range(1, SIZE + 1))
    scaler = pods.Pod(folder)
    scaler.command = lambda: [
        str(scaler.program), "scaler", "serve", "--listen", scaler.listen, "--ops-listen",
        scaler.ops_listen, "--port-file", str(folder / "ports.json"), "--workload",
        f"{alert_rules.VALUES['workload']}={workload}", "--min", str(SIZE), "--scrape-interval",
        "1s", "--scrape-timeout", "900ms", "--stale-after", "1s"]
    try:
        yield scaler.start()
    finally:
        scaler.close()


@pytest.fixture(scope="module")
def shared_system(tmp_path_factory, postgres_files):
    with System(tmp_path_factory.mktemp("system"), postgres_files) as system, Load(system.ring):
        yield system


@pytest.fixture
def system(shared_system):
    shared_system.wait_until_well()
    yield shared_system
    shared_system.mend()
    shared_system.wait_until_well()


def without_data(system):
    """The queries of the dashboards, but those of others' metrics, that give no number."""
    chosen = {"$namespace": "production", "$job": JOB, "$pod": ".*",
              dashboards.WINDOW: f"{WINDOW_SECONDS}s"}
    empty = []
    for name, panel, expression, foreign in dashboards.queries():
        for variable, value in chosen.items():
            expression = expression.replace(variable, value)
        found = system.prometheus.query(expression)  # fails when it is malformed
        if not foreign and all(math.isnan(value) for _, value in found):
            empty.append((name, panel, expression))
    return empty


def test_every_query_of_the_dashboards_returns_data(system):
    wait_until(lambda: not without_data(system), lambda: without_data(system), FIRE_SECONDS)


def test_a_pod_dies(system):
    system.ring.pods[3].kill()
    system.wait_until_firing("CoolkitPeersBelowMinimum")


def test_a_pod_is_in_a_crash_loop(system):
    start_time = 'process_start_time_seconds{pod="coolkit-3"}'
    for _ in range(30):  # until it is seen, however slowly
        began = system.prometheus.query(start_time)
        system.ring.pods[3].kill()
        system.ring.add(3)
        wait_until(lambda: system.prometheus.query(start_time) not in (began, []),
                   system.prometheus.alerts, FIRE_SECONDS)
        if "CoolkitPodCrashLooping" in system.prometheus.firing():
            return
    pytest.fail(f"no alert: {system.prometheus.alerts()}")


def test_the_database_stops(system):
    system.server.stop()
    fires = {"CoolkitDatabaseDown", "CoolkitDatabaseConnectionErrors", "CoolkitHighErrorRate"}
    follow = {"CoolkitFeedLagging", "CoolkitFeedStopped"}  # which would only say the same again
    wait_until(lambda: system.prometheus.firing() & (fires | follow) == fires,
               system.prometheus.alerts, FIRE_SECONDS)


def test_the_database_is_slow(system):
    system.gate.delay(down=1.5)
    system.wait_until_firing("CoolkitLatencyP95High", "CoolkitLatencyP99High")


def test_the_feed_is_slow(system):
    system.feed_gate.delay(down=0.6)  # above --max-staleness, below what is taken for an end
    system.wait_until_firing("CoolkitFeedLagging")


def test_all_pods_die(system):
    for pod in system.ring.running:
        pod.kill()

    def seen():
        with contextlib.suppress(httpx.HTTPError):  # KEDA asks on, whatever it is told
            httpx.get(f"{system.scaler.url}/estimate/coolkit", trust_env=False, timeout=5.0)
        return {"CoolkitScalerStale", "CoolkitScalerFailing",
                "CoolkitMetricsMissing"} <= system.prometheus.firing()

    wait_until(seen, system.prometheus.alerts, FIRE_SECONDS)
