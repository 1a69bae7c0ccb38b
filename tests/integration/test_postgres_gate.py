"""The path to PostgreSQL breaks at every byte of a commit, stalls, and slows down: what a client is
told is right, nothing is written twice, and the service recovers by itself."""

import collections
import contextlib
import statistics
import threading
import time

import httpx
import pytest

from databases import PostgresDatabase
from gate import DOWN, UP, Gate

CLIENT_SECONDS = 20.0
CUT_SECONDS = 2.0
# What says that nothing was written and nothing will be.
REFUSED = ("database_unavailable", "deadline_exceeded")


class Path:
    """A pod whose database is behind a gate; only its feed goes around it."""

    def __init__(self, gate, pod, database):
        self.gate, self.pod, self.database = gate, pod, database
        self.client = httpx.Client(base_url=pod.url, timeout=CLIENT_SECONDS, trust_env=False)

    def put(self, key, value=b"v", **options):
        return self.client.put(f"/v1/kv/c/{key}", content=value, **options)

    def atomic(self, *keys):
        return self.client.post("/v1/kv/c:batchWrite", json={
            "atomic": True, "items": [{"key": key, "text": "v"} for key in keys]})

    def warm(self, write):
        """Until a connection is there on which every statement of `write` was prepared."""
        for number in range(3):
            answer = write(f"warm-{number}")
            assert answer.status_code in (200, 201, 204), f"it does not recover: {answer.text}"

    def await_quiet(self):
        """Until the server has ended what was sent on connections that are gone."""
        deadline = time.monotonic() + 20
        count = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "application_name = 'coolkit' AND state <> 'idle'")
        while self.database.run(count) != [("0",)]:
            assert time.monotonic() < deadline, "statements stay under way"
            time.sleep(0.01)


@pytest.fixture
def open_path(start_pod, postgres_server):
    """`open_path(*flags)`: a Path on a database of its own."""
    with contextlib.ExitStack() as stack:

        def start(*flags):
            database = stack.enter_context(contextlib.closing(PostgresDatabase(postgres_server)))
            gate = stack.enter_context(Gate(postgres_server.port))
            pod = start_pod("--log-level", "error", "--feed-database-url", database.url, *flags,
                            database_url=postgres_server.url(database.name, gate.port))
            path = Path(gate, pod, database)
            stack.enter_context(path.client)
            return path

        yield start


def measured(path, write):
    """The bytes of one write's conversation both ways, for names of nine letters."""
    sizes = []
    for number in range(5):
        before = dict(path.gate.passed)
        assert write(f"size-{number:04d}").status_code in (200, 201)
        sizes.append(tuple(path.gate.passed[way] - before[way] for way in (UP, DOWN)))
    # Maintenance may have come between once.
    return dict(zip((UP, DOWN), statistics.mode(sizes), strict=True))


def verdict(answer):
    if answer.status_code in (200, 201):
        return "acknowledged"
    code = answer.json()["code"]
    if code == "outcome_unknown":
        return "unknown"
    assert code in REFUSED, answer.text
    return "refused"


def sweep(path, write, keys_of, stride, ways=(UP, DOWN)):
    """Cuts the conversation of `write(name)` after every n-th byte of each way. Each writes new
    keys (`keys_of(name)`), so that what happened to each is there to see at the end."""
    path.warm(write)
    sizes = measured(path, write)
    told, points = {}, collections.Counter()
    for way in ways:
        for after in range(0, sizes[way] + 1, stride):
            answer = write("warm")
            assert answer.status_code in (200, 201, 204), f"it does not recover: {answer.text}"
            cuts = path.gate.cuts
            path.gate.cut(way, after, reset=after % 2 == 1)
            name = f"{way:4}-{after:04d}".replace(" ", "_")
            told[name] = verdict(write(name))
            points[way] += path.gate.await_cut(cuts + 1, CUT_SECONDS if after < sizes[way] else 0)
            path.gate.resume()
        assert points[way] >= 0.98 * sizes[way] // stride, "most were no cuts"
    path.warm(write)
    path.await_quiet()
    rows = {row[0]: row[1:] for row in path.database.run(
        "SELECT key, version, created_version, convert_from(value, 'UTF8') FROM entry")}
    counts = collections.Counter()
    for name, what in told.items():
        there = [rows.get(key) for key in keys_of(name)]
        happened = there[0] is not None
        assert all((row is not None) == happened for row in there), f"{name}: half is there"
        counts[what, happened] += 1
        assert what == "unknown" or happened == (what == "acknowledged"), f"{name}: {what}, {there}"
        for row in there:
            assert not row or (row[0] == row[1] and row[2] == "v"), f"{name}: written twice: {row}"
    print(f"\n{points[UP]} + {points[DOWN]} cuts of {sizes[UP]} bytes up and {sizes[DOWN]} down: " +
          ", ".join(f"{n} {what} {'there' if there else 'not there'}"
                    for (what, there), n in sorted(counts.items())))
    return counts


