#!/usr/bin/env python3
"""GET of a cached 100-byte value over 64 keep-alive connections, against other servers.

nginx `return 200`, groupcache behind net/http, Redis behind webdis, and a no-op server: coolkit's
own framework with a canned answer, the floor. All answer the same body, with as many header bytes
as coolkit (but webdis, which can't be told to).
Usage: bench/get_hit.py [--rounds 5] [--seconds 3] [--sides nginx,groupcache,webdis,no-op]
       [--binary build/release/coolkit] [--report FILE]
"""
import sys

from http_side import (CONNECTIONS, PATH, VALUE, Load, PinnedCoolkit, Server, ask, column,
                       command_lines, fetch, finish, folder_and_servers, get_request,
                       groupcache_program, heading, median, nginx, noop_server, options_of,
                       put_value, ratio, spread, wait_for, webdis)

SIDES = ("nginx", "groupcache", "webdis", "no-op")


def padded(start, head_bytes):
    """A server of `start(padding)` whose answers have a head of so many bytes."""
    probe = start(1)
    missing = head_bytes - fetch(probe.port, "/")[0]
    probe.stop()
    return start(max(1, 1 + missing))


def start(side, options, folder, head_bytes):
    if side == "nginx":
        return padded(lambda padding: nginx(folder, padding), head_bytes), "/"
    if side == "groupcache":
        program = groupcache_program(options)
        return padded(lambda padding: Server("groupcache", [[program, len(VALUE), padding]], None,
                                             "bench/groupcache"), head_bytes), "/" + "k" * 20
    if side == "no-op":
        return padded(lambda padding: noop_server(options, padding), head_bytes), PATH
    server = webdis(folder)
    wait_for(lambda: ask(server.port, "PUT", "/SET/" + "k" * 20, VALUE)[0] == 200, "Redis")
    path = "/GET/" + "k" * 20 + ".txt"
    # Its threads reach Redis one after another, and each answers 503 until then.
    wait_for(lambda: all(ask(server.port, "GET", path)[0] == 200 for _ in range(50)), "webdis")
    return server, path


def main():
    options = options_of("GET hit", more=lambda parser: parser.add_argument(
        "--sides", default=",".join(SIDES)))
    with folder_and_servers() as (folder, servers):
        coolkit = PinnedCoolkit(options.binary, folder)
        servers.append(coolkit)
        put_value(coolkit.port)
        sides = {"coolkit": (coolkit, Load(options, folder, "coolkit", get_request(PATH)))}
        heads = {"coolkit": fetch(coolkit.port, PATH)[0]}
        for name in options.sides.split(","):
            server, path = start(name, options, folder, heads["coolkit"])
            servers.append(server)
            heads[name], body = fetch(server.port, path)
            if body != VALUE:
                sys.exit(f"{name} answers {body!r}")
            sides[name] = (server, Load(options, folder, name, get_request(path)))
        rows = {name: [] for name in sides}
        for number in range(-1, options.rounds):  # the first one warms up
            for name, (server, load) in sides.items():
                row = load.run(server, options.seconds if number >= 0 else 1)
                assert row["refused"] == 0
                if number >= 0:
                    rows[name].append(row)
    report(rows, heads, servers, options)


def report(rows, heads, servers, options):
    versions = {"nginx": ["nginx"], "groupcache": ["go"], "webdis": ["redis-server"]}
    lines = heading(f"GET hit of {len(VALUE)} bytes, {CONNECTIONS} connections", options,
                    sum((versions.get(name, []) for name in rows), []))
    lines += ["| | requests/s, median | spread | CPU µs per request, median | spread | p50 ms | "
              "p99 ms | head, bytes |", "|---|---|---|---|---|---|---|---|"]
    for name, each in rows.items():
        rate, cpu = column(each, "rate"), column(each, "cpu")
        lines.append(f"| {name} | {median(rate):,.0f} | {spread(rate)} | {median(cpu):.2f} | "
                     f"{spread(cpu, 2)} | {median(column(each, 'p50_ms')):.2f} | "
                     f"{median(column(each, 'p99_ms')):.2f} | {heads[name]} |")
    goals = {"nginx": ("cpu", "must ≤ 1.15×, goal ≤ 1.0×"),
             "groupcache": ("rate", "must ≥ 1.8×, goal ≥ 2.2×"),
             "webdis": ("rate", "must ≥ 2.2×, goal ≥ 2.8×"), "no-op": ("cpu", "the floor is 1")}
    cpu_of_ours = column(rows["coolkit"], "cpu")
    for name in rows:
        if name in goals:
            what, goal = goals[name]
            label = "CPU per request" if what == "cpu" else "requests per second"
            lines += ["", f"GET hit, {label} / {name}: " +
                      ratio(column(rows["coolkit"], what), column(rows[name], what), goal)]
        if name in goals and what == "rate":
            lines[-1] += (". By CPU per request: "
                          f"{median(column(rows[name], 'cpu')) / median(cpu_of_ours):.2f}×")
    finish(lines + command_lines(servers), options.report)


if __name__ == "__main__":
    main()
