#!/usr/bin/env python3
"""GET that misses the cache, over 64 keep-alive connections, against pgbench selecting one row.

coolkit has a cache of 1 MiB and is asked for random keys out of far more than it holds; only what
its own metrics count as loaded from the database counts. pgbench (64 clients, -M prepared) selects
one row by its key from a plain table (key, value) with the same keys, which like coolkit's fits
into the server's memory. Rounds alternate, nothing is pinned; the figure is the ratio of the
medians of the rates.
Usage: bench/get_miss.py [--rounds 5] [--seconds 5] [--keys 500000]
       [--binary build/release/coolkit] [--report FILE]
"""
import argparse

from postgres_side import (CONNECTIONS, FIRST_KEY, VALUE, Coolkit, Meter, cpu_line, finish,
                           load_average, median, pgbench, private_postgres, ratio_line, running,
                           spread, wrk)

TABLES = """
CREATE TABLE plain (key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL);
INSERT INTO plain SELECT ({first} + i)::text, '{value}' FROM generate_series(0, {keys} - 1) AS i;
INSERT INTO coolkit.entry (collection, key, value)
  SELECT 'bench', ({first} + i)::text, '{value}' FROM generate_series(0, {keys} - 1) AS i;
"""
SELECT = """\\set key random({first}, {last})
SELECT value FROM plain WHERE key = :key::text;
"""
WRK = """
local head, tail = "GET /v1/kv/bench/{prefix}", " HTTP/1.1\\r\\nHost: bench\\r\\n\\r\\n"
local random, format = math.random, string.format
function init() math.randomseed({seed}) end
function request() return head .. format("%06d", random(0, {keys} - 1)) .. tail end
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--keys", type=int, default=500_000, help="at most 1,000,000")
    arguments.add_argument("--pgbench-threads", type=int, default=2)
    arguments.add_argument("--binary", default="build/release/coolkit")
    arguments.add_argument("--report")
    options = arguments.parse_args()
    rows = {"pgbench": [], "coolkit": []}
    with private_postgres() as postgres:
        with running(Coolkit(options.binary, postgres)):
            pass  # makes the schema
        words = {"first": FIRST_KEY, "last": FIRST_KEY + options.keys - 1, "value": VALUE,
                 "keys": options.keys, "prefix": str(FIRST_KEY)[:-6]}
        postgres.sql(TABLES.format(**words))
        for table in ("plain", "coolkit.entry", "coolkit.change"):
            postgres.sql(f"VACUUM ANALYZE {table}")
        select, lua = postgres.folder / "select.sql", postgres.folder / "get.lua"
        select.write_text(SELECT.format(**words))
        for number in range(-1, options.rounds):  # the first one warms up
            seconds = options.seconds if number >= 0 else 3
            lua.write_text(WRK.format(seed=number + 2, **words))
            measured = {"pgbench": by_pgbench(postgres, select, seconds, options),
                        "coolkit": by_coolkit(postgres, lua, seconds, options)}
            if number >= 0:
                for name, row in measured.items():
                    rows[name].append(row)
    report(rows, options)


def by_pgbench(postgres, script, seconds, options):
    meter = Meter(postgres, None)
    count, rate, latency = pgbench(postgres, script, seconds, options.pgbench_threads)
    return {"rate": rate, "latency": latency, "cpu": meter.per(count)}


def by_coolkit(postgres, script, seconds, options):
    with running(Coolkit(options.binary, postgres, "--cache-bytes", "1MiB")) as coolkit:
        transactions = postgres.transactions()
        before = coolkit.metrics()
        meter = Meter(postgres, coolkit)
        count, took, p50, p99 = wrk(coolkit, script, seconds)
        after = coolkit.metrics()
        misses = (after["coolkit_database_keys_loaded_total"]
                  - before["coolkit_database_keys_loaded_total"])
        loads = after["coolkit_database_loads_total"] - before["coolkit_database_loads_total"]
        cpu = meter.per(misses)
        transactions = postgres.transactions() - transactions
    return {"rate": misses / took, "latency": p50, "p99": p99, "cpu": cpu,
            "hits": 1 - misses / count, "queries per miss": loads / misses,
            "transactions per miss": transactions / misses}


def report(rows, options):
    rates = {name: [row["rate"] for row in measured] for name, measured in rows.items()}
    labels = {"coolkit": "coolkit, misses", "pgbench": "pgbench, plain table"}
    lines = ["# GET miss of 100 bytes, 64 connections, against pgbench", "",
             f"`bench/get_miss.py --rounds {options.rounds} --seconds {options.seconds}`: "
             f"{options.keys:,} keys, a cache of 1 MiB, {CONNECTIONS} connections on each side, "
             f"pgbench -j {options.pgbench_threads}, load average {load_average()} at the end.", "",
             "| | reads/s, median | spread | latency ms | CPU µs per read: service | server "
             "| load | cores taken by others |", "|---|---|---|---|---|---|---|---|"]
    for name in ("coolkit", "pgbench"):
        cpu = {part: median([row["cpu"][part] for row in rows[name]])
               for part in ("service", "server", "load", "others")}
        latency = median([row["latency"] for row in rows[name]])
        lines.append(f"| {labels[name]} | {median(rates[name]):,.0f} | {spread(rates[name])} | "
                     f"{latency:.2f} | {cpu['service']:.1f} | {cpu['server']:.1f} | "
                     f"{cpu['load']:.1f} | {cpu['others']:.2f} |")
    ours = rows["coolkit"]
    lines += ["", "Rate: " + ratio_line(rates["coolkit"], rates["pgbench"],
                                        "goal ≥ 1.8×, milestone ≥ 1.3×"), "",
              cpu_line(rows["coolkit"], rows["pgbench"]), "",
              f"Queries per miss {median([row['queries per miss'] for row in ours]):.3f}; "
              "transactions of the database per miss (its own count, the feed's polls included) "
              f"{median([row['transactions per miss'] for row in ours]):.3f}; requests that hit "
              f"(not counted above) {100 * median([row['hits'] for row in ours]):.1f} %; "
              f"p99 {median([row['p99'] for row in ours]):.1f} ms. "
              "Latency: coolkit's median, pgbench's mean."]
    finish(lines, options.report)


if __name__ == "__main__":
    main()
