"""Load for ThreadSanitizer: `tools/gates races` runs these with a binary made by it, whose reports
fail the gate. What was answered is judged as well."""

import os

import pytest

from databases import PostgresDatabase
from nemesis import Nemesis, freeze, judged, load, sql_acts
from ring import Ring

SECONDS = int(os.environ.get("RACES_SECONDS", "31"))  # of each load
MIX = ("get=60,head=2,strong=4,session=9,put=10,delete=4,patch=4,batch-get=4,batch-put=3")

pytestmark = [pytest.mark.races, pytest.mark.timeout(SECONDS + 300)]


def judge_load(nemesis, targets, tmp_path):
    nemesis.start()
    try:
        done = load(targets, tmp_path / "run.history", False, seed=1, seconds=SECONDS, mix=MIX,
                    ttl="2s", threads=2)
    finally:
        nemesis.finish()
    checked = judged([tmp_path / "run.history"], "--outside-writers")["checked"]
    print(f"{done['answers']} answers in {SECONDS} s, faults {nemesis.done}, checked {checked}")
    assert checked["bounded_reads"] > 1_000


def test_a_ring_on_postgres(postgres_server, tmp_path):
    database = PostgresDatabase(postgres_server)
    ring = Ring(tmp_path / "ring", database.url).start(3)
    try:
        def replace_a_pod(choice):
            number = choice.choice([1, 2])
            pod = ring.pods[number]
            pod.kill() if choice.random() < 0.5 else pod.terminate()
            ring.add(number)

        acts = [*sql_acts(postgres_server, database.name), freeze(lambda: list(ring.running)),
                replace_a_pod]
        judge_load(Nemesis(acts, seed=1), [f"http://{address}" for address in ring.addresses[:3]],
                   tmp_path)
    finally:
        ring.close()
        database.close()


def test_two_pods_on_one_sqlite_file(start_pod, tmp_path):
    both = [start_pod("--threads", "4", database_url=f"sqlite:{tmp_path}/both.db")
            for _ in range(2)]
    judge_load(Nemesis([freeze(lambda: both)], seed=2), [pod.url for pod in both], tmp_path)
