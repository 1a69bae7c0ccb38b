"""Bounded, session and strong reads through several pods while somebody else writes with plain SQL
and pods freeze, die or lose the database: `coolkit bench` records, `coolkit check` judges."""

import contextlib
import time

import httpx
import pytest

from coherence import (CALLS, LOAD_SECONDS, SOAK_CALLS, SOAK_READS, TIMEOUT, judge_load,
                       judge_until, preload, soak)
from databases import PostgresDatabase
from gate import Gate
from nemesis import Nemesis, freeze, judged, load, sql_acts
from postgres_server import PostgresServer
from ring import Ring, wait_until

PROMOTION_CALLS = 60_000  # of one of several loads
STALENESS_SECONDS = 0.25


@pytest.fixture
def postgres(postgres_server):
    database = PostgresDatabase(postgres_server)
    yield database
    database.close()


def recovers(pod):
    wait_until(lambda: httpx.put(f"{pod.url}/v1/kv/after/k", content=b"v").is_success,
               lambda: f"{pod.url} recovers", 30)


def judge_two_services(start_pod, postgres, folder, calls, seed):
    with Gate(postgres.server.port) as gate:
        behind = postgres.server.url(postgres.name, port=gate.port)
        both = [start_pod(database_url=behind), start_pod(database_url=postgres.url)]

        def delay_the_database(choice):
            gate.delay(up=choice.uniform(0, 0.1), down=choice.uniform(0, 0.1))
            time.sleep(choice.uniform(0.1, 0.4))
            gate.resume()

        def cut_from_the_database(choice):
            gate.drop("up", "down") if choice.random() < 0.5 else gate.cut_all()
            time.sleep(choice.uniform(0.1, 0.6))
            gate.resume()
            gate.cut_all()

        nemesis = Nemesis([*sql_acts(postgres.server, postgres.name), freeze(lambda: both),
                           delay_the_database, cut_from_the_database], seed)
        checked = judge_load(nemesis, [pod.url for pod in both], folder, calls, seed)
        assert sum(nemesis.done.values()) > 5
        gate.resume()
        for pod in both:
            recovers(pod)
            pod.close()
    return checked


@pytest.mark.alone
@pytest.mark.timeout(TIMEOUT)
def test_two_services_that_do_not_know_each_other(start_pod, postgres, tmp_path):
    judge_two_services(start_pod, postgres, tmp_path, CALLS, seed=7)


@soak
def test_two_services_for_long(start_pod, postgres, tmp_path):
    judge_until(SOAK_READS / 2, lambda seed: judge_two_services(
        start_pod, postgres, tmp_path, SOAK_CALLS, seed))


def judge_a_ring(postgres, folder, calls, seed):
    ring = Ring(folder / f"ring-{seed}", postgres.url).start(3)
    try:
        def replace_a_pod(choice):
            number = choice.choice([1, 2, 3])
            pod = ring.pods[number]
            if choice.random() < 0.5:
                pod.kill()
            else:
                pod.terminate()
            ring.add(number)

        nemesis = Nemesis([*sql_acts(postgres.server, postgres.name),
                           freeze(lambda: list(ring.running)), replace_a_pod], seed)
        targets = [f"http://{address}" for address in ring.addresses[:3]]
        checked = judge_load(nemesis, targets, folder, calls, seed)
        assert nemesis.done["replace_a_pod"] > 0
        ring.wait_until_balanced(3)
    finally:
        ring.close()
    return checked


@pytest.mark.alone
@pytest.mark.timeout(TIMEOUT)
def test_a_ring_whose_pods_freeze_die_and_come_back(postgres, tmp_path):
    judge_a_ring(postgres, tmp_path, CALLS, seed=11)


@soak
def test_a_ring_for_long(postgres, tmp_path):
    judge_until(SOAK_READS / 2, lambda seed: judge_a_ring(postgres, tmp_path, SOAK_CALLS, seed))


class Primary:
    """The server that is the primary now."""

    def __init__(self, server):
        self.server = server

    def __getattr__(self, name):
        return getattr(self.server, name)


