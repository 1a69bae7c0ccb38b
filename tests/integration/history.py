"""Clients that write while things die around them, and what must be true of what they were told.

Every write has an id of its own, which is its value: what is found says who wrote it. A write is
acknowledged (with its version), refused (it did not happen and never will), or unknown (it happened
exactly as written, or not at all; and not after a later write of its client was acknowledged).
"""

import collections
import http.client
import json
import random
import threading
import time
import urllib.parse

CLIENT_SECONDS = 15.0
PAUSE_SECONDS = 0.01  # of a client that was refused
KEYS_PER_WRITER = 20
HOT_KEYS = 3
# Answers that say that nothing was written.
REFUSALS = ("database_unavailable", "deadline_exceeded", "overloaded", "draining", "contention")
DELETED = None

State = collections.namedtuple("State", "version id")  # id: DELETED when nothing is there


class Key:
    """What is known of a key that one client alone writes."""

    def __init__(self):
        self.last = State(0, DELETED)
        self.maybe = []  # ids of unknown writes since, in their order
        self.versions = set()  # all that were acknowledged or found

    def acknowledged(self, version, identity):
        assert version > self.last.version, f"a version went back: {version}, {self.last}"
        assert version not in self.versions, f"version {version} was given twice"
        self.versions.add(version)
        self.last = State(version, identity)
        self.maybe.clear()

    def found(self, version, identity):
        """True: it is there by an unknown write. What was unknown before is decided now."""
        maybe, self.maybe = self.maybe, []
        if identity == self.last.id and version in (self.last.version, None):
            return False
        assert identity in maybe, f"found {identity} of version {version} after {self.last}"
        if identity is not DELETED:
            self.acknowledged(version, identity)
        else:
            self.last = State(self.last.version, DELETED)
        return True


class History:
    """What all clients of a test were told; shared by them."""

    def __init__(self, collection):
        self.lock = threading.Lock()
        self.collection = collection
        self.keys = {}  # (writer, name) -> Key
        self.hot = collections.defaultdict(list)  # name -> (sent, answered, version, id)
        self.hot_unknown = set()
        self.counts = collections.Counter()
        self.problems = []

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] += number

    def check(self, client, url):
        """Reads everything strongly, with no client at work; unknown writes are decided."""
        assert not self.problems, self.problems[:5]
        names = [name for _, name in self.keys]
        found = self._read(client, url, names)
        for (_, name), key in self.keys.items():
            try:
                self.counts["happened"] += key.found(*found[name])
            except AssertionError as problem:
                raise AssertionError(f"{name}: {problem}") from problem
        for (_, name) in self.keys:
            if name.endswith("-left"):
                left, right = found[name], found[name.replace("-left", "-right")]
                assert left[1] == right[1], f"half of an atomic batch: {name} {left} {right}"
        for name, (version, identity) in self._read(client, url, list(self.hot)).items():
            self._check_hot(name, version, identity)

    def _check_hot(self, name, version, identity):
        writes = self.hot[name]
        versions = [write[2] for write in writes]
        assert len(set(versions)) == len(versions), f"{name}: a version was given twice"
        if versions:
            assert version >= max(versions), f"{name}: went back to {version}"
        known = {write[3]: write[2] for write in writes}
        if identity in known:
            assert known[identity] == version, f"{name}: {identity} changed its version"
        else:
            assert identity in self.hot_unknown, f"{name}: found {identity}, which was refused"
        newest = 0
        answered = sorted((write[1], write[2]) for write in writes)
        at = 0
        for sent, _, its, _ in sorted(writes):
            while at < len(answered) and answered[at][0] < sent:
                newest = max(newest, answered[at][1])
                at += 1
            assert its > newest, f"{name}: {its} was given after {newest} was acknowledged"

    def _read(self, client, url, names):
        found = {}
        for begin in range(0, len(names), 500):
            answer = client.post(
                f"{url}/v1/kv/{self.collection}:batchGet", headers={"Cache-Control": "no-cache"},
                json={"keys": names[begin:begin + 500]})
            assert answer.status_code == 200, answer.text
            for item in answer.json()["items"]:
                if item["status"] == 404:
                    found[item["key"]] = (None, DELETED)
                else:
                    assert item["status"] == 200, item
                    found[item["key"]] = (int(item["version"]), json.loads(item["text"])["id"])
        return found

    def report(self):
        return ", ".join(f"{self.counts[what]} {what}" for what in
                         ("acknowledged", "refused", "unknown", "happened"))