def sweep_atomic(path, stride):
    def write(name):
        return path.atomic(f"{name}-1", f"{name}-2")

    counts = sweep(path, write, lambda name: [f"{name}-1", f"{name}-2"], stride)
    assert counts["acknowledged", True] and counts["unknown", True] and counts["unknown", False]


@pytest.mark.parametrize("way", [UP, DOWN])
def test_a_put_is_cut_at_every_byte(open_path, way):
    path = open_path()
    counts = sweep(path, path.put, lambda name: [name], 1, [way])
    assert counts["unknown", True] and counts[("acknowledged", True) if way == DOWN else
                                              ("unknown", False)]


def test_an_atomic_batch_is_cut_at_many_bytes(open_path):
    sweep_atomic(open_path(), stride=7)


def test_a_connection_that_ended_behind_an_answer_is_not_used_again(open_path):
    """The next write must not be sent on it, even if it comes before the loop is told: its outcome
    would be unknown, though the path is whole again."""
    path = open_path()
    path.warm(path.put)
    size = measured(path, path.put)[DOWN]
    for number in range(200):
        cuts = path.gate.cuts
        path.gate.cut(DOWN, size, reset=number % 2 == 1)
        assert path.put(f"name-{number:04d}").status_code == 201
        assert path.gate.await_cut(cuts + 1), "the answer's last byte has passed"
        path.gate.resume()  # and both ends of the connection are closed
        answer = path.put("next")
        assert answer.status_code in (201, 204), f"{number}: {answer.text}"


@pytest.mark.soak
def test_an_atomic_batch_is_cut_at_every_byte(open_path):
    sweep_atomic(open_path(), stride=1)


# --------------------------------------------------------------------------------- slow and silent


def timed(work):
    """(seconds, what it returned)."""
    began = time.monotonic()
    answer = work()
    return time.monotonic() - began, answer


def together(**work):
    """Runs each in a thread of its own; name -> (seconds, what it returned)."""
    results = {}

    def run(name):
        results[name] = timed(work[name])

    threads = [threading.Thread(target=run, args=(name,)) for name in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * CLIENT_SECONDS)
        assert not thread.is_alive(), "a request hangs"
    return results


def begin(path, write):
    """Starts it, and returns when its bytes have come to the gate: a function that waits for its
    end as `timed`."""
    results = []
    came = path.gate.came[UP]
    thread = threading.Thread(target=lambda: results.append(timed(write)))
    thread.start()
    while path.gate.came[UP] == came:
        assert thread.is_alive(), results
        time.sleep(0.001)

    def end():
        thread.join(2 * CLIENT_SECONDS)
        return results[0]

    return end


def test_a_slow_path_delays_and_harms_nothing(open_path):
    path = open_path()
    path.warm(path.put)
    path.gate.delay(up=0.05, down=0.05)
    seconds, answer = timed(lambda: path.put("slow"))
    assert (answer.status_code, seconds > 0.1) == (201, True)
    assert path.client.get("/v1/kv/c/slow").content == b"v"
    seconds, answer = timed(lambda: path.atomic("slow-1", "slow-2"))
    assert (answer.status_code, seconds > 0.2) == (200, True)
    path.gate.resume()
    # At the first try, unless the machine has no time for it.
    assert any(timed(lambda: path.put("fast"))[0] < 0.1 for _ in range(50)), "it stays slow"


