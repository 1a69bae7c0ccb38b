"""What happens between the service and a Cloud SQL instance: names that move, connections that are
cut, a wrong clock, everything that libpq can do."""

import pathlib
import re
import subprocess
import threading
import time

import pytest

from cloud_pods import errors, metric, until, works, works_again
from dns_server import DnsServer, Names

NAME = "main.sql-psc.goog"
HERE = pathlib.Path(__file__).parent


@pytest.fixture
def named(server, serve, postgres_server):
    """(instance, DNS server, start): an instance that is reached by name."""
    instance, _ = server
    instance.settings["dnsNames"] = [{"name": f"{NAME}.", "dnsScope": "INSTANCE",
                                      "connectionType": "PRIVATE_SERVICE_CONNECT"}]
    instance.open(postgres_server.port, common_name="", dns_names=[f"{NAME}."])
    dns = DnsServer()
    dns.names[NAME] = Names(instance.address)
    yield instance, dns, lambda: serve("--dns-server", f"127.0.0.1:{dns.port}",
                                       parameters="&ip=psc")
    dns.close()


def test_a_failover_is_found_by_dns(named, http, postgres_server):
    instance, dns, start = named
    pod = start()
    works(http, pod)
    other = instance.cloud.free_address()
    instance.open(postgres_server.port, address=other, common_name="", dns_names=[f"{NAME}."])
    instance.close()  # what is open there stays open, as to a machine that only hangs
    before = instance.sessions
    dns.names[NAME] = Names(other)
    until(lambda: "has moved" in pod.stderr())
    works_again(http, pod)
    assert instance.sessions > before
    works(http, pod)


def test_an_address_that_fails_in_the_handshake_is_followed_by_the_next(named, http,
                                                                        postgres_server):
    instance, dns, start = named
    other = instance.cloud.free_address()
    instance.open(postgres_server.port, address=other, common_name="", dns_names=[f"{NAME}."])
    instance.break_handshakes()
    dns.names[NAME] = Names(instance.address, other)
    works(http, start())


def test_sessions_that_are_cut_lose_no_acknowledged_write(server, serve, http):
    instance, _ = server
    pod = serve()
    written, ended = [], threading.Event()

    def write():
        for i in range(10**9):
            if ended.is_set():
                return
            if http.put(f"{pod.url}/v1/kv/cut/{i}", content=str(i).encode()).status_code < 300:
                written.append(i)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(5):
        count = len(written)
        until(lambda count=count: len(written) > count + 20)
        instance.cut()
    ended.set()
    writer.join()
    works_again(http, pod)
    for i in written:
        answer = http.get(f"{pod.url}/v1/kv/cut/{i}", headers={"Cache-Control": "no-cache"})
        assert answer.content == str(i).encode()


def test_a_handshake_that_is_cut_has_its_reason_and_ends(server, serve, http, postgres_server):
    instance, _ = server
    pod = serve()
    works(http, pod)
    instance.break_handshakes()
    instance.cut()
    until(lambda: errors(http, pod, "closed") + errors(http, pod, "tls") > 1)
    instance.open(postgres_server.port)
    works_again(http, pod)


def preload(tmp_path, source, *flags):
    """Compiles `source` to what LD_PRELOAD takes."""
    path = tmp_path / f"{source}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, HERE / source, *flags],
                   check=True, timeout=60)
    return str(path)


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_wrong_by_hours_does_not_matter(cloud, serve, http, tmp_path, hours):
    """By the clock of the machine certificates have ended long ago, or live for six hours."""
    shift = hours * 3600
    pod = serve(environment={"LD_PRELOAD": preload(tmp_path, "shifted_clock.c"),
                             "COOLKIT_CLOCK_SHIFT": str(shift)})
    works(http, pod)
    expiry = metric(http, pod, "coolkit_cloudsql_certificate_expiry_timestamp_seconds")
    left = expiry - (time.time() + shift)
    assert 3000 < left <= 3600, "of an hour, by the clock of the Admin API"
    assert errors(http, pod, "certificate") == 0
    assert cloud.asked.count("generateEphemeralCert") == 1


def test_copy_listen_and_cancel_through_the_connector(cloud, server, serve, http, tmp_path):
    includes = subprocess.run(["pg_config", "--includedir"], check=True, capture_output=True,
                              text=True).stdout.strip()
    library = preload(tmp_path, "inside_session.c", f"-I{includes}", "-lpq", "-lpthread")
    ask = tmp_path / "ask"
    pod = serve(environment={"LD_PRELOAD": library, "COOLKIT_INSIDE": str(ask)})
    works(http, pod)
    inodes = {link.readlink().name for link in pathlib.Path(f"/proc/{pod.pid}/fd").iterdir()}
    rows = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()]
    host = next(row[7].split("/")[0] for row in rows[1:] if len(row) > 7 and
                row[7].startswith("@coolkit-") and f"socket:[{row[6]}]" in inodes)
    part = tmp_path / "ask.part"
    part.write_text(f"host={host} port=5432 user={cloud.USER} dbname={server[1]}")
    part.rename(ask)
    done = tmp_path / "ask.done"
    until(done.exists)
    said = done.read_text()
    assert re.match(r"in=100000 out=10100000 heard=hello canceled=57014 $", said), said
    works(http, pod)
