#!/usr/bin/env python3
"""From starting the process to a 200 of /readyz, on SQLite: a new file, and one with entries.

Nothing is pinned. The figure counts from before fork, and asks every millisecond.
Usage: bench/start.py [--rounds 20] [--entries 100000] [--binary build/release/coolkit]
       [--report FILE]
"""
import http.client
import json
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time

from http_side import Place, finish, heading, median, options_of, spread


def started(binary, place):
    """Milliseconds."""
    ports = place.folder / "ports.json"
    ports.unlink(missing_ok=True)
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
               "--port-file", str(ports), "--log-level", "error", "--database-url", place.url]
    began = time.perf_counter()
    with subprocess.Popen(command) as process:
        while not (ports.exists() and ports.stat().st_size > 0):
            time.sleep(0.0005)
        port = int(json.loads(ports.read_text())["ops_listen"].rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while True:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                break
            time.sleep(0.001)
        took = (time.perf_counter() - began) * 1000
        connection.close()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    return took


def add_entries(folder, count):
    with sqlite3.connect(folder / "coolkit.db") as database:
        database.executemany("INSERT INTO entry (collection, key, value) VALUES ('bench', ?, ?)",
                             ((f"k{number:019d}", b"x" * 100) for number in range(count)))
    database.close()


def main():
    options = options_of(__doc__, rounds=20, more=lambda parser: parser.add_argument(
        "--entries", type=int, default=100_000))
    new, old = [], []
    for number in range(-1, options.rounds):  # the first one warms up
        with tempfile.TemporaryDirectory() as name:
            took = started(options.binary, Place(pathlib.Path(name)))
            new += [took] if number >= 0 else []
    with tempfile.TemporaryDirectory() as name:
        place = Place(pathlib.Path(name))
        started(options.binary, place)
        add_entries(place.folder, options.entries)
        for number in range(-1, options.rounds):
            took = started(options.binary, place)
            old += [took] if number >= 0 else []
    lines = heading("Start to ready on SQLite", options)
    lines[2] = f"`{options.command}`: nothing pinned, {options.rounds} starts each."
    lines += ["| | ms, median | spread |", "|---|---|---|",
              f"| a new file | {median(new):.1f} | {spread(new, 1)} |",
              f"| {options.entries:,} entries | {median(old):.1f} | {spread(old, 1)} |", "",
              f"A new file is ready after **{median(new):.0f} ms**, one with entries after "
              f"**{median(old):.0f} ms** (must < 150 ms, goal < 50 ms)"]
    finish(lines, options.report)


if __name__ == "__main__":
    main()
