#!/usr/bin/env python3
"""Goodput at three times the peak, against the peak itself: GET hits, and durable PUTs on SQLite.

The peak is a closed loop over 64 connections. The overload is due at three times that rate over
3,000 connections: every connection that has its answer asks again at once. Good is what is answered
with 2xx within a second.
Usage: bench/overload.py [--rounds 5] [--seconds 3] [--binary build/release/coolkit]
       [--report FILE]
"""
import resource

from http_side import (CONNECTIONS, PATH, VALUE, Load, PinnedCoolkit, column, command_lines, finish,
                       folder_and_servers, get_request, heading, median, options_of, put_value,
                       ratio, spread)

TIMES = 3
CROWD = 3_000


def goodput(row):
    return (row["good"] - row["late"]) / row["seconds"]


def main():
    options = options_of(__doc__)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    rows = {name: {"peak": [], "overload": []} for name in ("GET hit", "PUT")}
    with folder_and_servers() as (folder, servers):
        coolkit = PinnedCoolkit(options.binary, folder)
        servers.append(coolkit)
        put_value(coolkit.port)
        put = (f"PUT {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(VALUE)}\r\n\r\n"
               .encode() + VALUE)
        loads = {"GET hit": Load(options, folder, "get", get_request(PATH)),
                 "PUT": Load(options, folder, "put", put)}
        for name, load in loads.items():
            load.run(coolkit, 1)
            for _ in range(options.rounds):
                peak = load.run(coolkit, options.seconds)
                over = load.run(coolkit, options.seconds, CROWD, rate=TIMES * peak["rate"])
                rows[name]["peak"].append(peak | {"goodput": goodput(peak)})
                rows[name]["overload"].append(over | {"goodput": goodput(over)})
    lines = heading("Goodput at three times the peak", options)
    lines += [f"Peak: {CONNECTIONS} connections; overload: {CROWD:,}.", "",
              "| | good answers/s, median | spread | 503 | after 1 s | p50 ms | p99 ms |",
              "|---|---|---|---|---|---|---|"]
    for name, kinds in rows.items():
        for kind, each in kinds.items():
            lines.append(
                f"| {name}, {kind} | {median(column(each, 'goodput')):,.0f} | "
                f"{spread(column(each, 'goodput'))} | {sum(column(each, 'refused'))} | "
                f"{sum(column(each, 'late'))} | {median(column(each, 'p50_ms')):.2f} | "
                f"{median(column(each, 'p99_ms')):.2f} |")
    for name, kinds in rows.items():
        goals = "must ≥ 0.9×, goal ≥ 0.97×"
        lines += ["", f"{name}, goodput at 3× overload / peak: " +
                  ratio(column(kinds["overload"], "goodput"), column(kinds["peak"], "goodput"),
                        goals)]
    finish(lines + command_lines(servers), options.report)


if __name__ == "__main__":
    main()
