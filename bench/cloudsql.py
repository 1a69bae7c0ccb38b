#!/usr/bin/env python3
"""The Cloud SQL connector next to plain libpq over TLS, to the same PostgreSQL.

Both ways end in PostgreSQL's own TLS 1.3 with the same certificate, and both go through the same
forwarder of bytes; before the connector's it asks for TLS as libpq does (SSLRequest), so that the
instance's front is PostgreSQL itself. The Admin API and the metadata server are doubles. Rounds
alternate, nothing is pinned; the figure is the CPU of the service per operation (/proc), the ratio
of the medians.
Usage: bench/cloudsql.py [--rounds 5] [--seconds 3] [--keys 200000]
       [--binary build/release/coolkit] [--report FILE]
"""
import argparse
import contextlib
import os
import pathlib
import pwd
import socket
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))

from cloud import SERVER_PORT, SSL_REQUEST, Cloud  # noqa: E402  (found by the line above)
from postgres_side import (FIRST_KEY, VALUE, Coolkit, Meter, finish, load_average, median,
                           private_postgres, running, spread, wrk)  # noqa: E402

ROWS = """
INSERT INTO coolkit.entry (collection, key, value)
  SELECT 'bench', ({first} + i)::text, '{value}' FROM generate_series(0, {keys} - 1) AS i;
"""
LUA = """
local head, tail = "{method} /v1/kv/bench/{prefix}", " HTTP/1.1\\r\\nHost: bench\\r\\n{more}"
local random, format = math.random, string.format
function init() math.randomseed({seed}) end
function request() return head .. format("%06d", random(0, {keys} - 1)) .. tail end
"""
BODY = f"Content-Length: {len(VALUE)}\\r\\n\\r\\n{VALUE}"
# name -> (method, what follows the first line, connections, what the service counts)
LOADS = {"GET misses, 64 connections": ("GET", "\\r\\n", 64, "coolkit_database_keys_loaded_total"),
         "PUT, 64 connections": ("PUT", BODY, 64, None),
         "GET misses, 1 connection": ("GET", "\\r\\n", 1, "coolkit_database_keys_loaded_total")}
WAYS = ("connector", "libpq")
PIPE_BYTES = 1 << 16