class Writer(threading.Thread):
    """One client: one request after the other, until `stop` or a broken connection."""

    def __init__(self, url, history, number, round_number):
        super().__init__(daemon=True)
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.history = history
        self.number = number
        self.round = round_number
        self.random = random.Random(number * 1000 + round_number)
        self.sequence = 0
        self.stop = threading.Event()
        self.connection = None
        self.mine = {}
        names = [f"w{number}-{n}" for n in range(KEYS_PER_WRITER)]
        names += [f"w{number}-left", f"w{number}-right"]
        for name in names:
            self.mine[name] = history.keys.setdefault((number, name), Key())
        self.names = names[:-2]

    def run(self):
        self.connection = http.client.HTTPConnection(*self.address, timeout=CLIENT_SECONDS)
        try:
            while not self.stop.is_set() and self.step():
                pass
        except Exception as problem:  # shown by the test's own thread
            self.history.problems.append(f"writer {self.number}: {problem!r}")
        self.connection.close()

    def step(self):
        """False: the service is gone."""
        actions = (self.put, self.put, self.put, self.delete, self.patch, self.conditional,
                   self.batch, self.atomic, self.put_hot)
        return self.random.choice(actions)()

    def identity(self):
        self.sequence += 1
        return f"{self.round}.{self.number}.{self.sequence}"

    def request(self, method, target, body=None, headers=()):
        """(status, ETag's version, code or items); status None: no answer came."""
        try:
            self.connection.request(method, f"/v1/kv/{self.history.collection}{target}", body,
                                    dict(headers))
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None, None, None
        tag = answer.headers.get("ETag")
        version = int(tag.strip('"')) if tag else None
        if answer.headers.get("Content-Type", "").startswith("application/problem"):
            return answer.status, version, json.loads(text)["code"]
        return answer.status, version, json.loads(text)["items"] if text else None

    def settle(self, name, identity, status, version, code):
        """Notes what came of one write of a key of its own. False: it did not happen now."""
        key = self.mine[name]
        if status in (200, 201, 204):
            key.acknowledged(version, identity)
            self.history.count("acknowledged")
            return True
        if status is None or code == "outcome_unknown":
            key.maybe.append(identity)
            self.history.count("unknown")
        elif code in REFUSALS:
            self.history.count("refused")
        else:
            assert status in (404, 412), f"{name}: {status} {code}"
            # With nothing unknown, what this client knows is so.
            here = key.last.id is not DELETED
            assert key.maybe or (status == 404 and not here), f"{name}: {status} after {key.last}"
        return False

    def one(self, method, name, identity, headers=()):
        body = None if identity is DELETED else json.dumps({"id": identity})
        status, version, code = self.request(method, f"/{name}", body, headers)
        if not self.settle(name, identity, status, version, code) and code in REFUSALS:
            time.sleep(PAUSE_SECONDS)
        return status is not None

    def put(self):
        return self.one("PUT", self.random.choice(self.names), self.identity())

    def delete(self):
        return self.one("DELETE", self.random.choice(self.names), DELETED)

    def patch(self):
        return self.one("PATCH", self.random.choice(self.names), self.identity(),
                        {"Content-Type": "application/merge-patch+json"})

    def conditional(self):
        """A condition that holds, unless an unknown write happened: a write that was applied twice
        would break it."""
        name = self.random.choice(self.names)
        last = self.mine[name].last
        headers = {"If-None-Match": "*"}
        if last.id is not DELETED:
            headers = {"If-Match": f'"{last.version}"'}
        return self.one("PUT", name, self.identity(), headers)

    def batch(self):
        """Several keys, some of them twice."""
        writes = []
        for name in self.random.choices(self.names, k=self.random.randrange(2, 7)):
            writes.append((name, DELETED if self.random.random() < 0.2 else self.identity()))
        return self.send_batch(writes, atomic=False)

    def atomic(self):
        identity = self.identity()
        return self.send_batch([(f"w{self.number}-left", identity),
                                (f"w{self.number}-right", identity)], atomic=True)

    def send_batch(self, writes, atomic):
        items = [{"key": name, "method": "delete"} if identity is DELETED else
                 {"key": name, "text": json.dumps({"id": identity})} for name, identity in writes]
        status, _, answers = self.request("POST", ":batchWrite",
                                          json.dumps({"atomic": atomic, "items": items}),
                                          {"Content-Type": "application/json"})
        if status != 200:
            answers = [{"status": status, "code": answers}] * len(writes)
        for (name, identity), answer in zip(writes, answers, strict=True):
            version = int(answer["version"]) if "version" in answer else None
            self.settle(name, identity, answer["status"], version, answer.get("code"))
        if any(answer.get("code") in REFUSALS for answer in answers):
            time.sleep(PAUSE_SECONDS)
        return status is not None

    def put_hot(self):
        name, identity = f"hot-{self.random.randrange(HOT_KEYS)}", self.identity()
        sent = time.monotonic()
        status, version, code = self.request("PUT", f"/{name}", json.dumps({"id": identity}))
        answered = time.monotonic()
        with self.history.lock:
            if status in (201, 204):
                self.history.hot[name].append((sent, answered, version, identity))
                self.history.counts["acknowledged"] += 1
            elif status is None or code == "outcome_unknown":
                self.history.hot_unknown.add(identity)
                self.history.counts["unknown"] += 1
            else:
                assert code in REFUSALS, f"{name}: {status} {code}"
                self.history.counts["refused"] += 1
        return status is not None


class Crowd:
    """`count` writers at work; a context manager that ends them and shows what they found."""

    def __init__(self, url, history, round_number, count):
        self.history = history
        self.writers = [Writer(url, history, n, round_number) for n in range(count)]

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.writers:
            writer.stop.set()
        for writer in self.writers:
            writer.join(2 * CLIENT_SECONDS)
            assert not writer.is_alive(), "a client hangs"
        assert not self.history.problems, self.history.problems[:5]

    def await_more(self, number, seconds=20.0):
        """Until so many more writes were acknowledged: the service is at work (again)."""
        wanted = self.history.counts["acknowledged"] + number
        deadline = time.monotonic() + seconds
        while self.history.counts["acknowledged"] < wanted:
            assert not self.history.problems, self.history.problems[:5]
            assert time.monotonic() < deadline, "the writes do not go on"
            time.sleep(0.002)
