#!/usr/bin/env python3
"""Resident memory per entry with a 20-byte key and a 100-byte value, against memcached.

Both sides get 2 million entries on top of 200,000, which fill what costs the same however many
entries there are (SQLite's page cache, connections); the figure is what resident memory grows by.
Usage: bench/memory.py [--rounds 1] [--entries 2000000] [--binary build/release/coolkit]
       [--report FILE]
"""
import http.client
import json
import socket
import sqlite3

from http_side import (VALUE, PinnedCoolkit, command_lines, finish, folder_and_servers, heading,
                       median, memcached, options_of, ratio, resident_bytes, spread)

FIRST = 200_000
BATCH = 100


def name_of(number):
    return f"k{number:019d}"


def fill_database(folder, count):
    database = sqlite3.connect(folder / "coolkit.db")
    with database:
        database.executemany("INSERT INTO entry (collection, key, value) VALUES ('bench', ?, ?)",
                             ((name_of(number), VALUE) for number in range(count)))
    database.close()


def read_into_coolkit(port, numbers):
    """Reads them, which loads them into the cache; the last ones are looked at."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    answer = b""
    for start in range(numbers.start, numbers.stop, BATCH):
        names = [name_of(number) for number in range(start, min(start + BATCH, numbers.stop))]
        connection.request("POST", "/v1/kv/bench:batchGet", json.dumps({"keys": names}),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        assert response.status == 200
    assert all(item["text"] == VALUE.decode() for item in json.loads(answer)["items"])


def write_into_memcached(port, numbers):
    value = VALUE.decode()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        for start in range(numbers.start, numbers.stop, 1000):
            one.sendall("".join(f"set {name_of(number)} 0 0 {len(value)} noreply\r\n{value}\r\n"
                                for number in range(start, min(start + 1000, numbers.stop)))
                        .encode())
        one.sendall(f"get {name_of(numbers.stop - 1)}\r\n".encode())
        assert value.encode() in one.recv(4096)


def entries_of_coolkit(server):
    lines = server.ask(server.ops_port, "/metrics")[1].splitlines()
    return sum(float(line.split()[-1]) for line in lines
               if line.startswith("coolkit_cache_entries"))


def measure(options):
    """Bytes per entry of (coolkit, memcached), and how they were started."""
    with folder_and_servers() as (folder, servers):
        with_schema = PinnedCoolkit(options.binary, folder)
        with_schema.stop()
        fill_database(folder, FIRST + options.entries)
        servers.append(PinnedCoolkit(options.binary, folder, "--cache-bytes", "1GiB"))
        servers.append(memcached())
        found = []
        for server, fill in zip(servers, (read_into_coolkit, write_into_memcached)):
            fill(server.port, range(FIRST))
            before = resident_bytes(server.pids)
            fill(server.port, range(FIRST, FIRST + options.entries))
            found.append((resident_bytes(server.pids) - before) / options.entries)
        assert entries_of_coolkit(servers[0]) >= FIRST + options.entries
        return found, command_lines(servers)


def main():
    options = options_of(__doc__, rounds=1, more=lambda parser: parser.add_argument(
        "--entries", type=int, default=2_000_000))
    ours, theirs, commands = [], [], []
    for _ in range(options.rounds):
        found, commands = measure(options)
        ours.append(found[0])
        theirs.append(found[1])
    lines = heading(f"Memory per entry, {options.entries:,} entries, against memcached", options,
                    ["memcached"])
    lines += ["Keys of 20 bytes, values of 100.", "",
              "| | bytes of resident memory per entry, median | spread |", "|---|---|---|"]
    for name, each in (("coolkit", ours), ("memcached", theirs)):
        lines.append(f"| {name} | {median(each):.1f} | {spread(each, 1)} |")
    lines += ["", "Memory per entry / memcached: " + ratio(ours, theirs,
                                                           "must ≤ 1.0×, goal ≤ 0.85×")]
    finish(lines + commands, options.report)


if __name__ == "__main__":
    main()
