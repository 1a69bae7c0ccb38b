#!/usr/bin/env python3
"""p99 of GET hits in an open loop at 60 % of coolkit's peak, against nginx at the same rate.

Calls are due at even intervals; a latency counts from when its call was due.
Usage: bench/get_hit_p99.py [--rounds 5] [--seconds 4] [--binary build/release/coolkit]
       [--report FILE]
"""
from http_side import (CONNECTIONS, PATH, VALUE, Load, PinnedCoolkit, column, command_lines, fetch,
                       finish, folder_and_servers, get_request, heading, median, nginx, options_of,
                       put_value, ratio, spread)

SHARE = 0.6


def main():
    options = options_of(__doc__, seconds=4)
    with folder_and_servers() as (folder, servers):
        coolkit = PinnedCoolkit(options.binary, folder)
        servers.append(coolkit)
        put_value(coolkit.port)
        head = fetch(coolkit.port, PATH)[0]
        probe = nginx(folder)
        padding = 1 + head - fetch(probe.port, "/")[0]
        probe.stop()
        servers.append(nginx(folder, padding))
        # A number in coolkit's head may have a digit more or less by now.
        assert fetch(servers[1].port, "/") == (head, VALUE)
        assert fetch(coolkit.port, PATH)[1] == VALUE
        load = Load(options, folder, "get", get_request(PATH))
        peak = median([load.run(coolkit, 1)["rate"] for _ in range(5)])
        rows = {server.name: [] for server in servers}
        for _ in range(options.rounds):
            for server in servers:
                row = load.run(server, options.seconds, rate=SHARE * peak)
                assert row["refused"] == 0
                rows[server.name].append(row)
    lines = heading(f"GET hit of {len(VALUE)} bytes at {SHARE:.0%} of the peak, open loop", options,
                    ["nginx"])
    lines += [f"coolkit's peak: {peak:,.0f} requests/s over {CONNECTIONS} connections.", "",
              "| | requests/s | p50 ms | p99 ms, median | spread | p99.9 ms | dropped |",
              "|---|---|---|---|---|---|---|"]
    for name, each in rows.items():
        p99 = column(each, "p99_ms")
        lines.append(f"| {name} | {median(column(each, 'rate')):,.0f} | "
                     f"{median(column(each, 'p50_ms')):.3f} | {median(p99):.3f} | "
                     f"{spread(p99, 3)} | {median(column(each, 'p999_ms')):.3f} | "
                     f"{sum(column(each, 'dropped'))} |")
    lines += ["", "GET hit p99 at 60 % of peak / nginx: " +
              ratio(column(rows["coolkit"], "p99_ms"), column(rows["nginx"], "p99_ms"),
                    "must ≤ 1.2×, goal ≤ 1.0×")]
    finish(lines + command_lines(servers), options.report)


if __name__ == "__main__":
    main()
