"""Single promises of the PostgreSQL store: who waits for whom, what fails alone, what a failover
leaves behind."""

import base64
import contextlib
import random
import statistics
import threading
import time

import httpx
import pytest

from history import Crowd, History
from postgres_server import PostgresServer, free_port

B_SECONDS = 0.25
STRONG = {"Cache-Control": "no-cache"}
DATABASES = ("postgres",)


def timed(work):
    began = time.monotonic()
    return work(), time.monotonic() - began


def in_background(work):
    """A function that waits for what `work` returned and how long it took."""
    results = []
    thread = threading.Thread(target=lambda: results.append(timed(work)))
    thread.start()

    def end():
        thread.join(30)
        return results[0]

    return end


def put(url, key, value=b"v"):
    return httpx.put(f"{url}/v1/kv/c/{key}", content=value, timeout=20, trust_env=False)


def eventually(check):
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def await_waiting_for_lock(database):
    count = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
             "wait_event_type = 'Lock'")
    deadline = time.monotonic() + 10
    while database.run(count) == [("0",)]:
        assert time.monotonic() < deadline, "nobody waits for the lock"
        time.sleep(0.002)


# ------------------------------------------------------------------------------------------ waits


def test_a_locked_row_holds_up_only_its_own_key(start_pod, database, http):
    pod = start_pod("--request-timeout", "1500ms", database_url=database.url)
    for number in range(30):
        assert put(pod.url, f"k{number}").status_code == 201
    with database.server.session(database.name) as other:
        other.run("BEGIN; SELECT key FROM coolkit.entry WHERE key = 'k7' FOR UPDATE")
        late = in_background(lambda: put(pod.url, "k7", b"late"))
        await_waiting_for_lock(database)
        seconds = []
        for number in range(30):
            if number != 7:
                answer, took = timed(lambda n=number: http.put(f"{pod.url}/v1/kv/c/k{n}",
                                                               content=b"new"))
                assert answer.status_code == 204
                seconds.append(took)
        answer = http.get(f"{pod.url}/v1/kv/c/k7", headers=STRONG)
        assert answer.content == b"v", "a lock does not keep readers out"
        answer, took = late()
        assert answer.json()["code"] == "deadline_exceeded", answer.text
        assert "locked" in answer.json()["detail"]
        assert 1.4 < took < 8
        print(f"\nthe others took at most {max(seconds) * 1000:.0f} ms, the late one {took:.2f} s")
        assert max(seconds) < 1.4 and statistics.median(seconds) < 0.5, "nobody waits with it"
        waits = in_background(lambda: put(pod.url, "k7", b"waited"))
        await_waiting_for_lock(database)
        other.run("COMMIT")
    answer, _ = waits()
    assert answer.status_code == 204
    assert http.get(f"{pod.url}/v1/kv/c/k7", headers=STRONG).content == b"waited"


