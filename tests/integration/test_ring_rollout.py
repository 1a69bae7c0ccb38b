"""A ring stays warm and answers everything while its pods are replaced, added, removed and killed;
a cold one reads each key from the database once.

`make test` runs short forms with few pods, which assert nothing about time; `make soak` ten pods
under recorded traces, against a control run (docs/benchmarks/ring-rollout.md)."""

import json
import lzma
import os
import pathlib
import random
import signal
import struct
import threading
import time

import pytest

import pod as pods
from databases import PostgresDatabase
from nemesis import Load, load
from ring import Ring, wait_until

TRACES = pathlib.Path(os.environ.get("COOLKIT_TRACES", pods.ROOT.parent / "shared" / "traces"))
FLAGS = ("--threads", "1", "--log-level", "warn", "--tombstone-retention", "24h")
READS = "get=100"


@pytest.fixture
def open_ring(tmp_path, start_postgres):
    """`open_ring(size, *flags)`: rings one after the other over one database; clients use its
    `service`, unless `balanced_by=False`."""
    server = start_postgres("max_connections = 250\nfsync = off\nautovacuum = off")
    database, rings = PostgresDatabase(server), []

    def start(size, *flags, **options):
        for ring in rings:
            ring.close()
        rings.clear()
        ring = Ring(tmp_path / f"ring-{time.monotonic_ns()}", database.url, *FLAGS, *flags,
                    **{"size_max": 2 * size + 2, "dns": True, "balanced_by": True} | options)
        ring.database = database
        rings.append(ring)
        return ring.start(size)

    yield start
    for ring in rings:
        ring.close()
    database.close()


def write_keys(ring, **keys):
    load([ring.service.url], False, 1, 1, 600, mix=READS, **keys)


def synthetic_trace(path, requests, keys):
    """Popular keys, and always some new ones."""
    choice = random.Random(1)
    with open(path, "wb") as file:
        for _ in range(requests):
            file.write(struct.pack(">I", min(int(choice.paretovariate(0.6)), keys)))
    return path


def recorded_trace(path, name, requests):
    source = TRACES / f"{name}.trace.xz"
    if not source.exists():
        pytest.skip(f"{source} is not there")
    with lzma.open(source) as packed:
        path.write_bytes(packed.read(4 * requests))
    return path


def replay(ring, trace, rate, warm, seconds, act):
    """What the clients and the database saw while `act` was done to the warm ring."""
    work = Load([ring.service.url], False, 1_000_000_000, 1, seconds, mix=READS, trace=trace,
                warm_up=f"{warm}s", rate=rate, preload=False, connections=32)
    try:
        time.sleep(warm)
        before = ring.keys_loaded()
        act()
        report = work.finish()
    finally:
        work.process.kill()
    latency = report["all"]["latency_ms"]
    return {"answers": report["answers"], "failed": report["failed"], "unsent": report["unsent"],
            "failures": report["failures"], "hits": report["hits"] / report["reads"],
            "database_reads": ring.keys_loaded() - before, "p99": latency["p99"],
            "p50": latency["p50"]}


def compare_roll(open_ring, size, trace, cache, rate, warm, seconds):
    ring = open_ring(size, "--cache-bytes", cache)
    write_keys(ring, trace=trace)
    results = {}
    for name in ("control", "rollout"):
        ring = open_ring(size, "--cache-bytes", cache)
        took = []

        def act(name=name, ring=ring, took=took):
            began = time.monotonic()
            if name == "rollout":
                ring.roll(0.1)
            took.append(time.monotonic() - began)

        results[name] = replay(ring, trace, rate, warm, seconds, act)
        results[name]["seconds"] = round(took[0], 1)
    print(json.dumps({"pods": size, "trace": trace.name} | results))
    assert results["rollout"]["failed"] == 0, results
    return results["control"], results["rollout"]


