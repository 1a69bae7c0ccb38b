#!/usr/bin/env python3
"""batchGet of 100 cached values of 100 bytes, against memcached's multiget of 100 (text protocol).

Both answer the same 100 values over 64 connections; the figure is the ratio of keys per second.
Usage: bench/batch_get.py [--rounds 5] [--seconds 3] [--binary build/release/coolkit]
       [--report FILE]
"""
import json
import socket
import sys

from http_side import (CONNECTIONS, Load, PinnedCoolkit, ask, column, command_lines, finish,
                       folder_and_servers, heading, median, memcached, options_of, ratio, spread)

KEYS = 100
NAMES = [f"{'k' * 16}{number:04d}" for number in range(KEYS)]
VALUES = {name: name[-4:] * 25 for name in NAMES}


def fill_coolkit(port):
    for name, value in VALUES.items():
        assert ask(port, "PUT", f"/v1/kv/bench/{name}", value)[0] in (200, 201, 204)
    body = json.dumps({"keys": NAMES}, separators=(",", ":")).encode()
    status, answer = ask(port, "POST", "/v1/kv/bench:batchGet", body,
                         {"Content-Type": "application/json"})
    found = {item["key"]: item["text"] for item in json.loads(answer)["items"]}
    if status != 200 or found != VALUES:
        sys.exit(f"coolkit answers {status} {answer[:200]!r}")
    head = (f"POST /v1/kv/bench:batchGet HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json"
            f"\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def fill_memcached(port):
    request = f"get {' '.join(NAMES)}\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        file = one.makefile("rwb")
        for name, value in VALUES.items():
            file.write(f"set {name} 0 0 {len(value)}\r\n{value}\r\n".encode())
            file.flush()
            assert file.readline() == b"STORED\r\n"
        file.write(request)
        file.flush()
        found = {}
        while (line := file.readline()) != b"END\r\n":
            found[line.split()[1].decode()] = file.readline().strip().decode()
    if found != VALUES:
        sys.exit("memcached answers other values")
    return request


def main():
    options = options_of(__doc__)
    with folder_and_servers() as (folder, servers):
        servers.append(PinnedCoolkit(options.binary, folder))
        servers.append(memcached())
        loads = [Load(options, folder, "coolkit", fill_coolkit(servers[0].port)),
                 Load(options, folder, "memcached", fill_memcached(servers[1].port))]
        rows = {server.name: [] for server in servers}
        for number in range(-1, options.rounds):  # the first one warms up
            for server, load, end in zip(servers, loads, (None, "END\r\n")):
                row = load.run(server, options.seconds if number >= 0 else 1, end=end)
                assert row["refused"] == 0
                row["keys"] = row["rate"] * KEYS
                row["cpu"] /= KEYS
                if number >= 0:
                    rows[server.name].append(row)
    lines = heading(f"batchGet of {KEYS} hits, {CONNECTIONS} connections, against memcached",
                    options, ["memcached"])
    lines += ["| | keys/s, median | spread | CPU µs per key, median | spread |",
              "|---|---|---|---|---|"]
    for name, each in rows.items():
        keys, cpu = column(each, "keys"), column(each, "cpu")
        lines.append(f"| {name} | {median(keys):,.0f} | {spread(keys)} | {median(cpu):.3f} | "
                     f"{spread(cpu, 3)} |")
    ours, theirs = rows["coolkit"], rows["memcached"]
    lines += ["", "batchGet, keys per second / memcached: " +
              ratio(column(ours, "keys"), column(theirs, "keys"), "must ≥ 0.4×, goal ≥ 0.8×"),
              "", "The same by CPU per key: "
              f"{median(column(theirs, 'cpu')) / median(column(ours, 'cpu')):.2f}×"]
    finish(lines + command_lines(servers), options.report)


if __name__ == "__main__":
    main()