def test_batches_of_two_pods_do_not_deadlock(start_pod, database):
    """Sorted, backwards, shuffled, with keys twice; of single writes and atomic."""
    # Else lock_timeout ends a deadlock before the server looks for one.
    database.run(f"ALTER DATABASE {database.name} SET deadlock_timeout = '5ms'")
    pods = [start_pod(database_url=database.url) for _ in range(2)]
    problems = []
    end = time.monotonic() + 3
    written = [0]

    def write(pod, seed):
        chance = random.Random(seed)
        with httpx.Client(base_url=pod.url, timeout=20, trust_env=False) as client:
            while time.monotonic() < end and not problems:
                keys = sorted(chance.choices(range(40), k=30))
                order = chance.choice(("sorted", "backwards", "shuffled"))
                if order == "backwards":
                    keys.reverse()
                elif order == "shuffled":
                    chance.shuffle(keys)
                answer = client.post("/v1/kv/c:batchWrite", json={
                    "atomic": chance.random() < 0.3,
                    "items": [{"key": f"k{key:02d}", "text": "v"} for key in keys]})
                wrong = [item for item in answer.json().get("items", [answer.text])
                         if not isinstance(item, dict) or item["status"] not in (201, 204)]
                problems.extend(wrong[:1])
                written[0] += len(keys)

    threads = [threading.Thread(target=write, args=(pods[n % 2], n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not problems, problems
    for pod in pods:
        pod.terminate()  # a backend reports its counts at its end
    rows = database.run("SELECT deadlocks, xact_commit FROM pg_stat_database "
                        "WHERE datname = current_database()")
    print(f"\n{written[0]} writes in {rows[0][1]} transactions, {rows[0][0]} deadlocks")
    assert rows[0][0] == "0"
    assert written[0] > 300


def test_large_values_do_not_stall_small_ones(start_pod, database, http):
    pod = start_pod(database_url=database.url)

    def small(name, count=150):
        seconds = []
        for number in range(count):
            answer, took = timed(lambda n=number: http.put(f"{pod.url}/v1/kv/c/{name}-{n}",
                                                           content=b"small"))
            assert answer.status_code == 201
            seconds.append(took)
        return sorted(seconds)

    alone = small("alone")
    stop = threading.Event()
    large = []

    def write_large(number):
        body = bytes(1 << 20)
        with httpx.Client(timeout=20, trust_env=False) as client:
            while not stop.is_set():
                answer = client.put(f"{pod.url}/v1/kv/c/large-{number}", content=body)
                large.append(answer.status_code)

    threads = [threading.Thread(target=write_large, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        beside = small("beside")
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    p99 = [seconds[int(len(seconds) * 0.99)] for seconds in (alone, beside)]
    print(f"\np99 of small values: {p99[0] * 1000:.1f} ms alone, {p99[1] * 1000:.1f} ms beside "
          f"{len(large)} of 1 MiB")
    assert set(large) <= {201, 204} and len(large) > 4
    assert p99[1] < 1 + 10 * p99[0]


# ------------------------------------------------------------------------------------ fails alone


def test_each_failing_item_of_a_batch_fails_alone(pod, http):
    version = put(pod.url, "there").headers["ETag"]
    items = [
        ({"key": "a", "text": "1"}, 201, None),
        ({"key": "nul\0", "text": "1"}, 400, "invalid_key"),
        ({"key": "big", "base64": base64.b64encode(bytes((1 << 20) + 1)).decode()}, 413,
         "payload_too_large"),
        ({"key": "b", "text": "1", "if_match": '"1"'}, 412, "precondition_failed"),
        ({"key": "there", "text": "1", "if_match": version}, 204, None),
        ({"key": "there", "text": "2", "if_match": version}, 412, "precondition_failed"),
        ({"key": "c", "text": "1", "ttl": "1 week"}, 400, "invalid_ttl"),
        ({"key": "..", "text": "1"}, 400, "invalid_key"),
        ({"key": "gone", "method": "delete"}, 404, "not_found"),
        ({"key": "d", "text": "1"}, 201, None),
    ]
    answer = http.post(f"{pod.url}/v1/kv/c:batchWrite", json={"items": [i for i, _, _ in items]})
    told = [(item["status"], item.get("code")) for item in answer.json()["items"]]
    assert told == [(status, code) for _, status, code in items]
    listed = http.get(f"{pod.url}/v1/kv/c").json()["items"]
    assert [item["key"] for item in listed] == ["a", "d", "there"]
    assert http.post(f"{pod.url}/v1/kv/BAD:batchWrite", json={
        "items": [{"key": "a", "text": "1"}]}).json()["code"] == "invalid_collection"


def test_bad_keys_never_reach_the_commit_of_their_neighbours(pod, http):
    """Many writers at once, so that commits are shared; some ask for what no text column takes."""
    wrong = ["%ff", "a%00", "%c0%80", "%ed%a0%80", "x%fe%ff"]
    problems, good = [], []

    def write(number):
        with httpx.Client(timeout=20, trust_env=False) as client:
            for i in range(40):
                bad = i % 2 == number % 2
                key = wrong[i % len(wrong)] if bad else f"{number}-{i}"
                answer = client.put(f"{pod.url}/v1/kv/c/{key}", content=b"v")
                if answer.status_code != (400 if bad else 201):
                    problems.append((key, answer.status_code, answer.text))
                good.append(not bad)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not problems, problems[:3]
    bad = b'{"items":[{"key":"good","text":"1"},{"key":"\xff","text":"2"}]}'
    answer = http.post(f"{pod.url}/v1/kv/c:batchWrite", content=bad,
                       headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    metrics = http.get(f"{pod.ops_url}/metrics").text
    errors = [line for line in metrics.splitlines()
              if line.startswith("coolkit_database_statement_errors_total") and
              not line.endswith(" 0")]
    assert not errors, errors


# --------------------------------------------------------------------------------------- failover


def token_life(answer):
    return answer.headers["Coolkit-Position"].rpartition(".")[0]


def await_answer(ask, wanted, seconds=20):
    """Until `ask()` has this status: the service finds its database again by itself."""
    deadline = time.monotonic() + seconds
    while (answer := ask()).status_code not in wanted:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.01)
    return answer


def status_of(answer):
    return answer.headers["Cache-Status"]


@pytest.mark.alone
def waiting_pod(start_postgres, start_pod):
    """A server that is stopped, and a pod that waits for it."""
    server = start_postgres()
    url = server.url(server.create_database())
    server.stop()
    pod = start_pod("--database-start-timeout", "5m", database_url=url,
                    ops_listen=f"127.0.0.1:{free_port()}", listening=False)
    pod.spawn()
    eventually(lambda: "waiting for the database" in pod.stderr())
    return server, pod


def test_a_start_without_the_database_is_alive_and_not_ready(start_postgres, start_pod, http):
    server, pod = waiting_pod(start_postgres, start_pod)
    ops = f"http://{pod.ops_listen}"
    codes = {path: http.get(ops + path).status_code for path in (
        "/healthz/process", "/livez", "/healthz", "/healthz?exclude=database", "/startupz")}
    assert codes == {"/healthz/process": 200, "/livez": 200, "/healthz": 503,
                     "/healthz?exclude=database": 503, "/startupz": 503}
    assert 'coolkit_health_check_status{check="database"} 0' in http.get(f"{ops}/metrics").text
    assert http.get(f"{ops}/ring").json()["members"] == []
    server.start()
    pod.wait_until_listening()
    eventually(lambda: http.get(f"{ops}/healthz").status_code == 200)
    assert put(pod.url, "k", b"v").status_code == 201


def test_a_start_that_waits_ends_when_it_is_told_to(start_postgres, start_pod):
    _, pod = waiting_pod(start_postgres, start_pod)
    pod.terminate()


def test_a_restart_at_the_same_address_is_found_again(start_postgres, start_pod, http):
    server = start_postgres()
    name = server.create_database()
    pod = start_pod("--log-level", "error", database_url=server.url(name))
    target = f"{pod.url}/v1/kv/c/k"
    life = token_life(http.put(target, content=b"1"))
    assert http.get(target).content == b"1"
    server.stop()
    assert http.put(target, content=b"2").json()["code"] == "database_unavailable"
    time.sleep(B_SECONDS)
    stale = http.get(target)
    assert stale.content == b"1" and "detail=stale" in status_of(stale)
    server.start()
    clean = await_answer(lambda: http.put(target, content=b"3"), (204,))
    assert token_life(clean) == life, "a clean restart keeps the incarnation"
    server.crash()
    server.start()
    server.ask(name, "UPDATE coolkit.kv SET value = 'outside'")
    back = await_answer(lambda: http.get(target, headers=STRONG), (200,))
    assert back.content == b"outside" and token_life(back) != life
    # R12: that statement has ended the old life here, whenever the feed hears of it.
    assert http.get(target).content == b"outside"


@pytest.mark.alone
def test_a_promoted_standby_is_found_by_its_second_host(start_postgres, start_pod, http,
                                                        collection):
    """With synchronous replication nothing acknowledged is lost."""
    primary = start_postgres()
    name = primary.create_database()
    with contextlib.closing(PostgresServer.standby_of(primary)) as standby:
        standby.start()
        primary.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.ask("postgres", "SELECT pg_reload_conf()")
        url = (f"postgres://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{name}"
               "?target_session_attrs=read-write")
        pod = start_pod("--log-level", "error", database_url=url)
        history = History(collection)
        life = token_life(http.get(f"{pod.url}/v1/kv/c/none", headers=STRONG))
        with Crowd(pod.url, history, 0, 8) as crowd:
            crowd.await_more(200)
            primary.crash()
            standby.promote()
            crowd.await_more(200)
        history.check(http, pod.url)
        print(f"\nfailover under load: {history.report()}; 0 lost, 0 twice, 0 wrong")
        assert token_life(http.get(f"{pod.url}/v1/kv/c/none", headers=STRONG)) != life


@pytest.mark.alone
def test_what_a_failover_lost_is_not_served_from_memory(start_postgres, start_pod, http):
    """An asynchronous standby lacks the last writes: they were cached, and are gone now."""
    primary = start_postgres()
    name = primary.create_database()
    with contextlib.closing(PostgresServer.standby_of(primary)) as standby:
        url = (f"postgres://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{name}"
               "?target_session_attrs=read-write")
        pod = start_pod("--log-level", "error", database_url=url)
        standby.start()
        kept, lost = (f"{pod.url}/v1/kv/c/{key}" for key in ("kept", "lost"))
        first = http.put(kept, content=b"1")

        def follows():
            there = standby.ask(name, "SELECT to_regclass('coolkit.kv') IS NOT NULL") == "t"
            return there and standby.ask(name, "SELECT count(*) FROM coolkit.kv") == "1"

        deadline = time.monotonic() + 20
        while not follows():
            assert time.monotonic() < deadline, "the standby does not follow"
        standby.stop()
        assert http.put(kept, content=b"2").status_code == 204
        newest = http.put(lost, content=b"1")
        assert newest.status_code == 201
        token = newest.headers["Coolkit-Position"]
        assert http.get(lost).content == b"1" and http.get(kept).content == b"2"
        primary.crash()
        standby.start()
        standby.promote()
        back = await_answer(lambda: http.get(kept, headers=STRONG), (200,))
        assert back.content == b"1" and token_life(back) != token_life(first)
        for target, value in ((kept, b"1"), (lost, None)):
            deadline = time.monotonic() + 5
            while "detail=stale" in status_of(answer := http.get(target)):
                assert time.monotonic() < deadline, "it is served stale though the database is back"
            found = answer.content if answer.status_code == 200 else None
            assert found == value, f"{target}: {found!r}"
            answer = http.get(target, headers={"Coolkit-Position": token})
            assert "; hit" not in status_of(answer), "a token of another life reads the database"
        again = http.put(lost, content=b"new")
        assert again.status_code == 201
        assert int(again.headers["ETag"].strip('"')) > int(newest.headers["ETag"].strip('"')), \
            "a version was given again"
