"""Endless distinct keys of mixed sizes, absent ones included: memory stays within what was asked.

The figures behind OTHER_BYTES stand in docs/benchmarks/memory.md.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import uuid

import httpx
import pytest

import pod as pods

MIB = 1 << 20
CACHE_BYTES = 256 * MIB
# Resident memory stays below 1.15 times the cache's budget and this: code, the database's caches,
# connections, bodies on their way, and what the allocator has not given back yet.
OTHER_BYTES = 56 * MIB
LIMIT_BYTES = 512 * MIB  # of the container
SOAK_SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))

# Sizes of values, connections, and how many calls: more than two budgets of values together. Each
# change of size leaves holes that the next one does not fit into.
ROUND = (("0-600", 64, 60_000), ("2000-8000", 64, 60_000), ("100000-1000000", 4, 500),
         ("50-150", 64, 30_000), ("1000-300000", 8, 1_500))


def figure(pod, name):
    """One metric without labels."""
    text = httpx.get(f"{pod.ops_url}/metrics", timeout=15, trust_env=False).text
    return int(float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1]))


def resident(pod, field="VmHWM"):
    """The process's resident memory in bytes; its peak unless `field` says otherwise."""
    status = pathlib.Path(f"/proc/{pod.pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024


def load(pod, number, sizes, connections, calls):
    """New keys: half of the calls writes, half reads of keys that do not exist."""
    done = subprocess.run(
        [str(pods.binary()), "bench", "--target", pod.url, "--quiet", "--json",
         "--mix", "put=2,get=1", "--keys", "100000000", "--key-law", "uniform",
         "--seed", str(number), "--collection", f"round-{number}", "--value-bytes", sizes,
         "--connections", str(connections), "--calls", str(calls), "--duration", "100s",
         "--timeout", "60s"], capture_output=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr.decode()


def fill(pod, rounds):
    """Fills the cache over and over; after each load its memory is looked at."""
    for number in range(rounds * len(ROUND)):
        load(pod, number, *ROUND[number % len(ROUND)])
        limit = figure(pod, "coolkit_cache_limit_bytes")
        assert figure(pod, "coolkit_cache_bytes") <= limit
        yield limit
    # It was full, and absent keys among what it holds.
    assert figure(pod, "coolkit_cache_bytes") > 0.9 * limit
    assert figure(pod, "coolkit_cache_evictions_total") > 50_000
    assert figure(pod, "coolkit_cache_negative_entries") > 1_000


def check_resident(pod, rounds):
    for limit in fill(pod, rounds):
        assert limit == CACHE_BYTES
        assert resident(pod) < 1.15 * CACHE_BYTES + OTHER_BYTES, resident(pod) / MIB
    print(f"peak {resident(pod) / MIB:.0f} MiB, now {resident(pod, 'VmRSS') / MIB:.0f} MiB, "
          f"{figure(pod, 'coolkit_memory_trims_total')} times given back")


@pytest.mark.alone
def test_memory_stays_within_the_budget(start_pod):
    check_resident(start_pod("--cache-bytes", "256MiB", "--threads", "8"), rounds=2)


@pytest.mark.soak
@pytest.mark.timeout(2 * SOAK_SECONDS + 300)
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
def test_memory_stays_within_the_budget_for_long(start_pod, database):
    # A round takes about 20 s.
    pod = start_pod("--cache-bytes", "256MiB", "--threads", "8", database_url=database.url)
    check_resident(pod, rounds=max(2, SOAK_SECONDS // 60))


class MemoryGroup:
    """A control group of version 1 below the test's own, with a limit."""

    def __init__(self, parent, limit):
        self.path = parent / f"coolkit-{uuid.uuid4().hex[:12]}"
        self.path.mkdir()
        try:
            (self.path / "memory.limit_in_bytes").write_text(str(limit), encoding="ascii")
        except OSError:
            self.path.rmdir()
            raise

    def numbers(self, file):
        text = (self.path / file).read_text(encoding="ascii")
        return {name: int(number) for name, number in re.findall(r"^(\w+) (\d+)$", text, re.M)}

    def close(self):
        for pid in (self.path / "cgroup.procs").read_text(encoding="ascii").split():
            os.kill(int(pid), signal.SIGKILL)  # of this group's own pod, after a failure
        self.path.rmdir()


def own_group():
    """The folder of this process's memory group."""
    controllers = pathlib.Path("/proc/self/cgroup").read_text(encoding="ascii")
    found = re.search(r"^\d+:(?:\w+,)*memory(?:,\w+)*:(/.*)$", controllers, re.MULTILINE)
    if not found:
        pytest.skip("no memory controller of cgroup v1: nothing below us may set a limit")
    for mount in (pathlib.Path("/sys/fs/cgroup/memory" + found[1]),
                  pathlib.Path("/sys/fs/cgroup/memory")):
        if (mount / "memory.limit_in_bytes").exists():
            return mount
    pytest.skip("the memory controller is not mounted at /sys/fs/cgroup/memory")


@pytest.fixture
def memory_group():
    """Makes groups: `memory_group(bytes)`; removed afterwards. Skips where none can be made."""
    with contextlib.ExitStack() as cleanup:

        def make(limit):
            try:
                group = MemoryGroup(own_group(), limit)
            except OSError as problem:
                pytest.skip(f"no memory group can be made here: {problem}")
            cleanup.callback(group.close)
            return group

        yield make


class LimitedPod(pods.Pod):
    """A pod inside a group from its first moment."""

    def __init__(self, folder, group, *flags):
        super().__init__(folder, *flags)
        self.group = group

    def command(self):
        join = f'echo $$ > "{self.group.path}/cgroup.procs" && exec "$@"'
        return ["/bin/sh", "-c", join, "sh", *super().command()]


@pytest.mark.alone
def test_defaults_fit_into_a_container_of_512_mib(memory_group, tmp_path):
    group = memory_group(LIMIT_BYTES)
    pod = LimitedPod(tmp_path / "pod", group).start()
    try:
        assert figure(pod, "coolkit_memory_limit_bytes") == LIMIT_BYTES
        for limit in fill(pod, rounds=1):
            assert limit == LIMIT_BYTES / 2
            assert resident(pod) < LIMIT_BYTES
        assert group.numbers("memory.oom_control")["oom_kill"] == 0
        assert group.numbers("memory.stat")["total_rss"] < LIMIT_BYTES
    finally:
        pod.close()


def test_the_budget_follows_the_containers_limit(memory_group, tmp_path):
    for limit in (64 * MIB, 160 * MIB):
        pod = LimitedPod(tmp_path / f"pod-{limit}", memory_group(limit)).start()
        try:
            assert figure(pod, "coolkit_memory_limit_bytes") == limit
            assert figure(pod, "coolkit_cache_limit_bytes") == limit / 2
        finally:
            pod.close()