@pytest.mark.alone
def test_a_rolling_update_keeps_the_memory(open_ring, tmp_path):
    trace = synthetic_trace(tmp_path / "synthetic", 200_000, 20_000)
    control, rollout = compare_roll(open_ring, 3, trace, "64MiB", 400, 5, 15)
    # What is in memory is not read again; what is new is read in both.
    assert rollout["hits"] > 0.9 * control["hits"]


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name, cache", [("orm-busy", "1MiB"), ("w106", "2MiB")])
def test_a_rolling_update_of_ten_pods_under_a_trace(open_ring, tmp_path, name, cache):
    rate, warm, seconds = 2000, 40, 60
    trace = recorded_trace(tmp_path / name, name, rate * (warm + seconds))
    control, rollout = compare_roll(open_ring, 10, trace, cache, rate, warm, seconds)
    assert rollout["seconds"] < seconds, "the load ended before the rollout"
    assert rollout["hits"] >= 0.99 * control["hits"]
    assert rollout["database_reads"] <= 1.1 * control["database_reads"]
    assert rollout["p99"] <= 2 * control["p99"]


# ------------------------------------------------------------------------------------- scaling


class ReadRates:
    """Keys per second that a ring reads from the database, in windows from the start on."""

    def __init__(self, ring, window):
        self._ring, self._window, self._ended = ring, window, threading.Event()
        self._points, self._thread = [], threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self):
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            self._points.append((time.monotonic(), self._ring.keys_loaded()))
            due += self._window

    def end(self):
        self._ended.set()
        self._thread.join()
        return [(now - before) / (at - last)
                for (last, before), (at, now) in zip(self._points, self._points[1:])]


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_to_twenty_to_ten_pods(open_ring, tmp_path):
    """The database is never read more than a fifth above the steady state, in any 5 s. Where the
    trace itself asks for more, steady is what a ring reads then that nobody scales."""
    rate, warm, seconds = 2000, 40, 80
    trace = recorded_trace(tmp_path / "w106", "w106", rate * (warm + seconds))
    ring = open_ring(10, "--cache-bytes", "2MiB")
    write_keys(ring, trace=trace)
    results, rates, took = {}, {}, []
    for name in ("control", "scaled"):
        ring = open_ring(10, "--cache-bytes", "2MiB")
        sampled = []

        def act(name=name, ring=ring, sampled=sampled):
            sampled.append(ReadRates(ring, 5))
            if name == "scaled":
                began = time.monotonic()
                ring.scale(20)
                took.append(round(time.monotonic() - began, 1))
                time.sleep(10)  # so long with twenty
                ring.scale(10)
                took.append(round(time.monotonic() - began, 1))

        results[name] = replay(ring, trace, rate, warm, seconds, act)
        rates[name] = sampled[0].end()
    steady = sum(rates["control"]) / len(rates["control"])
    above = [after / max(steady, same_time)
             for after, same_time in zip(rates["scaled"], rates["control"])]
    print(json.dumps(results | {"rates": rates, "steady": steady, "took": took,
                                "above": max(above)}))
    assert took[1] < seconds, "the load ended before"
    assert results["scaled"]["failed"] == 0, results
    assert max(above) <= 1.2, above


# ------------------------------------------------------------------------------------- a death


def die_under_load(open_ring, size, keys, rate, seconds):
    """(reads of the database after the kill, the report of reads, of writes, later hits)"""
    ring = open_ring(size, "--cache-bytes", "64MiB")
    write_keys(ring, keys=keys)
    others = [ring.pods[n].url for n in range(1, size)]

    def loaded_by_others():
        return sum(ring.metric(ring.pods[n], "coolkit_database_keys_loaded_total")
                   for n in range(1, size))

    load(others, False, 4 * keys, 2, 300, keys=keys, key_law="uniform", mix=READS, preload=False)
    before = loaded_by_others()
    reads = Load(others, False, 1_000_000_000, 3, seconds, keys=keys, key_law="uniform", mix=READS,
                 rate=rate, preload=False, connections=24)
    writes = Load(others, False, 1_000_000_000, 4, seconds, keys=200, collection="written",
                  mix="put=100", rate=rate / 10, preload=False, connections=8)
    time.sleep(seconds / 3)
    ring.pods[size].kill()
    read, written = reads.finish(), writes.finish()
    cost = loaded_by_others() - before
    ring.wait_until_balanced(size - 1)
    later = load(others, False, 2 * keys, 5, 300, keys=keys, key_law="uniform", mix=READS,
                 preload=False)
    result = {"database_reads": cost, "read_failed": read["failed"],
              "p99": read["all"]["latency_ms"]["p99"], "written": written["answers"],
              "write_failures": written["failures"], "hits_after": later["hits"] / later["reads"]}
    print(json.dumps({"pods": size, "keys": keys} | result))
    # What the dead pod may have taken is unknown; everything else is answered.
    assert read["failed"] == 0, read["failures"]
    assert set(written["failures"]) <= {"504"}, written["failures"]
    return result


