"""G2 and G3 with several processes on one database that do not know of each other."""

import random
import subprocess
import threading
import time

import pytest

DATABASES = ("sqlite", "postgres")
B_SECONDS = 0.25


@pytest.fixture
def pair(start_pod, database):
    """Two pods on one database."""
    return start_pod(database_url=database.url), start_pod(database_url=database.url)


def test_a_write_through_one_is_read_through_the_other_within_b(pair, http):
    one, two = pair
    http.put(f"{one.url}/v1/kv/c/k", content=b"0")
    assert http.get(f"{two.url}/v1/kv/c/k").content == b"0"
    for i in range(1, 20):
        assert http.put(f"{one.url}/v1/kv/c/k", content=str(i).encode()).status_code == 204
        acknowledged = time.monotonic()
        while True:
            sent = time.monotonic()
            value = int(http.get(f"{two.url}/v1/kv/c/k").content)
            if sent - acknowledged > B_SECONDS:
                assert value == i, "staler than B"
                break
            assert value in (i - 1, i)


def test_a_token_reads_your_write_through_the_other_at_once(pair, http):
    one, two = pair
    for i in range(50):
        http.get(f"{two.url}/v1/kv/c/k")
        token = http.put(f"{one.url}/v1/kv/c/k",
                         content=str(i).encode()).headers["Coolkit-Position"]
        answer = http.get(f"{two.url}/v1/kv/c/k", headers={"Coolkit-Position": token})
        assert int(answer.content) == i


def test_a_strong_read_sees_the_latest_write_at_once(pair, http):
    one, two = pair
    for i in range(50):
        http.get(f"{two.url}/v1/kv/c/k")
        http.put(f"{one.url}/v1/kv/c/k", content=str(i).encode())
        answer = http.get(f"{two.url}/v1/kv/c/k", headers={"Cache-Control": "no-cache"})
        assert int(answer.content) == i


def test_bounded_staleness_under_load_from_many_threads(pair, http):
    """Every read carries all that was acknowledged more than B before it was sent."""
    import http.client as raw

    one, two = pair
    keys = [f"k{i}" for i in range(8)]
    acknowledged = {key: [(0.0, -1)] for key in keys}  # (time of the acknowledgement, value)
    end = time.monotonic() + 4
    problems, reads = [], [0]

    def connect(pod):
        return raw.HTTPConnection(pod.url.removeprefix("http://"), timeout=10)

    def write(pod, mine):
        connection = connect(pod)
        value = 0
        while time.monotonic() < end:
            key = mine[value % len(mine)]
            connection.request("PUT", f"/v1/kv/load/{key}", str(value).encode())
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (201, 204):
                problems.append(answer.status)
            acknowledged[key].append((time.monotonic(), value))
            value += 1

    def read(pod, seed):
        connection, chance = connect(pod), random.Random(seed)
        while time.monotonic() < end:
            key = chance.choice(keys)
            history = acknowledged[key]
            sent = time.monotonic()
            known = max((v for t, v in history[-200:] if t < sent - B_SECONDS), default=-1)
            connection.request("GET", f"/v1/kv/load/{key}")
            answer = connection.getresponse()
            body = answer.read()
            value = int(body) if answer.status == 200 else -1
            reads[0] += 1
            if value < known:
                problems.append((key, value, known))

    threads = [threading.Thread(target=write, args=(one, keys[:4])),
               threading.Thread(target=write, args=(two, keys[4:]))]
    threads += [threading.Thread(target=read, args=(pod, seed))
                for seed, pod in enumerate((one, two, one, two))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not problems, problems[:5]
    assert reads[0] > 1000


def test_plain_sql_is_seen_within_b(pod, database, http):
    http.put(f"{pod.url}/v1/kv/c/k", content=b"first")
    version = int(http.get(f"{pod.url}/v1/kv/c/k").headers["ETag"].strip('"'))
    database.run(f"UPDATE kv SET value = {database.literal(b'second')} WHERE key = 'k'")
    time.sleep(B_SECONDS)
    answer = http.get(f"{pod.url}/v1/kv/c/k")
    assert answer.content == b"second"
    assert int(answer.headers["ETag"].strip('"')) > version
    database.run("DELETE FROM kv WHERE key = 'k'")
    time.sleep(B_SECONDS)
    assert http.get(f"{pod.url}/v1/kv/c/k").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_plain_sql_by_the_shell(pod, database, http):
    assert http.get(f"{pod.url}/v1/kv/c/shell").status_code == 404
    subprocess.run(["sqlite3", str(database.path), ".timeout 5000",
                    "INSERT INTO kv (collection, key, value) "
                    "VALUES ('c', 'shell', CAST('hello' AS BLOB))"], check=True, timeout=20)
    time.sleep(B_SECONDS)
    assert http.get(f"{pod.url}/v1/kv/c/shell").content == b"hello"


def test_a_frozen_pod_that_wakes_up_answers_nothing_stale(pair, http):
    import signal
    one, two = pair
    http.put(f"{one.url}/v1/kv/c/k", content=b"old")
    assert http.get(f"{two.url}/v1/kv/c/k").content == b"old"
    two.signal(signal.SIGSTOP)
    try:
        http.put(f"{one.url}/v1/kv/c/k", content=b"new")
        time.sleep(B_SECONDS * 2)
    finally:
        two.signal(signal.SIGCONT)
    assert http.get(f"{two.url}/v1/kv/c/k").content == b"new"
