#!/usr/bin/env python3
"""How long a commit takes to be applied everywhere, and what the feed costs the database.

One pod writes; a second one, which knows nothing of it, and a ring of pods follow by the feed of
the same private PostgreSQL (fsync and synchronous_commit on). While `coolkit bench` writes at a
steady rate, single writes are made beside it: their token is shown to every other pod with the read
of a key that it has in memory, `only-if-cached`, again and again, until the pod has applied the
token's position (R10). The delay counts from the acknowledgement to that answer.
Usage: bench/feed_delay.py [--pods 10] [--rate 1000] [--seconds 60] [--binary build/release/coolkit]
       [--report FILE]
"""
import argparse
import json
import os
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import time

from postgres_side import finish, load_average, private_postgres, stat_seconds

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "integration"))
import pod as pods  # noqa: E402
from ring import Ring  # noqa: E402

LATE_SECONDS = 1.0
LOOK_SECONDS = 0.0005  # between two looks at all pods
STATEMENTS = "coolkit_database_statements_total"


class Asker:
    """A connection to a pod's API, with requests made beforehand."""

    def __init__(self, url):
        self.host = url.removeprefix("http://")
        address, port = self.host.rsplit(":", 1)
        self.socket = socket.create_connection((address, int(port)), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method, key, headers=(), body=b""):
        """(status, headers as text)"""
        lines = [f"{method} /v1/kv/probe/{key} HTTP/1.1", f"Host: {self.host}",
                 f"Content-Length: {len(body)}", *headers]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, rest = answer.partition(b"\r\n\r\n")
        text = head.decode()
        left = int(field(text, "Content-Length") or 0) - len(rest)
        while left > 0:
            left -= len(self._receive())
        return int(text.split(" ", 2)[1]), text

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            sys.exit(f"{self.host} closed the connection")
        return data


def field(head, name):
    for line in head.split("\r\n")[1:]:
        if line.lower().startswith(name.lower() + ":"):
            return line.split(":", 1)[1].strip()
    return None


class Follower:
    """A pod that does not write, with a key that it has in memory and owns."""

    def __init__(self, pod):
        self.pod = pod
        self.asker = Asker(pod.url)
        self.anchor = next(key for key in (f"anchor-{n}" for n in range(2000)) if self._keeps(key))

    def _keeps(self, key):
        self.asker.ask("GET", key)
        _, head = self.asker.ask("GET", key)
        return (field(head, "Cache-Status") or "").endswith("; hit")

    def has(self, token):
        status, _ = self.asker.ask("GET", self.anchor, [f"Coolkit-Position: {token}",
                                                        "Cache-Control: only-if-cached"])
        return status != 504


class Cost:
    """CPU of the server's processes for connections of this name, and of all; statements and polls
    of its pods."""

    def __init__(self, postgres, name, members):
        self.postgres, self.name, self.members = postgres, name, members
        self.before = self._now()

    def _now(self):
        rows = self.postgres.sql("SELECT pid FROM pg_stat_activity WHERE application_name = "
                                 f"'{self.name}'").split()
        polls = statements = 0.0
        for member in self.members:
            for line in Ring.ask(f"{member.ops_url}/metrics").decode().splitlines():
                if line.startswith("coolkit_feed_polls_total"):
                    polls += float(line.rsplit(" ", 1)[1])
                elif line.startswith(STATEMENTS):
                    statements += float(line.rsplit(" ", 1)[1])
        return {"at": time.monotonic(), "pids": {pid: stat_seconds(pid) for pid in rows},
                "server": self.postgres.cpu_seconds(), "polls": polls, "statements": statements}

    def line(self, what):
        before, after = self.before, self._now()
        took = after["at"] - before["at"]
        cpu = sum(seconds - before["pids"].get(pid, 0.0) for pid, seconds in after["pids"].items())
        server = after["server"] - before["server"]
        return (f"| {what} | {(after['polls'] - before['polls']) / took:,.0f} | "
                f"{(after['statements'] - before['statements']) / took:,.0f} | "
                f"{100 * cpu / took:.1f} % | {100 * cpu / server:.0f} % |")


