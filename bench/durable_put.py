#!/usr/bin/env python3
"""Durable PUT of 100 bytes over keep-alive connections, against pgbench upserting one row.

Both sides write random keys out of the same number to the same private PostgreSQL; an answer means
that the write is on disk. pgbench (as many clients, -M prepared) upserts one row of a plain table
(key, value); beside it, for comparison, one row of coolkit's own table with its triggers. Rounds
alternate, nothing is pinned; the figure is the ratio of the medians of the rates, with one
connection that of the times from one answer to the next.
Usage: bench/durable_put.py [--rounds 5] [--seconds 5] [--keys 100000] [--connections 64]
       [--binary build/release/coolkit] [--report FILE]
"""
import argparse

from postgres_side import (CONNECTIONS, FIRST_KEY, VALUE, Coolkit, Meter, cpu_line, finish,
                           load_average, median, pgbench, private_postgres, ratio_line, running,
                           spread, wrk)

TABLES = """
CREATE TABLE plain (key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL) WITH (fillfactor = 85);
INSERT INTO plain SELECT ({first} + i)::text, '{value}' FROM generate_series(0, {keys} - 1) AS i;
INSERT INTO coolkit.entry (collection, key, value)
  SELECT 'bench', ({first} + i)::text, '{value}' FROM generate_series(0, {keys} - 1) AS i;
"""
UPSERT_PLAIN = """\\set key random({first}, {last})
INSERT INTO plain (key, value) VALUES (:key::text, '{value}')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
"""
UPSERT_OWN = """\\set key random({first}, {last})
INSERT INTO coolkit.entry (collection, key, value) VALUES ('bench', :key::text, '{value}')
ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value;
"""
# Keys as text: Lua's numbers are exact up to 2^53 only.
WRK = """
local body = "{value}"
local head, tail = "PUT /v1/kv/bench/{prefix}",
  " HTTP/1.1\\r\\nHost: bench\\r\\nContent-Length: " .. #body .. "\\r\\n\\r\\n" .. body
local random, format = math.random, string.format
function init() math.randomseed({seed}) end
function request() return head .. format("%06d", random(0, {keys} - 1)) .. tail end
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--keys", type=int, default=100_000, help="at most 1,000,000")
    arguments.add_argument("--connections", type=int, default=CONNECTIONS)
    arguments.add_argument("--pgbench-threads", type=int, default=2)
    arguments.add_argument("--binary", default="build/release/coolkit")
    arguments.add_argument("--report")
    options = arguments.parse_args()
    rows = {"plain": [], "coolkit": [], "own": []}
    with private_postgres() as postgres:
        with running(Coolkit(options.binary, postgres)):
            pass  # makes the schema
        words = {"first": FIRST_KEY, "last": FIRST_KEY + options.keys - 1, "value": VALUE,
                 "keys": options.keys, "prefix": str(FIRST_KEY)[:-6]}
        postgres.sql(TABLES.format(**words))
        for table in ("plain", "coolkit.entry", "coolkit.change"):
            postgres.sql(f"VACUUM ANALYZE {table}")
        plain, own, lua = (postgres.folder / name for name in ("plain.sql", "own.sql", "put.lua"))
        plain.write_text(UPSERT_PLAIN.format(**words))
        own.write_text(UPSERT_OWN.format(**words))
        for number in range(-1, options.rounds):  # the first one warms up
            seconds = options.seconds if number >= 0 else 3
            lua.write_text(WRK.format(seed=number + 2, **words))
            measured = {"plain": by_pgbench(postgres, plain, seconds, options),
                        "coolkit": by_coolkit(postgres, lua, seconds, options),
                        "own": by_pgbench(postgres, own, seconds, options)}
            if number >= 0:
                for name, row in measured.items():
                    rows[name].append(row)
    report(rows, options)


def by_pgbench(postgres, script, seconds, options):
    meter = Meter(postgres, None)
    count, rate, latency = pgbench(postgres, script, seconds, options.pgbench_threads,
                                   options.connections)
    return {"rate": rate, "latency": latency, "cpu": meter.per(count)}


def by_coolkit(postgres, script, seconds, options):
    with running(Coolkit(options.binary, postgres)) as coolkit:
        commits = postgres.transactions()
        before = coolkit.metrics()
        meter = Meter(postgres, coolkit)
        count, took, p50, p99 = wrk(coolkit, script, seconds, options.connections)
        cpu = meter.per(count)
        after = coolkit.metrics()
        commits = postgres.transactions() - commits

    def grown(name):
        return after[name] - before[name]

    rows = grown("coolkit_database_rows_written_total")
    return {"rate": count / took, "latency": p50, "p99": p99, "cpu": cpu,
            "rows per commit": rows / grown("coolkit_database_commits_total"),
            "transactions per row": commits / rows}


def report(rows, options):
    rates = {name: [row["rate"] for row in measured] for name, measured in rows.items()}
    labels = {"coolkit": "coolkit", "plain": "pgbench, plain table",
              "own": "pgbench, coolkit's table"}
    single = options.connections == 1
    lines = [f"# Durable PUT of 100 bytes, {options.connections} "
             f"connection{'' if single else 's'}, against pgbench", "",
             f"`bench/durable_put.py --rounds {options.rounds} --seconds {options.seconds} "
             f"--connections {options.connections}`: {options.keys:,} keys, "
             f"pgbench -j {options.pgbench_threads}, load average {load_average()} at the end.", "",
             "| | writes/s, median | spread | latency ms | CPU µs per write: service | server "
             "| load | cores taken by others |", "|---|---|---|---|---|---|---|---|"]
    for name in ("coolkit", "plain", "own"):
        cpu = {part: median([row["cpu"][part] for row in rows[name]])
               for part in ("service", "server", "load", "others")}
        latency = median([row["latency"] for row in rows[name]])
        lines.append(f"| {labels[name]} | {median(rates[name]):,.0f} | {spread(rates[name])} | "
                     f"{latency:.2f} | {cpu['service']:.1f} | {cpu['server']:.1f} | "
                     f"{cpu['load']:.1f} | {cpu['others']:.2f} |")
    ours = rows["coolkit"]
    if single:
        times = {name: [1e6 / rate for rate in each] for name, each in rates.items()}
        lines += ["", f"From one answer to the next {median(times['coolkit']):.0f} µs against "
                  f"{median(times['plain']):.0f} µs: "
                  + ratio_line(times["coolkit"], times["plain"], "goal ≤ 1.1×, milestone ≤ 1.25×")]
    lines += ["",
              "Rate against the plain table: "
              + ratio_line(rates["coolkit"], rates["plain"],
                           "no goal" if single else "goal ≥ 4×, milestone ≥ 2.5×"),
              "", cpu_line(rows["coolkit"], rows["plain"]),
              "", "Rate against coolkit's own table: "
              + ratio_line(rates["coolkit"], rates["own"], "no goal"), "",
              f"Rows per commit {median([row['rows per commit'] for row in ours]):.1f}; "
              "transactions of the database per row (its own count, the feed's polls included) "
              f"{median([row['transactions per row'] for row in ours]):.3f}; "
              f"p99 {median([row['p99'] for row in ours]):.1f} ms. "
              "Latency: coolkit's median, pgbench's mean."]
    finish(lines, options.report)


if __name__ == "__main__":
    main()
