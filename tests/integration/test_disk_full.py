"""A full disk: writes are refused as that, reads go on, and room heals it without a restart."""

import os
import subprocess
import time

import pytest

import pod as pods
from wire import Wire

DISK_BYTES = 4 << 20
BALLAST_BYTES = 2 << 20  # of somebody else: what freeing it gives back is enough
VALUE = 32 << 10


@pytest.fixture
def disk(tmp_path):
    """A file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs",
                              str(folder)], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"may not mount a tmpfs: {mounted.stderr.strip()}")
    (folder / "ballast").write_bytes(b"x" * BALLAST_BYTES)
    yield folder
    # Lazily: a test that failed may have left a process there, which the fixture of pods ends.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def pod(disk, tmp_path):
    pod = pods.Pod(tmp_path / "pod", database_url=f"sqlite:{disk / 'coolkit.db'}").start()
    yield pod
    pod.close()


def fill_with_writes(wire, acknowledged):
    """Puts new keys until one is refused, and returns that answer."""
    for i in range(2 * DISK_BYTES // VALUE):
        value = os.urandom(VALUE)
        answer = wire.call("PUT", f"/v1/kv/full/{i}", body=value)
        if answer.status != 201:
            return answer
        acknowledged[f"/v1/kv/full/{i}"] = value
    raise AssertionError("the disk is larger than it should be")


def fill_the_rest(disk):
    """What is left is taken by others, to the last byte."""
    with open(disk / "ballast", "ab", buffering=0) as ballast:
        block = 64 << 10
        while block:
            try:
                if ballast.write(b"x" * block) < block:
                    block //= 2
            except OSError:
                block //= 2


def check_all(wire, acknowledged, headers):
    for target, value in acknowledged.items():
        answer = wire.call("GET", target, headers)
        assert (answer.status, answer.body == value) == (200, True), target


def test_a_full_disk_refuses_writes_serves_reads_and_heals(pod, disk):
    acknowledged = {}
    with Wire(pod.url) as wire:
        refused = fill_with_writes(wire, acknowledged)
        assert (refused.status, refused.code) == (507, "storage_full"), refused
        assert refused["Cache-Control"] == "no-store"
        assert not refused.json()["retryable"]
        assert len(acknowledged) > 5
        fill_the_rest(disk)

        first = next(iter(acknowledged))
        for method, target, headers, body in (
                ("PUT", "/v1/kv/full/new", {}, os.urandom(VALUE)),
                ("PUT", first, {}, os.urandom(VALUE)),
                ("PUT", "/v1/kv/full/new", {"If-None-Match": "*"}, os.urandom(VALUE)),
                ("POST", "/v1/kv/full:batchWrite", {"Content-Type": "application/json"},
                 b'{"atomic":true,"items":[{"key":"new","text":"%s"}]}' % (b"v" * VALUE))):
            answer = wire.call(method, target, headers, body)
            assert (answer.status, answer.code) == (507, "storage_full"), (method, answer)
        answer = wire.call("POST", "/v1/kv/full:batchWrite", {"Content-Type": "application/json"},
                           b'{"items":[{"key":"new","text":"%s"}]}' % (b"v" * VALUE))
        assert [(i["status"], i["code"]) for i in answer.json()["items"]] == [
            (507, "storage_full")]

        check_all(wire, acknowledged, {})
        check_all(wire, acknowledged, {"Cache-Control": "no-cache"})
        assert wire.call("GET", "/v1/kv/full/new",
                         {"Cache-Control": "no-cache"}).code == "not_found"
        listed = wire.call("GET", "/v1/kv/full?page_size=1000").json()["items"]
        assert len(listed) == len(acknowledged)
    with Wire(pod.ops_url) as ops:
        assert ops.call("GET", "/livez").status == 200
        metrics = ops.call("GET", "/metrics").body.decode()
        full = [line for line in metrics.splitlines() if line.startswith(
            'coolkit_database_connection_errors_total{reason="full"}')]
        assert float(full[0].split()[-1]) >= 1

    (disk / "ballast").unlink()
    pid = pod.pid
    with Wire(pod.url) as wire:
        deadline = time.monotonic() + 20
        while True:
            answer = wire.call("PUT", first, {}, b"after")
            if answer.status == 204:
                break
            assert answer.status == 507, answer
            assert time.monotonic() < deadline, "room does not heal it"
        acknowledged[first] = b"after"
        # Room that deletes make is used again.
        for target in list(acknowledged)[1:4]:
            assert wire.call("DELETE", target).status == 204
            del acknowledged[target]
        check_all(wire, acknowledged, {"Cache-Control": "no-cache"})
    assert pod.pid == pid
    pod.restart()
    with Wire(pod.url) as wire:
        check_all(wire, acknowledged, {})
        listed = wire.call("GET", "/v1/kv/full?page_size=1000").json()["items"]
        assert {f"/v1/kv/full/{row['key']}" for row in listed} == set(acknowledged)


def test_what_was_acknowledged_on_a_full_disk_survives_a_kill(pod, disk):
    acknowledged = {}
    with Wire(pod.url) as wire:
        assert fill_with_writes(wire, acknowledged).status == 507
    pod.kill()
    (disk / "ballast").unlink()
    pod.restart()
    with Wire(pod.url) as wire:
        check_all(wire, acknowledged, {})
