"""Names of pods: what is asked of a DNS server, and what is made of its answers."""

import socket
import time

import pytest

from dns_server import AAAA, A, DnsServer, Names
from ring import Ring, wait_until

FAILURE = 3


@pytest.fixture
def dns():
    server = DnsServer()
    yield server
    server.close()


@pytest.fixture
def resolve(coolkit, dns):
    """(status, addresses of each name, standard error)"""

    def run(*names, timeout="3s", server=None):
        done = coolkit("resolve", "--dns-server", server or dns.address, "--timeout", timeout,
                       *names)
        found = [line.split(": ", 1) for line in done.stdout.decode().splitlines()]
        return done.returncode, [(name, rest.split()) for name, rest in found], \
            done.stderr.decode()

    return run


def test_both_families_sorted_each_once(dns, resolve):
    dns.names["pods.test"] = Names("10.0.0.2", "fd00::2", "10.0.0.1", "10.0.0.1", "fd00::1")
    assert resolve("pods.test") == (
        0, [("pods.test", ["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"])], "")
    assert sorted(dns.asked) == [("pods.test", A, "udp"), ("pods.test", AAAA, "udp")]


def test_one_family_is_enough(dns, resolve):
    dns.names["four.test"] = Names("10.0.0.1")
    dns.names["six.test"] = Names("fd00::1")
    dns.names["half.test"] = Names("10.0.0.1", fails="servfail", fails_for=(AAAA,))
    dns.names["late.test"] = Names("10.0.0.1", fails="silent", fails_for=(AAAA,))
    assert resolve("four.test", "six.test", "half.test", "late.test")[:2] == (
        0, [("four.test", ["10.0.0.1"]), ("six.test", ["fd00::1"]), ("half.test", ["10.0.0.1"]),
            ("late.test", ["10.0.0.1"])])


@pytest.mark.parametrize("count", [150, 1000])
def test_a_long_answer_comes_over_tcp(dns, resolve, count):
    addresses = [f"10.0.{i // 250}.{i % 250 + 1}" for i in range(count)]
    dns.names["many.test"] = Names(*addresses)
    status, found, _ = resolve("many.test")
    assert status == 0 and found == [("many.test", sorted(addresses))]
    assert ("many.test", A, "udp") in dns.asked and ("many.test", A, "tcp") in dns.asked


@pytest.mark.parametrize(("name", "code"), [("nobody.test", "not_found"),
                                            ("empty.test", "not_found"),
                                            ("broken.test", "connection_closed"),
                                            ("garbage.test", ""),
                                            ("hangs-up.test", "")])
def test_failures_are_told_apart(dns, resolve, name, code):
    dns.names["empty.test"] = Names()
    dns.names["broken.test"] = Names("10.0.0.1", fails="servfail")
    dns.names["garbage.test"] = Names("10.0.0.1", fails="garbage")
    dns.names["hangs-up.test"] = Names("10.0.0.1", fails="tcp-closes")
    started = time.monotonic()
    status, found, errors = resolve(name, timeout="3s")
    assert time.monotonic() - started < 3.5
    assert (status, found) == (FAILURE, [])
    assert errors.startswith(f"coolkit resolve: {name}: {code}")


def test_forged_answers_are_not_believed(dns, resolve):
    dns.names["id.test"] = Names("10.0.0.1", fails="wrong-id")
    dns.names["name.test"] = Names("10.0.0.2", fails="wrong-name")
    assert resolve("id.test", "name.test")[:2] == (
        0, [("id.test", ["10.0.0.1"]), ("name.test", ["10.0.0.2"])])


def test_silence_ends_at_the_deadline(dns, resolve):
    dns.names["silent.test"] = Names(fails="silent")
    started = time.monotonic()
    status, _, errors = resolve("silent.test", timeout="300ms")
    assert time.monotonic() - started < 1.5
    assert status == FAILURE and "silent.test: timeout: the name was not resolved in time" in errors


def test_nobody_at_the_servers_port(resolve):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    started = time.monotonic()
    status, _, errors = resolve("pods.test", server=f"127.0.0.1:{port}")
    assert status == FAILURE and "pods.test: connection_closed" in errors
    assert time.monotonic() - started < 2


def test_one_look_up_for_all_who_ask_for_a_name(dns, resolve):
    dns.names["pods.test"] = Names("10.0.0.1")
    dns.names["slow.test"] = Names("10.0.0.1", fails="silent", fails_for=(AAAA,))
    status, found, _ = resolve(*["slow.test"] * 20)
    assert status == 0 and found == [("slow.test", ["10.0.0.1"])] * 20
    assert dns.asked.count(("slow.test", A, "udp")) == 1


def test_too_many_names_at_once_are_refused(dns, resolve):
    names = [f"n{i}.test" for i in range(100)]
    for name in names:
        dns.names[name] = Names(fails="silent")
    status, _, errors = resolve(*names, timeout="300ms")
    assert status == FAILURE
    assert errors.count(": overloaded: ") == 36 and errors.count(": timeout: ") == 64


def test_numbers_are_their_own_names(dns, resolve):
    assert resolve("127.0.0.1", "::1")[:2] == (
        0, [("127.0.0.1", ["127.0.0.1"]), ("::1", ["::1"])])
    assert dns.asked == []


def test_the_flag_is_checked(coolkit):
    for server in ("dns.example:53", "127.0.0.1", "127.0.0.1:0"):
        assert coolkit("resolve", "--dns-server", server, "x").returncode == 2


def test_a_ring_found_by_name(dns, tmp_path, postgres_server):
    url = postgres_server.url(postgres_server.create_database())
    ring = Ring(tmp_path, url, "--dns-server", dns.address, peers="dns:pods.test:8080")
    try:
        dns.names["pods.test"] = Names(*(a.partition(":")[0] for a in ring.addresses[:2]))
        ring.start(2)
        # The third is named late, beside one who is gone; then DNS forgets all of them.
        ring.add(3)
        dns.names["pods.test"] = Names(*(a.partition(":")[0] for a in ring.addresses[:4]))
        wait_until(lambda: ring.balanced(3), ring.views)
        asked = len(dns.asked)
        del dns.names["pods.test"]
        wait_until(lambda: len(dns.asked) > asked + 3, ring.views)
        assert ring.balanced(3), "an answer without addresses is no answer"
        assert ("pods.test", A, "udp") in dns.asked
    finally:
        ring.close()
