#!/usr/bin/env python3
"""Resident memory of 10,000 idle keep-alive connections, nginx beside it.

Each connection has asked once and then waits; the memory is the process's, without the kernel's.
Usage: bench/idle_connections.py [--rounds 3] [--connections 10000] [--report FILE]
       [--binary build/release/coolkit]
"""
import contextlib
import resource
import socket
import time

from http_side import (PATH, PinnedCoolkit, command_lines, finish, folder_and_servers, get_request,
                       heading, median, nginx, options_of, put_value, resident_bytes, spread)

SETTLE_SECONDS = 4  # buffers are given back after a second without a request


def held(server, connections):
    """Bytes per connection."""
    request = get_request(PATH)
    with contextlib.ExitStack() as stack:
        def ask(one):
            one.sendall(request)
            assert one.recv(4096).startswith(b"HTTP/1.1 200")

        def connect():
            one = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            ask(one)
            return one

        for _ in range(10):
            connect()
        time.sleep(SETTLE_SECONDS)
        before = resident_bytes(server.pids)
        all_of_them = [connect() for _ in range(connections)]
        time.sleep(SETTLE_SECONDS)
        after = resident_bytes(server.pids)
        for one in all_of_them[::100]:
            ask(one)  # it lives
    return (after - before) / connections


def main():
    options = options_of(__doc__, rounds=3, more=lambda parser: parser.add_argument(
        "--connections", type=int, default=10_000))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 40_000), hard))
    bytes_each = {"coolkit": [], "nginx": []}
    commands = []
    for _ in range(options.rounds):  # a process that never had connections, each time
        with folder_and_servers() as (folder, servers):
            servers.append(PinnedCoolkit(options.binary, folder, "--max-connections", "20000",
                                         "--idle-timeout", "10m"))
            put_value(servers[0].port)
            servers.append(nginx(folder, connections=20_000))
            for server in servers:
                bytes_each[server.name].append(held(server, options.connections))
        commands = command_lines(servers)
    lines = heading(f"{options.connections:,} idle keep-alive connections", options, ["nginx"])
    lines += ["| | bytes of resident memory each, median | spread |", "|---|---|---|"]
    for name, each in bytes_each.items():
        lines.append(f"| {name} | {median(each):,.0f} | {spread(each)} |")
    lines += ["", f"An idle connection holds **{median(bytes_each['coolkit']):,.0f} B** "
              f"({spread(bytes_each['coolkit'])}; must ≤ 4,096 B, goal ≤ 1,024 B)"]
    finish(lines + commands, options.report)


if __name__ == "__main__":
    main()