@pytest.mark.alone
def test_a_death_costs_no_read_and_no_refusable_write(open_ring):
    result = die_under_load(open_ring, 3, 1000, 300, 9)
    assert result["hits_after"] > 0.5


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_death_among_ten(open_ring):
    keys = 20_000
    result = die_under_load(open_ring, 10, keys, 2000, 30)
    assert result["database_reads"] <= 1.5 * keys / 10, "only what the dead pod had is read again"
    assert result["hits_after"] >= 0.99


# ------------------------------------------------------------------------------------- a herd


def herd(open_ring, size, clients):
    keys = 100
    ring = open_ring(size, balanced_by=False, dns=False)
    targets = [pod.url for pod in ring.running]
    load(targets, False, 1, 1, 60, keys=keys, mix=READS)
    for number in ring.running_numbers:  # cold
        ring.pods[number].signal(signal.SIGKILL)
        ring.pods[number].kill()
    ring.add_all(range(1, size + 1))
    ring.wait_until_balanced()
    before = ring.keys_loaded()
    report = load(targets, False, 3 * clients, 6, 60, keys=keys, key_law="uniform", mix=READS,
                  connections=clients, preload=False, random_target=False)
    cost = ring.keys_loaded() - before
    print(json.dumps({"pods": size, "clients": clients, "database_reads": cost}))
    assert report["failed"] == 0, report["failures"]
    return cost


@pytest.mark.alone
def test_a_herd_reads_each_key_once(open_ring):
    assert 100 <= herd(open_ring, 3, 200) <= 300, "of 600 calls"


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_herd_of_a_thousand_clients_on_ten_pods(open_ring):
    assert 100 <= herd(open_ring, 10, 1000) <= 110


# ------------------------------------------------------------------------------------- the budget


def connections_of_pods(database):
    """As the server counts them, for this database's pods."""
    return database.server.backends(database.name)


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_twenty_pods_that_come_and_go_keep_to_the_budget(tmp_path, postgres_server):
    """Counted in the database again and again, while pods of two rings join, leave and die."""
    budget = 40
    database = PostgresDatabase(postgres_server)
    rings = [Ring(tmp_path / name, database.url, *FLAGS, "--database-connections", str(budget),
                  "--database-connections-per-pod", "8", name=name, size_max=12) for name in "ab"]
    counts, over, choice = [], threading.Event(), random.Random(1)

    def count():
        while not over.is_set():
            counts.append(len(connections_of_pods(database)))

    counter = threading.Thread(target=count)
    counter.start()
    try:
        for ring in rings:
            ring.start(4)
        load([pod.url for ring in rings for pod in ring.running], False, 3000, 1, 60, keys=2000,
             mix="strong=50,put=50")
        for ring in rings:
            ring.add_all(range(5, 11))
        work = Load([rings[0].pods[1].url, rings[1].pods[1].url], False, 1_000_000_000, 1, 60,
                    keys=2000, mix="strong=50,put=50")
        for _ in range(6):
            ring = choice.choice(rings)
            number = choice.choice(ring.running_numbers[1:])
            ring.pods[number].kill()
            ring.add(number)
        for ring in rings:
            ring.remove(range(6, 11))
        report = work.finish(at_once=True)
        assert report["answers"] > 0
        wait_until(lambda: sum(ring.total("coolkit_database_connections_limit")
                               for ring in rings) <= budget, lambda: counts[-5:])
    finally:
        over.set()
        counter.join()
        for ring in rings:
            ring.close()
        database.close()
    print(json.dumps({"counted": len(counts), "most": max(counts), "budget": budget}))
    assert len(counts) > 20
    assert len(rings) < max(counts) <= budget