@pytest.mark.parametrize("verb", ["hold", "drop"])
def test_a_path_that_falls_silent_keeps_no_request_beyond_its_deadline(open_path, http, verb):
    """And says of each what is true: what was sent is unknown, what waited did not happen."""
    deadline = 1.5
    path = open_path("--request-timeout", "1500ms")
    path.warm(path.put)
    strong = {"Cache-Control": "no-cache"}
    getattr(path.gate, verb)()
    sent = begin(path, lambda: path.put("sent"))
    results = together(
        atomic=lambda: path.atomic("a", "b"),
        read=lambda: path.client.get("/v1/kv/c/warm-1", headers=strong),
        list=lambda: path.client.get("/v1/kv/c"),
        **{f"put-{n}": lambda n=n: path.put(f"put-{n}") for n in range(10)})
    results["sent"] = sent()
    assert results["sent"][1].json()["code"] == "outcome_unknown"
    refused = []
    for name, (seconds, answer) in results.items():
        assert deadline * 0.9 < seconds < deadline + 5, f"{name}: {seconds:.2f} s"
        code = answer.json()["code"]
        assert answer.status_code == 504, f"{name}: {answer.text}"
        if name in ("atomic", "read", "list"):
            assert code == "deadline_exceeded", name
        elif code == "deadline_exceeded":
            refused.append(name)
        else:
            assert code == "outcome_unknown", name
    refused += ["a", "b"]
    path.gate.resume()
    if verb == "drop":
        path.gate.cut_all()  # what was torn never comes again; a network says so after minutes
    began = time.monotonic()
    while path.put("after").status_code not in (201, 204):
        assert time.monotonic() - began < 30, "it does not recover"
    path.await_quiet()
    keys = {row[0] for row in path.database.run("SELECT key FROM kv")}
    assert not keys.intersection(refused), "what was said not to have happened did"
    assert http.get(f"{path.pod.url}/v1/kv/c/after", headers=strong).content == b"v"


def test_a_silent_database_does_not_hold_up_what_memory_has(start_pod, open_path):
    """Its deadline is far away: without patience of its own each read would wait for that."""
    path = open_path("--request-timeout", "10m")
    path.warm(path.put)
    silent = start_pod("--log-level", "error", "--request-timeout", "10m",
                       database_url=path.database.server.url(path.database.name,
                                                             port=path.gate.port))
    client = httpx.Client(base_url=silent.url, timeout=CLIENT_SECONDS, trust_env=False)
    assert client.get("/v1/kv/c/warm-1").content == b"v"
    path.gate.drop(UP, DOWN)
    began = time.monotonic()
    while "stale" not in (answer := client.get("/v1/kv/c/warm-1")).headers["cache-status"]:
        assert time.monotonic() - began < CLIENT_SECONDS, answer.headers
    assert answer.content == b"v"
    assert int(answer.headers["coolkit-staleness-ms"]) > 250
    path.gate.resume()
    path.gate.cut_all()
    while not path.put("warm-1", b"w").is_success:
        assert time.monotonic() - began < 3 * CLIENT_SECONDS, "it does not recover"
    while (answer := client.get("/v1/kv/c/warm-1")).content != b"w":
        assert time.monotonic() - began < 3 * CLIENT_SECONDS, answer.headers
    assert "stale" not in answer.headers["cache-status"]


def test_one_silent_connection_holds_up_only_what_was_sent_on_it(open_path):
    path = open_path("--request-timeout", "3s")
    path.warm(path.put)
    assert path.gate.links == 1, "requests one by one take one connection"
    path.gate.hold_present()
    held = begin(path, lambda: path.put("held"))
    slowest = 0
    for number in range(30):
        seconds, answer = timed(lambda n=number: path.put(f"other-{n}"))
        assert answer.status_code == 201, answer.text
        slowest = max(slowest, seconds)
        seconds, answer = timed(lambda n=number: path.client.get(
            f"/v1/kv/c/other-{n}", headers={"Cache-Control": "no-cache"}))
        assert answer.content == b"v"
        slowest = max(slowest, seconds)
    seconds, answer = held()
    print(f"\nthe others took at most {slowest * 1000:.0f} ms, the held one {seconds:.2f} s")
    assert slowest < 2.5
    assert 2.9 < seconds < 10 and answer.json()["code"] == "outcome_unknown"
    path.gate.resume()
    path.warm(path.put)