def life_of(pod):
    answer = httpx.get(f"{pod.url}/v1/kv/life/k", headers={"Cache-Control": "no-cache"}, timeout=20)
    return answer.headers["Coolkit-Position"].rpartition(".")[0]


@pytest.mark.alone
@pytest.mark.timeout(TIMEOUT)
def test_a_standby_is_promoted_under_load(start_postgres, start_pod, tmp_path):
    """Replication is synchronous, so nothing that was acknowledged may be missing; positions count
    anew, versions go on."""
    first = start_postgres()
    name = first.create_database()
    with contextlib.closing(PostgresServer.standby_of(first)) as standby:
        standby.start()
        first.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        first.ask("postgres", "SELECT pg_reload_conf()")
        url = (f"postgres://postgres@127.0.0.1:{first.port},127.0.0.1:{standby.port}/{name}"
               "?target_session_attrs=read-write")
        both = [start_pod("--log-level", "error", database_url=url) for _ in range(2)]
        lives = {life_of(pod) for pod in both}
        assert len(lives) == 1
        primary = Primary(first)

        def promote_the_standby(choice):
            if primary.server is first:
                first.crash()
                time.sleep(choice.uniform(0, 0.3))
                standby.promote()
                primary.server = standby

        # A backend that is ended while it waits for the standby shows what was not replicated.
        acts = [act for act in sql_acts(primary, name) if act.__name__ != "kill_a_backend"]
        nemesis = Nemesis([*acts, freeze(lambda: both), promote_the_standby], seed=3)
        targets = [pod.url for pod in both]
        histories = [preload(targets, tmp_path)]
        nemesis.start()
        try:
            while len(histories) < 3 or primary.server is first:
                assert len(histories) < 6, "nobody promotes it"
                histories.append(tmp_path / f"{len(histories)}.history")
                load(targets, histories[-1], PROMOTION_CALLS, len(histories), preload=False,
                     seconds=LOAD_SECONDS)
        finally:
            nemesis.finish()
        for pod in both:
            recovers(pod)
        assert lives.isdisjoint(life_of(pod) for pod in both), "it is another life"
    result = judged(histories, "--outside-writers")
    print(result["checked"], nemesis.done, f"{len(histories) - 1} loads")
    assert result["checked"]["bounded_reads"] > (len(histories) - 1) * PROMOTION_CALLS / 4


def test_plain_sql_is_seen_within_the_bound_through_every_pod(start_pod, postgres):
    both = [start_pod(database_url=postgres.url) for _ in range(2)]
    with httpx.Client(trust_env=False) as client, \
            postgres.server.session(postgres.name) as session:
        client.put(f"{both[0].url}/v1/kv/c/k", content=b"0").raise_for_status()
        for n in range(1, 40):
            for pod in both:
                client.get(f"{pod.url}/v1/kv/c/k").raise_for_status()  # it is cached
            session.run(f"UPDATE coolkit.kv SET value = '{n}' WHERE key = 'k'")
            time.sleep(STALENESS_SECONDS)
            for pod in both:
                assert client.get(f"{pod.url}/v1/kv/c/k").content == str(n).encode()


def test_truncate_flushes_every_cache(start_pod, postgres):
    both = [start_pod(database_url=postgres.url) for _ in range(2)]
    with httpx.Client(trust_env=False) as client, \
            postgres.server.session(postgres.name) as session:
        before = client.put(f"{both[0].url}/v1/kv/c/k", content=b"v").headers["etag"]
        for pod in both:
            assert client.get(f"{pod.url}/v1/kv/c/k").status_code == 200
        session.run("TRUNCATE coolkit.entry")
        time.sleep(STALENESS_SECONDS)
        for pod in both:
            assert client.get(f"{pod.url}/v1/kv/c/k").status_code == 404
        after = client.put(f"{both[1].url}/v1/kv/c/k", content=b"w").headers["etag"]
        assert int(after.strip('"')) > int(before.strip('"')), "versions never come again"