class Forwarder:
    """Copies bytes between who comes to `address:port` and a local port, in the kernel."""

    def __init__(self, address, port, target, asks_for_tls):
        self.target, self.asks_for_tls = target, asks_for_tls
        self.listener = socket.create_server((address, port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            for side in (near, far):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.asks_for_tls:
                far.sendall(struct.pack("!II", 8, SSL_REQUEST))
                assert far.recv(1) == b"S"
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    @staticmethod
    def _copy(source, target):
        out, into = os.pipe()
        with contextlib.suppress(OSError):
            while left := os.splice(source.fileno(), into, PIPE_BYTES):
                while left:
                    left -= os.splice(out, target.fileno(), left)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        os.close(out)
        os.close(into)


class Way:
    """What `Coolkit` wants to know of a PostgreSQL: where it is, and where to write files."""

    def __init__(self, postgres, url, *flags):
        self.folder, self.url, self.flags = postgres.folder, url, flags


def secure(postgres, cloud, instance):
    """PostgreSQL takes TLS with a certificate of the instance, also from clients that have one."""
    place = postgres.folder / "postgres"
    both = instance.authority.server(cloud.folder, instance.common_name, ["localhost"]).read_text()
    certificate, _, key = both.partition("-----BEGIN PRIVATE KEY-----")
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    for name, text in (("server.crt", certificate), ("clients.crt", cloud.client_authority.pem),
                       ("server.key", "-----BEGIN PRIVATE KEY-----" + key)):
        path = place / name
        path.write_text(text)
        path.chmod(0o600)
        if owner:
            os.chown(path, owner.pw_uid, owner.pw_gid)
    for setting, value in (("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key"),
                           ("ssl_ca_file", "clients.crt")):
        postgres.sql(f"ALTER SYSTEM SET {setting} = '{place / value}'")
    postgres.sql("ALTER SYSTEM SET ssl = on")
    postgres.sql("SELECT pg_reload_conf()")
    postgres.sql(f'CREATE ROLE "{cloud.USER}" LOGIN SUPERUSER')


def ways(postgres, cloud):
    instance = cloud.add_instance()
    secure(postgres, cloud, instance)
    Forwarder(instance.address, SERVER_PORT, postgres.port, asks_for_tls=True)
    plain = Forwarder("127.0.0.1", 0, postgres.port, asks_for_tls=False)
    authority = cloud.folder / "instance-ca.pem"
    authority.write_text(instance.authority.pem)
    user = cloud.USER.replace("@", "%40")
    return {
        "connector": Way(postgres, cloud.url(instance, "postgres"),
                         "--metadata-host", f"127.0.0.1:{cloud.metadata_port}",
                         "--cloudsql-api-endpoint", cloud.api_url,
                         "--cloudsql-api-ca", str(cloud.api_ca)),
        "libpq": Way(postgres, f"postgres://{user}@localhost:{plain.port}/postgres"
                     f"?sslmode=verify-full&sslrootcert={authority}&gssencmode=disable")}


def measure(options, postgres, way, script, seconds, connections, counted):
    with running(Coolkit(options.binary, way, "--cache-bytes", "1MiB", *way.flags)) as coolkit:
        before = coolkit.metrics()
        meter = Meter(postgres, coolkit)
        count, took, p50, p99 = wrk(coolkit, script, seconds, connections)
        after = coolkit.metrics()
        if counted:
            count = after[counted] - before[counted]
        secure_sessions = int(postgres.sql(
            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
            "WHERE version = 'TLSv1.3' AND application_name = 'coolkit'"))
        assert secure_sessions > 0, "not by TLS 1.3"
        return {"rate": count / took, "p50": p50, "p99": p99, "cpu": meter.per(count)}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--keys", type=int, default=200_000, help="at most 1,000,000")
    arguments.add_argument("--binary", default="build/release/coolkit")
    arguments.add_argument("--report")
    options = arguments.parse_args()
    rows = {(load, way): [] for load in LOADS for way in WAYS}
    with private_postgres() as postgres:
        with running(Coolkit(options.binary, postgres)):
            pass  # makes the schema
        words = {"first": FIRST_KEY, "value": VALUE, "keys": options.keys,
                 "prefix": str(FIRST_KEY)[:-6]}
        postgres.sql(ROWS.format(**words))
        for table in ("coolkit.entry", "coolkit.change"):
            postgres.sql(f"VACUUM ANALYZE {table}")
        (postgres.folder / "cloud").mkdir()
        with Cloud(postgres.folder / "cloud") as cloud:
            run(options, postgres, ways(postgres, cloud), words, rows)
    report(rows, options)


def run(options, postgres, reached, words, rows):
    lua = postgres.folder / "load.lua"
    for number in range(-1, options.rounds):  # the first one warms up
        for load, (method, more, connections, counted) in LOADS.items():
            order = WAYS if number % 2 else reversed(WAYS)
            for way in order:
                lua.write_text(LUA.format(method=method, more=more, seed=number + 2, **words))
                row = measure(options, postgres, reached[way], lua,
                              options.seconds if number >= 0 else 1, connections, counted)
                if number >= 0:
                    rows[load, way].append(row)


def report(rows, options):
    lines = ["# The Cloud SQL connector next to libpq over TLS", "",
             f"`bench/cloudsql.py --rounds {options.rounds} --seconds {options.seconds}`: "
             f"{options.keys:,} keys of 100 bytes, a cache of 1 MiB, load average "
             f"{load_average()} at the end.", "",
             "| | way | operations/s, median | spread | p50 ms | p99 ms | CPU µs per operation: "
             "service | spread | server | cores taken by others |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    ratios = []
    for load in LOADS:
        cpu = {}
        for way in WAYS:
            mine = rows[load, way]
            used = [row["cpu"]["service"] for row in mine]
            cpu[way] = median(used)
            rates = [row["rate"] for row in mine]
            lines.append(
                f"| {load} | {way} | {median(rates):,.0f} | {spread(rates)} | "
                f"{median([row['p50'] for row in mine]):.2f} | "
                f"{median([row['p99'] for row in mine]):.2f} | {cpu[way]:.1f} | "
                f"{spread(used, 1)} | {median([row['cpu']['server'] for row in mine]):.1f} | "
                f"{median([row['cpu']['others'] for row in mine]):.2f} |")
        ratios.append(f"- {load}: **{cpu['connector'] / cpu['libpq']:.2f}×** the CPU of the "
                      "service (goal ≤ 1.1×)")
    finish([*lines, "", *ratios], options.report)


if __name__ == "__main__":
    main()
