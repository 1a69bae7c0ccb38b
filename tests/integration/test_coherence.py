"""Bounded, session and strong reads through several pods while somebody else writes with plain SQL
and pods freeze, die or lose the database: `coolkit bench` records, `coolkit check` judges."""

import json
import os
import random
import signal
import subprocess
import threading
import time

import httpx
import pytest

import pod as pods
from databases import PostgresDatabase
from gate import Gate
from ring import Ring, wait_until

CALLS = int(os.environ.get("COHERENCE_CALLS", "520000"))
MIX = "get=78,session=8,strong=2,put=8,delete=2,patch=1,batch-put=1"
STALENESS_SECONDS = 0.25


class Nemesis(threading.Thread):
    """Does one of `acts` after the other, drawn from a seed, until it is told to end."""

    def __init__(self, acts, seed):
        super().__init__(daemon=True)
        self.acts, self.random = acts, random.Random(seed)
        self.done = {act.__name__: 0 for act in acts}
        self.over, self.problem = threading.Event(), None

    def run(self):
        try:
            while not self.over.wait(self.random.uniform(0.05, 0.4)):
                act = self.random.choice(self.acts)
                act(self.random)
                self.done[act.__name__] += 1
        except Exception as problem:  # shown by finish, in the test's thread
            self.problem = problem

    def finish(self):
        self.over.set()
        self.join(60)
        if self.problem is not None:
            raise self.problem


def load(targets, history, calls, seed):
    """Runs a closed loop to its end; gives its report."""
    words = [word for url in targets for word in ("--target", url)]
    done = subprocess.run(
        [str(pods.binary()), "bench", "--quiet", "--json", *words, "--random-target", "--preload",
         "--keys", "400", "--key-law", "zipf:0.8", "--mix", MIX, "--calls", str(calls),
         "--connections", "48", "--duration", "100s", "--timeout", "5s", "--seed", str(seed),
         "--history", str(history)],
        capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def judged(histories, *flags):
    done = subprocess.run([str(pods.binary()), "check", "--json", *map(str, histories), *flags],
                          capture_output=True, text=True, check=False, timeout=60)
    report = json.loads(done.stdout)
    assert (done.returncode, report["violations"]) == (0, []), done.stdout[:4000]
    return report


def sql_acts(server, name):
    """What people and programs do with plain SQL, to the same keys."""

    def update_some(choice):
        with server.session(name) as session:
            last = choice.randrange(10)
            session.run("UPDATE coolkit.kv SET value = convert_to('sql ' || random(), 'UTF8') "
                        f"WHERE collection = 'bench' AND key LIKE '%{last}'")

    def hold_a_transaction(choice):
        with server.session(name) as session:
            session.run("BEGIN")
            session.run("UPDATE coolkit.kv SET value = 'long' WHERE collection = 'bench' "
                        f"AND key = 'k{choice.randrange(400):08d}'")
            session.run("SAVEPOINT s")
            session.run("UPDATE coolkit.kv SET value = 'undone' WHERE collection = 'bench' "
                        f"AND key = 'k{choice.randrange(400):08d}'")
            session.run("ROLLBACK TO s")
            time.sleep(choice.uniform(0.05, 0.5))
            session.run(choice.choice(["COMMIT", "ROLLBACK"]))

    def write_in_bulk(choice):
        with server.session(name) as session:
            session.run("INSERT INTO coolkit.kv (collection, key, value) SELECT 'bulk', "
                        f"'{choice.random()}-' || n, 'x' FROM generate_series(1, 20000) n")

    def kill_a_backend(choice):
        backends = server.backends(name)
        if backends:
            server.ask("postgres", f"SELECT pg_terminate_backend({choice.choice(backends)})")

    return [update_some, hold_a_transaction, write_in_bulk, kill_a_backend]


def freeze(running):
    def freeze_a_pod(choice):
        pod = choice.choice(running())
        pod.signal(signal.SIGSTOP)
        time.sleep(choice.uniform(0.1, 0.8))
        pod.signal(signal.SIGCONT)
    return freeze_a_pod


@pytest.fixture
def postgres(postgres_server):
    database = PostgresDatabase(postgres_server)
    yield database
    database.close()


@pytest.mark.alone
def test_two_services_that_do_not_know_each_other(start_pod, postgres, tmp_path):
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
                           delay_the_database, cut_from_the_database], seed=7)
        nemesis.start()
        try:
            load([pod.url for pod in both], tmp_path / "run.history", CALLS, seed=7)
        finally:
            nemesis.finish()
            gate.resume()
        for pod in both:
            wait_until(lambda: httpx.put(f"{pod.url}/v1/kv/after/k", content=b"v").is_success,
                       lambda: f"{pod.url} recovers", 10)
    result = judged([tmp_path / "run.history"], "--outside-writers")
    print(json.dumps({"checked": result["checked"], "faults": nemesis.done}))
    assert result["checked"]["bounded_reads"] > CALLS / 4
    assert sum(nemesis.done.values()) > 5


@pytest.mark.alone
def test_a_ring_whose_pods_freeze_die_and_come_back(postgres, tmp_path):
    ring = Ring(tmp_path / "ring", postgres.url).start(3)
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
                           freeze(lambda: [pod for pod in ring.running]), replace_a_pod], seed=11)
        nemesis.start()
        targets = [f"http://{address}" for address in ring.addresses[:3]]
        try:
            load(targets, tmp_path / "run.history", CALLS, seed=11)
        finally:
            nemesis.finish()
        result = judged([tmp_path / "run.history"], "--outside-writers")
        print(json.dumps({"checked": result["checked"], "faults": nemesis.done}))
        assert result["checked"]["bounded_reads"] > CALLS / 4
        assert nemesis.done["replace_a_pod"] > 0
        ring.wait_until_balanced(3)
    finally:
        ring.close()


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
