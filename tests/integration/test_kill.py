"""G1: SIGKILL at any moment loses no acknowledged write and invents none.

Each round several clients write, the process is killed in the middle and started again, and every
key is read back. A write whose answer did not come is unknown: it may be there or not, but it is
never anything else than what was sent, and it is counted.
"""

import collections
import http.client
import threading
import time
import urllib.parse

import pytest

ROUNDS = 20
WRITERS = 8
KEYS_PER_WRITER = 5
ROUND_SECONDS = 0.4


class Writer(threading.Thread):
    """Overwrites its own keys as fast as it can, and remembers what it was told."""

    def __init__(self, url, collection, number, history):
        super().__init__(daemon=True)
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.collection = collection
        self.number = number
        self.history = history
        self.sequence = 0
        self.stop = threading.Event()
        self.unknown_writes = 0

    def run(self):
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        while not self.stop.is_set():
            key = f"w{self.number}-{self.sequence % KEYS_PER_WRITER}"
            delete = self.sequence % 11 == 10
            value = f"{self.history.round}.{self.number}.{self.sequence}".encode()
            self.sequence += 1
            try:
                connection.request("DELETE" if delete else "PUT",
                                   f"/v1/kv/{self.collection}/{key}", None if delete else value)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self.history.unknown(key, None if delete else value)
                self.unknown_writes += 1
                return
            if answer.status in (201, 204):
                version = int(answer.headers["ETag"].strip('"'))
                self.history.acknowledged(key, version, None if delete else value)
            else:
                assert answer.status == 404 and delete, answer.status


class History:
    """Per key: the last acknowledged state, and the one write that may have followed it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.round = 0
        self.last = {}  # key -> (version, value or None)
        self.maybe = {}  # key -> value or None, not acknowledged
        self.versions = collections.defaultdict(dict)  # key -> version -> value
        self.acknowledged_writes = 0

    def acknowledged(self, key, version, value):
        with self.lock:
            assert version > self.last.get(key, (0, None))[0], "a version went back"
            assert version not in self.versions[key], "a version was given twice"
            self.versions[key][version] = value
            self.last[key] = (version, value)
            self.maybe.pop(key, None)
            self.acknowledged_writes += 1

    def unknown(self, key, value):
        with self.lock:
            self.maybe[key] = value

    def check(self, client, collection):
        """Reads every key strongly; an unknown write that happened becomes the last state."""
        happened = 0
        for key in set(self.last) | set(self.maybe):
            answer = client.get(f"/v1/kv/{collection}/{key}",
                                headers={"Cache-Control": "no-cache"})
            found = answer.content if answer.status_code == 200 else None
            assert answer.status_code in (200, 404)
            version, value = self.last.get(key, (0, None))
            if found is not None:
                found_version = int(answer.headers["ETag"].strip('"'))
                if found_version == version:
                    assert found == value, f"{key}: version {version} changed its value"
                    self.maybe.pop(key, None)
                    continue
                assert found_version > version, f"{key}: went back from {version}"
            elif value is None and key not in self.maybe:
                continue
            elif value is None and self.maybe[key] is not None:
                self.maybe.pop(key)
                continue
            # Not the last acknowledged state: only the unknown write can explain it.
            assert key in self.maybe, f"{key}: acknowledged {value!r} is gone, found {found!r}"
            assert found == self.maybe.pop(key), f"{key}: found {found!r}, which nobody sent"
            happened += 1
            if found is None:
                self.last[key] = (version, None)
            else:
                self.versions[key][found_version] = found
                self.last[key] = (found_version, found)
        assert not self.maybe
        return happened


@pytest.mark.alone
def test_sigkill_under_write_load(pod, http, collection):
    history = History()
    unknown = happened = 0
    for history.round in range(ROUNDS):
        writers = [Writer(pod.url, collection, n, history) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        # Different moments of the commit cycle in different rounds.
        time.sleep(ROUND_SECONDS * (0.5 + history.round / ROUNDS))
        pod.kill()
        for writer in writers:
            writer.join(15)
            assert not writer.is_alive()
            unknown += writer.unknown_writes
        pod.restart()
        http.base_url = pod.url
        happened += history.check(http, collection)
    print(f"{history.acknowledged_writes} acknowledged writes over {ROUNDS} kills, 0 lost; "
          f"{unknown} unknown, of which {happened} had happened")
    assert history.acknowledged_writes > ROUNDS * WRITERS
    assert unknown > 0, "no write was under way at any kill: the test showed nothing"