def probe(writer, followers, until):
    """Delays in seconds, by follower, of one write after the other, and how long each took."""
    delays, writes = [], []
    while time.monotonic() < until:
        time.sleep(random.uniform(0.05, 0.15))
        began = time.monotonic()
        status, head = writer.ask("PUT", f"p{len(writes) % 100}", [], b"x" * 100)
        acknowledged = time.monotonic()
        if status not in (201, 204):
            sys.exit(f"a write was answered {status}")
        writes.append(acknowledged - began)
        token = field(head, "Coolkit-Position")
        seen = {}
        while len(seen) < len(followers) and time.monotonic() < acknowledged + LATE_SECONDS:
            for number, follower in enumerate(followers):
                if number not in seen and follower.has(token):
                    seen[number] = time.monotonic() - acknowledged
            time.sleep(LOOK_SECONDS)
        delays.append([seen.get(number, LATE_SECONDS) for number in range(len(followers))])
    return delays, writes


def row(what, seconds):
    cuts = statistics.quantiles(seconds, n=1000, method="inclusive")
    return (f"| {what} | {len(seconds):,} | {cuts[499] * 1e3:.1f} | {cuts[949] * 1e3:.1f} | "
            f"{cuts[989] * 1e3:.1f} | {max(seconds) * 1e3:.1f} |")


def measure(postgres, options):
    def url(name):
        return f"{postgres.url}?application_name={name}"

    writer, alone = (pods.Pod(postgres.folder / name, "--log-level", "warn",
                              database_url=url(name)).start() for name in ("writer", "alone"))
    ring = Ring(postgres.folder / "ring", url("ring"), "--log-level", "warn").start(options.pods)
    try:
        followers = [Follower(pod) for pod in (alone, *ring.running)]
        load = subprocess.Popen(
            [str(pods.binary()), "bench", "--quiet", "--json", "--target", writer.url, "--rate",
             str(options.rate), "--mix", "put=100", "--keys", "10000", "--connections", "32",
             "--warm-up", "3s", "--duration", f"{options.seconds + 3}s"], stdout=subprocess.PIPE)
        time.sleep(3)
        costs = [Cost(postgres, "alone", [alone]), Cost(postgres, "ring", ring.running)]
        delays, writes = probe(Asker(writer.url), followers, time.monotonic() + options.seconds)
        lines = [costs[0].line("the pod alone"), costs[1].line(f"the ring of {options.pods}")]
        report = json.loads(load.communicate(timeout=60)[0])
    finally:
        ring.close()
        alone.close()
        writer.close()
    return delays, writes, lines, report["answers"] / report["seconds"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pods", type=int, default=10)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--binary", default="build/release/coolkit")
    parser.add_argument("--report")
    options = parser.parse_args()
    os.environ["COOLKIT_BINARY"] = options.binary
    busy = load_average()
    with private_postgres() as postgres:
        delays, writes, costs, rate = measure(postgres, options)
    slowest = [max(one[1:]) for one in delays]
    late = statistics.quantiles(slowest, n=100, method="inclusive")[98]
    finish([
        f"From a commit to all caches, 99 % within: **{late * 1e3:.1f} ms** (goal ≤ 25 ms)", "",
        f"{rate:,.0f} writes per second for {options.seconds} s, single writes beside them; load "
        f"average before: {busy}.", "",
        "| from the acknowledgement until it is applied | writes | p50 ms | p95 ms | p99 ms | "
        "most ms |",
        "|---|---|---|---|---|---|",
        row("by the pod alone", [one[0] for one in delays]),
        row(f"by one pod of the ring of {options.pods}",
            [delay for one in delays for delay in one[1:]]),
        row(f"by all {options.pods} of the ring", slowest),
        row("(the write itself)", writes), "",
        "| feed of | polls/s | statements/s | CPU of a core | of the server's CPU |",
        "|---|---|---|---|---|", *costs], options.report)


if __name__ == "__main__":
    main()
