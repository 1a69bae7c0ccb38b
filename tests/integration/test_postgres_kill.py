"""G1 on PostgreSQL: whatever dies under write load, no acknowledged write is lost, no write is
invented or applied twice, and what is unknown says so."""

import random
import statistics
import time

import pytest

from history import Crowd, History

ROUNDS = 20
WRITERS = 10
WRITES_AROUND = 60  # acknowledged before and after each kill, at least
BACK_SECONDS = 0.6
JITTER_SECONDS = 0.02  # other moments of the commit cycle in other rounds

pytestmark = pytest.mark.alone


@pytest.fixture
def served(request, start_postgres, start_pod):
    """(server, name of the database, pod). Tests of many recoveries let each sync all files at
    once."""
    server = start_postgres(getattr(request, "param", ""))
    name = server.create_database()
    return server, name, start_pod("--log-level", "error", database_url=server.url(name))


recovers = pytest.mark.parametrize("served", ["recovery_init_sync_method = syncfs"], indirect=True,
                                   ids=["syncfs"])


def metric(http, pod, name):
    for line in http.get(f"{pod.ops_url}/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(f"there is no metric {name}")


def incarnation(http, pod):
    """As a token tells it."""
    answer = http.get(f"{pod.url}/v1/kv/c/none", headers={"Cache-Control": "no-cache"})
    return answer.headers["Coolkit-Position"].rpartition(".")[0]


def rounds(history, pod, kill, back):
    """Kills once a round; adds to `back` how long the next acknowledgement took."""
    for number in range(ROUNDS):
        with Crowd(pod.url, history, number, WRITERS) as crowd:
            crowd.await_more(WRITES_AROUND)
            time.sleep(random.uniform(0, JITTER_SECONDS))
            kill(number)
            killed = time.monotonic()
            crowd.await_more(1)
            back.append(time.monotonic() - killed)
            crowd.await_more(WRITES_AROUND)
        yield number


def judge(history, what, back=()):
    print(f"\n{ROUNDS} x {what}: {history.report()}; 0 lost, 0 twice, 0 wrong"
          + (f"; back after {statistics.median(back) * 1000:.0f} ms" if back else ""))
    assert history.counts["acknowledged"] >= 2 * ROUNDS * WRITES_AROUND


def test_sigkill_of_the_service(served, http, collection):
    server, name, pod = served
    history = History(collection)
    for number in range(ROUNDS):
        with Crowd(pod.url, history, number, WRITERS) as crowd:
            crowd.await_more(2 * WRITES_AROUND)
            time.sleep(random.uniform(0, JITTER_SECONDS))
            pod.kill()
        # What it had sent may still be under way: it ends before it is looked at.
        deadline = time.monotonic() + 10
        while server.backends(name):
            assert time.monotonic() < deadline, "a killed service's connections stay"
        pod.restart()
        history.check(http, pod.url)
    judge(history, "SIGKILL of the service")
    assert history.counts["unknown"] > 0, "no write was under way at any kill"


def test_terminated_backends(served, http, collection):
    server, name, pod = served
    history, back = History(collection), []
    life = incarnation(http, pod)

    def kill(_):
        server.ask("postgres", "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM "
                   f"pg_stat_activity WHERE datname = '{name}' AND application_name = 'coolkit' "
                   "ORDER BY state <> 'active', random() LIMIT 8) AS chosen")

    for _ in rounds(history, pod, kill, back):
        history.check(http, pod.url)
    judge(history, "pg_terminate_backend", back)
    assert incarnation(http, pod) == life, "the database's life went on"
    told = metric(http, pod, "coolkit_database_outcome_unknown_total")
    assert told == history.counts["unknown"]


@recovers
def test_sigkilled_backends(served, http, collection):
    """The server ends all connections and recovers by itself: a new life."""
    server, name, pod = served
    history, back = History(collection), []
    lives = {incarnation(http, pod)}
    killed = []

    def kill(_):
        killed.append(server.kill_backend(random.choice(server.backends(name))))

    for _ in rounds(history, pod, kill, back):
        history.check(http, pod.url)
        lives.add(incarnation(http, pod))
    judge(history, "SIGKILL of a backend", back)
    assert len(lives) == 1 + sum(killed), "each crash begins a new life"
    told = metric(http, pod, "coolkit_database_outcome_unknown_total")
    assert told == history.counts["unknown"]


@recovers
def test_immediate_stops_of_the_server(served, http, collection):
    server, _, pod = served
    history, back = History(collection), []
    lives = {incarnation(http, pod)}

    def kill(_):
        server.crash()
        server.start()

    for _ in rounds(history, pod, kill, back):
        history.check(http, pod.url)
        lives.add(incarnation(http, pod))
    judge(history, "immediate stop of PostgreSQL", back)
    # From the moment that the server is ready: however many attempts failed at once, they make one
    # pause.
    assert statistics.median(back) < BACK_SECONDS
    assert len(lives) == 1 + ROUNDS, "each crash begins a new life"
