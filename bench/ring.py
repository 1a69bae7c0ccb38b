#!/usr/bin/env python3
"""What a ring of three pods costs against one pod: reads and durable writes through a random pod,
batches over all pods, and one key with half of the traffic. In the rows that begin with
"hop" the pods have no room for copies, so that two of three reads are answered by another pod.

Load and pods share the machine, PostgreSQL (synced to the disk) too, nothing is pinned. Rounds
alternate; a figure is the ratio of the medians. CPU is that of all pods together.
Usage: bench/ring.py [--rounds 5] [--seconds 3] [--rows NAME,…] [--report FILE]
       (rows: get, latency, hop, hop-latency, batch, hop-batch, put, hot)
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import pod as pods  # noqa: E402  found by the line before
from postgres_server import PostgresServer  # noqa: E402
from ring import Ring  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
KEYS = 10_000
CONNECTIONS = 64
STEADY_RATE = 4000  # calls per second where latency is compared
ROWS = "get,latency,hop,hop-latency,batch,hop-batch,put,hot"
FLAGS = ("--threads", "1", "--log-level", "warn")
MUCH = "128MiB"
LITTLE = "1800KiB"  # more than half is taken by the pod's own third of the keys: no room for copies


class Side:
    """A ring, and a load that each of its pods gets a part of."""

    def __init__(self, name, ring, **load):
        self.name, self.ring, self.load = name, ring, load
        self.rows = []

    def run(self, seconds):
        flags = {"keys": KEYS, "key-law": "uniform", "connections": CONNECTIONS, "mix": "get=100",
                 "duration": f"{seconds}s", "warm-up": "500ms"}
        flags |= {name.replace("_", "-"): value for name, value in self.load.items()}
        words = [word for pod in self.ring.running for word in ("--target", pod.url)]
        for name, value in flags.items():
            words += [f"--{name}", str(value)]
        before = self.cpu_seconds()
        done = subprocess.run([str(pods.binary()), "bench", "--quiet", "--json", "--random-target",
                               *words], capture_output=True, text=True, check=True)
        report = json.loads(done.stdout)
        used = self.cpu_seconds() - before
        if report["failed"]:
            sys.exit(f"{self.name}: calls failed: {report['failures']}")
        items = int(flags.get("batch-size", 1))
        rate = report["all"]["per_second"]
        # The CPU of the warm-up counts, so do its calls.
        calls = rate * (report["seconds"] + 0.5)
        self.rows.append({"rate": rate * items, "cpu": used / calls * 1e6,
                          "p50": report["all"]["latency_ms"]["p50"],
                          "p99": report["all"]["latency_ms"]["p99"],
                          "memory": report["hits"] / max(1, report["reads"])})

    def cpu_seconds(self):
        total = 0
        for pod in self.ring.running:
            stat = pathlib.Path(f"/proc/{pod.pid}/stat").read_text(encoding="ascii")
            fields = stat.rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def median(self, what):
        return statistics.median(row[what] for row in self.rows)

    def spread(self, what):
        values = [row[what] for row in self.rows]
        return f"{self.median(what):,.1f} ({min(values):,.1f} to {max(values):,.1f})"


def comparisons(one, three, apart):
    """name -> (title, side, other side, [(figure, what, goal)])"""
    return {
        "get": ("GET of 10,000 keys, 64 connections",
                Side("random pod of three", three), Side("one pod, its own memory", one),
                [("cpu", "CPU of all pods per request, µs", "at most 2.0, goal 1.8")]),
        "latency": (f"the same at {STEADY_RATE:,} requests per second",
                    Side("random pod of three", three, rate=STEADY_RATE),
                    Side("one pod, its own memory", one, rate=STEADY_RATE),
                    [("p99", "99 % within, ms", "at most 2"), ("p50", "half within, ms", ""),
                     ("cpu", "CPU of all pods per request, µs", "")]),
        "hop": ("GET of 10,000 keys, 64 connections, without copies",
                Side("random pod of three", apart), Side("one pod, its own memory", one),
                [("cpu", "CPU of all pods per request, µs", "")]),
        "hop-latency": (f"without copies, at {STEADY_RATE:,} requests per second",
                        Side("random pod of three", apart, rate=STEADY_RATE),
                        Side("one pod, its own memory", one, rate=STEADY_RATE),
                        [("p99", "99 % within, ms", ""), ("p50", "half within, ms", ""),
                         ("cpu", "CPU of all pods per request, µs", "")]),
        "batch": ("batchGet of 100 keys over three pods, against single GETs there",
                  Side("batchGet of 100", three, mix="batch-get=100", batch_size=100),
                  Side("single GETs", three), [("rate", "keys per second", "at least 10")]),
        "hop-batch": ("the same without copies",
                      Side("batchGet of 100", apart, mix="batch-get=100", batch_size=100),
                      Side("single GETs", apart), [("rate", "keys per second", "at least 10")]),
        "put": ("durable PUT, 64 connections",
                Side("random pod of three", three, mix="put=100"),
                Side("one pod's own", one, mix="put=100"),
                [("rate", "writes per second", "at least 0.8, goal 1")]),
        "hot": ("GET, one key with half of the traffic, ring of three",
                Side("one hot key", three, key_law="hotspot:0.5:1"),
                Side("uniform", three), [("rate", "requests per second", "at least 0.9")]),
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--rows", default=ROWS)
    arguments.add_argument("--report")
    options = arguments.parse_args()
    lines = []
    server = PostgresServer("max_connections = 100").start()
    with tempfile.TemporaryDirectory() as folder:
        rings = []
        try:
            for name, size, memory in (("one", 1, MUCH), ("three", 3, MUCH), ("apart", 3, LITTLE)):
                url = server.url(server.create_database())
                ring = Ring(pathlib.Path(folder) / name, url, *FLAGS, "--cache-bytes", memory,
                            size_max=size)
                rings.append(ring.start(size))
                subprocess.run([str(pods.binary()), "bench", "--quiet", "--target",
                                ring.running[0].url, "--keys", str(KEYS), "--calls",
                                str(3 * KEYS), "--key-law", "uniform", "--mix", "get=100",
                                "--preload"], check=True, stdout=subprocess.DEVNULL)
            for name in options.rows.split(","):
                title, ours, theirs, figures = comparisons(*rings)[name]
                for _ in range(options.rounds):
                    for side in (ours, theirs):
                        side.run(options.seconds)
                lines += table(title, ours, theirs, figures)
        finally:
            for ring in rings:
                ring.close()
            server.close()
    text = "\n".join(lines) + "\n"
    print(text)
    if options.report:
        pathlib.Path(options.report).write_text(text, encoding="utf-8")


def table(title, ours, theirs, figures):
    lines = [f"## {title}", "", f"| | {ours.name} | {theirs.name} | ratio | must be |",
             "|---|---|---|---|---|"]
    for what, name, goal in figures:
        ratio = ours.median(what) / theirs.median(what)
        lines.append(f"| {name} | {ours.spread(what)} | {theirs.spread(what)} | **{ratio:.2f}** | "
                     f"{goal} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()
