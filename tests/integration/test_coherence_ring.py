"""Two rings on one database under the faults of docs/correctness.md: bounded, session and strong
reads and writes through any pod, judged by `coolkit check`; in the end everything recovers.

`make test` runs the cases together in some groups with five pods; `make soak` each with ten, and a
million operations."""

import contextlib
import json
import os
import threading

import pytest

from nemesis import Load, Nemesis, freeze, judged, load, sql_acts
from ring import wait_until
from two_rings import TwoRings

LONG_CALLS = int(os.environ.get("COHERENCE_RING_CALLS", "1000000"))
LONG_SECONDS = 1800
UNLIMITED = 1_000_000_000
# What happens in a case, beside plain SQL: methods of TwoRings; flags of the pods and of the load.
CASES = {
    "discovery": {"acts": ["discovery_lies"]},
    "loads": {"acts": ["the_way_to_the_database_is_slow"], "paths": True},
    "feed": {"acts": ["tailers_fall_silent", "a_tailer_dies"]},
    "frozen": {"acts": ["a_pod_freezes_for_long", "a_pod_starves"]},
    "partitions": ({"acts": ["one_way_is_lost", "a_pod_is_cut_off",
                             "the_way_to_the_database_is_lost"], "paths": True}),
    "transactions": {"acts": ["transactions_pass_by", "the_database_crashes"]},
    "answers": {"acts": ["an_answer_of_the_database_is_lost"], "paths": True},
    "deletions": ({"acts": ["transactions_pass_by"],
                   "load": {"mix": "get=50,session=10,strong=2,put=19,delete=19", "keys": 50}}),
    "absences": ({"acts": ["a_tailer_dies"],
                  "load": {"mix": "get=88,session=6,put=3,delete=3", "key_law": "uniform"}}),
    "expiry": ({"acts": ["a_pod_freezes_for_long", "the_way_to_the_database_is_slow"],
                "load": {"ttl": "300ms"}, "paths": True}),
    "replacement": ({"acts": ["a_pod_is_replaced", "a_ring_is_rolled", "a_sender_dies_handing_over",
                              "a_receiver_dies_handing_over"]}),
    "scaling": {"acts": ["a_ring_doubles_and_halves", "a_ring_starts_anew"]},
    "hot": {"acts": ["the_owner_of_the_hot_key_dies"], "load": {"key_law": "hotspot:0.5:1"}},
}
# The same, for the time that `make test` has.
GROUPS = {
    "discovery-feed-frozen": ["discovery", "feed", "frozen"],
    "partitions-answers-loads-expiry": ["partitions", "answers", "loads", "expiry"],
    "transactions-deletions": ["transactions", "deletions"],
    "replacement-scaling-hot": ["replacement", "scaling", "hot"],
}
NEIGHBOUR = os.environ.get("COOLKIT_NEIGHBOUR")  # a binary of another release


def merged(names):
    """One case that has the acts of several."""
    cases = [CASES[name] for name in names]
    return {"acts": sorted({act for case in cases for act in case["acts"]}),
            "paths": any(case.get("paths") for case in cases),
            "load": {name: value for case in cases for name, value in case.get("load", {}).items()}}


def run_case(case, rings, folder, calls, seed):
    """Load, faults, recovery, verdict. With `calls` 0 every fault happens once, and the load goes
    on as long."""
    history = folder / "run.history"
    acts = [getattr(rings, act) for act in case["acts"]]
    if calls:  # rather these than plain SQL
        acts += acts
    nemesis = Nemesis([*acts, *sql_acts(rings.server, rings.database.name), freeze(rings.running)],
                      seed, deck=not calls)
    work = Load(rings.targets, history, calls or UNLIMITED, seed, LONG_SECONDS,
                **case.get("load", {}))
    # It writes its keys first.
    wait_until(lambda: any(ring.total("coolkit_cache_requests_total") for ring in rings.rings),
               lambda: "nobody reads")
    nemesis.start()
    try:
        if calls:
            report = work.finish()
            nemesis.finish()
        else:
            nemesis.finish()
            report = work.finish(at_once=True)
    finally:
        work.process.kill()
    after = rings.recover(folder)
    result = judged([history], "--outside-writers")
    judged([after])
    print(json.dumps({"recorded": report["recorded"], "failed": report["failed"],
                      "checked": result["checked"], "faults": nemesis.done, "seconds": {
                          act: round(seconds, 1) for act, seconds in nemesis.seconds.items()}}))
    assert any(nemesis.done[act] for act in case["acts"]), "none of the faults happened"
    assert result["checked"]["bounded_reads"] > 0
    return result


@contextlib.contextmanager
def two_rings(folder, server, sizes, case, *flags):
    rings = TwoRings(folder, server, sizes, *flags, paths=case.get("paths", False))
    try:
        yield rings.start()
    finally:
        rings.close()


@pytest.mark.alone
@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", GROUPS)
def test_faults_together(group, start_postgres, tmp_path):
    case = merged(GROUPS[group])
    server = start_postgres("max_connections = 100\nfsync = off")
    with two_rings(tmp_path, server, (3, 2), case) as rings:
        run_case(case, rings, tmp_path, 0, seed=3)


@pytest.mark.soak
@pytest.mark.timeout(3 * LONG_SECONDS)
@pytest.mark.parametrize("name", CASES)
def test_a_million_operations(name, start_postgres, tmp_path):
    case = CASES[name]
    server = start_postgres("max_connections = 200")
    with two_rings(tmp_path, server, (5, 5), case) as rings:
        result = run_case(case, rings, tmp_path, LONG_CALLS, seed=5)
    assert sum(sum(kind.values()) for kind in result["by_kind"].values()) >= LONG_CALLS * 0.9


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_large_values_and_a_flood_of_absent_keys(start_postgres, tmp_path):
    """Values of 1 MB, and reads of a million keys that are not there, beside the usual load while
    the owner of its hot key dies: memory stays within its limit."""
    case = CASES["hot"]
    server = start_postgres("max_connections = 200")
    with two_rings(tmp_path, server, (3, 2), case) as rings:
        big = tmp_path / "big.history"
        beside = [
            threading.Thread(target=load, args=(rings.targets, big, 3_000, 7, 240), kwargs={
                "collection": "big", "keys": 20, "value_bytes": "900000-1048576",
                "connections": 4, "mix": "get=70,session=10,put=20"}),
            threading.Thread(target=load, args=(rings.targets, False, 1_000_000, 8, 240), kwargs={
                "collection": "void", "keys": 1_000_000, "key_law": "uniform", "mix": "get=100",
                "preload": False})]
        for thread in beside:
            thread.start()
        run_case(case, rings, tmp_path, 100_000, seed=9)
        for thread in beside:
            thread.join()
        judged([big])
        for ring in rings.rings:
            for pod in ring.running:
                limit = ring.metric(pod, "coolkit_cache_limit_bytes")
                assert ring.metric(pod, "coolkit_cache_bytes") <= limit


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.skipif(NEIGHBOUR is None, reason="COOLKIT_NEIGHBOUR names no other release")
def test_two_releases_in_one_ring(start_postgres, tmp_path):
    case = CASES["replacement"]
    with two_rings(tmp_path, start_postgres("max_connections = 200"), (3, 2), case) as rings:
        for ring in rings.rings:
            ring.remove([1])
            ring.pods[1].program = NEIGHBOUR
            ring.add(1)
        run_case(case, rings, tmp_path, 200_000, seed=13)
