"""Start, drain and stop: ready soon, nothing in flight is cut, nothing acknowledged is lost."""

import http.client
import signal
import socket
import threading
import time
import urllib.parse

import httpx
import pytest

DATABASES = ("sqlite", "postgres")
READY_SECONDS = 2.0  # a deadline, not a measurement: `bench/start.py` measures


def address(url):
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


def test_is_ready_soon_after_the_start(start_pod, database, http):
    begin = time.monotonic()
    pod = start_pod(database_url=database.url)
    wait_until(lambda: http.get(f"{pod.ops_url}/readyz").status_code == 200, READY_SECONDS)
    print(f"ready after {(time.monotonic() - begin) * 1000:.0f} ms")


def test_startup_liveness_and_health_are_fine_once_ready(pod, http):
    wait_until(lambda: http.get(f"{pod.ops_url}/startupz").status_code == 200)
    for path in ("/livez", "/readyz", "/healthz", "/healthz/process", "/healthz/database",
                 "/healthz/cache", "/healthz/serving"):
        assert http.get(pod.ops_url + path).status_code == 200, path


def test_a_request_under_way_at_sigterm_is_answered(pod):
    with socket.create_connection(address(pod.url), timeout=10) as s:
        s.sendall(b"PUT /v1/kv/c/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        with socket.create_connection(address(pod.ops_url), timeout=10) as ops:
            pod.signal(signal.SIGTERM)
            # Draining shows on the other port, which answers to the end.
            ops.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert ops.recv(65536).startswith(b"HTTP/1.1 ")
        time.sleep(0.2)
        s.sendall(b"67890")
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 201"), answer
    assert b"connection: close" in answer.lower()
    assert pod.wait() == 0
    pod.restart()
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{pod.url}/v1/kv/c/slow").content == b"1234567890"


def test_not_ready_while_draining(pod):
    with socket.create_connection(address(pod.url), timeout=10) as s:
        s.sendall(b"PUT /v1/kv/c/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        pod.signal(signal.SIGTERM)
        with httpx.Client(trust_env=False) as client:
            wait_until(lambda: client.get(f"{pod.ops_url}/readyz").status_code == 503)
            assert client.get(f"{pod.ops_url}/livez").status_code == 200
            assert client.get(f"{pod.ops_url}/healthz/serving").status_code == 503
        s.sendall(b"x")
        assert s.recv(65536).startswith(b"HTTP/1.1 201")
    assert pod.wait() == 0


class Keeper(threading.Thread):
    """A keep-alive client in a tight loop, that honours `Connection: close`."""

    def __init__(self, url, number, keep_alive=True):
        super().__init__(daemon=True)
        self.url, self.number, self.keep_alive = url, number, keep_alive
        self.cut = 0
        self.acknowledged = {}

    def run(self):
        connection = http.client.HTTPConnection(*address(self.url), timeout=10)
        for i in range(1_000_000):
            path = f"/v1/kv/c/{self.number}-{i % 50}"
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:
                return  # nothing listens any more
            try:
                connection.request("PUT", path, str(i).encode())
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                self.cut += 1
                return
            assert answer.status in (201, 204), answer.status
            self.acknowledged[path] = i
            if answer.will_close or not self.keep_alive:
                connection.close()


@pytest.mark.parametrize("keep_alive", [True, False])
def test_sigterm_under_load_cuts_nothing_and_keeps_all(pod, http, keep_alive):
    keepers = [Keeper(pod.url, n, keep_alive) for n in range(8)]
    for keeper in keepers:
        keeper.start()
    wait_until(lambda: all(keeper.acknowledged for keeper in keepers))
    pod.terminate()
    for keeper in keepers:
        keeper.join(15)
        assert not keeper.is_alive()
        assert keeper.cut == 0, "a request was cut"
    pod.restart()
    for keeper in keepers:
        for path, value in keeper.acknowledged.items():
            assert http.get(pod.url + path).content == str(value).encode()


def test_a_second_sigterm_ends_at_once(pod):
    with socket.create_connection(address(pod.url), timeout=10) as s:
        s.sendall(b"PUT /v1/kv/c/never HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        s.sendall(b"1")
        begin = time.monotonic()
        pod.signal(signal.SIGTERM)
        with httpx.Client(trust_env=False) as client:
            wait_until(lambda: client.get(f"{pod.ops_url}/readyz").status_code == 503)
        assert pod.running
        pod.signal(signal.SIGTERM)
        assert pod.wait(5) != 0
        assert time.monotonic() - begin < 10
    pod.killed = True


def test_the_drain_is_bounded(start_pod):
    pod = start_pod("--drain-timeout", "500ms")
    with socket.create_connection(address(pod.url), timeout=10) as s:
        s.sendall(b"PUT /v1/kv/c/never HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1")
        pod.signal(signal.SIGTERM)
        assert pod.wait(20) == 1  # it was cut, and says so
    pod.killed = True


def test_sigint_drains_too(pod):
    pod.signal(signal.SIGINT)
    assert pod.wait() == 0


def test_a_port_in_use_is_a_clear_error(pod, coolkit, tmp_path):
    taken = pod.url.removeprefix("http://")
    ended = coolkit("serve", "--listen", taken, "--ops-listen", "127.0.0.1:0", "--database-url",
                    f"sqlite:{tmp_path / 'other.db'}")
    assert ended.returncode == 1
    assert f"can't listen on {taken}" in ended.stderr.decode()
    assert "in use" in ended.stderr.decode()
