#!/usr/bin/env python3
"""Durable PUT of 100 bytes over 64 keep-alive connections on SQLite, against one commit per write.

Both sides write random keys out of the same number; an answer means that the write is on disk. The
other side is SQLite alone, with the same settings (write-ahead log, synchronous = FULL, pages and
checkpoints as coolkit has them): one connection upserts one row of a plain table (key, value) per
transaction, in a loop without a network. Rounds alternate, nothing is pinned; the figure is the
ratio of the medians of the rates.
Usage: bench/durable_put_sqlite.py [--rounds 5] [--seconds 5] [--keys 100000]
       [--binary build/release/coolkit] [--report FILE]
"""
import argparse
import pathlib
import random
import sqlite3
import tempfile
import time

from durable_put import WRK
from postgres_side import (CONNECTIONS, FIRST_KEY, VALUE, Coolkit, children_seconds, finish,
                           load_average, machine_seconds, median, ratio_line, running, spread, wrk)

SETTINGS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 800;
PRAGMA cache_size = -8192;
"""
UPSERT = ("INSERT INTO plain (key, value) VALUES (?, ?) "
          "ON CONFLICT (key) DO UPDATE SET value = excluded.value")


class Place:
    """A folder and a database in it: what `Coolkit` wants to know."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:{folder}/coolkit.db"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--keys", type=int, default=100_000, help="at most 1,000,000")
    arguments.add_argument("--binary", default="build/release/coolkit")
    arguments.add_argument("--report")
    options = arguments.parse_args()
    rows = {"coolkit": [], "sqlite": []}
    with tempfile.TemporaryDirectory() as name:
        place = Place(pathlib.Path(name))
        plain = make_plain(place.folder / "plain.db", options.keys)
        lua = place.folder / "put.lua"
        words = {"value": VALUE, "keys": options.keys, "prefix": str(FIRST_KEY)[:-6]}
        for number in range(-1, options.rounds):  # the first one warms up
            seconds = options.seconds if number >= 0 else 3
            lua.write_text(WRK.format(seed=number + 2, **words))
            measured = {"sqlite": by_sqlite(plain, seconds, options),
                        "coolkit": by_coolkit(place, lua, seconds, options.binary)}
            if number >= 0:
                for side, row in measured.items():
                    rows[side].append(row)
    report(rows, options)


def make_plain(path, keys):
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(SETTINGS + "CREATE TABLE plain (key TEXT PRIMARY KEY, value BLOB NOT "
                           "NULL) WITHOUT ROWID, STRICT;")
    database.execute("BEGIN")
    database.executemany(UPSERT, ((str(FIRST_KEY + i), VALUE.encode()) for i in range(keys)))
    database.execute("COMMIT")
    return database


def by_sqlite(database, seconds, options):
    count, began = 0, time.monotonic()
    used, machine = time.process_time(), machine_seconds()
    while (took := time.monotonic() - began) < seconds:
        key = str(FIRST_KEY + random.randrange(options.keys))
        # No BEGIN: a transaction of its own. SQLite writes nothing where the bytes are the same.
        database.execute(UPSERT, (key, b"%0*d" % (len(VALUE), count)))
        count += 1
    used = time.process_time() - used
    return {"rate": count / took, "cpu": used / count * 1e6, "latency": took / count * 1000,
            "rows per commit": 1, "others": (machine_seconds() - machine - used) / took}


def by_coolkit(place, script, seconds, binary):
    with running(Coolkit(binary, place)) as coolkit:
        before, used, load = coolkit.metrics(), coolkit.cpu_seconds(), children_seconds()
        machine = machine_seconds()
        count, took, p50, _ = wrk(coolkit, script, seconds)
        used, load = coolkit.cpu_seconds() - used, children_seconds() - load
        others = (machine_seconds() - machine - used - load) / took
        after = coolkit.metrics()

    def grown(name):
        return after[name] - before[name]

    return {"rate": count / took, "cpu": used / count * 1e6, "latency": p50, "others": others,
            "rows per commit": grown("coolkit_database_rows_written_total")
            / grown("coolkit_database_commits_total")}


def report(rows, options):
    rates = {side: [row["rate"] for row in measured] for side, measured in rows.items()}
    labels = {"coolkit": "coolkit", "sqlite": "SQLite, a transaction per write"}
    lines = ["# Durable PUT of 100 bytes, 64 connections, SQLite, against one commit per write", "",
             f"`bench/durable_put_sqlite.py --rounds {options.rounds} --seconds {options.seconds}`:"
             f" {options.keys:,} keys, {CONNECTIONS} connections, SQLite {sqlite3.sqlite_version} "
             f"on the other side, load average {load_average()} at the end.", "",
             "| | writes/s, median | spread | latency ms | CPU µs per write | rows per commit "
             "| cores taken by others |", "|---|---|---|---|---|---|---|"]
    for side in ("coolkit", "sqlite"):
        latency, cpu, per, others = (
            median([row[name] for row in rows[side]])
            for name in ("latency", "cpu", "rows per commit", "others"))
        lines.append(f"| {labels[side]} | {median(rates[side]):,.0f} | {spread(rates[side])} | "
                     f"{latency:.2f} | {cpu:.1f} | {per:.1f} | {max(0.0, others):.2f} |")
    lines += ["", "Rate: " + ratio_line(rates["coolkit"], rates["sqlite"],
                                        "goal ≥ 10×, milestone ≥ 5×"),
              "", "CPU of the service, without its load. Latency: coolkit's median, SQLite's mean."]
    finish(lines, options.report)


if __name__ == "__main__":
    main()
