"""A ring of real pods on addresses of 127/8 and one PostgreSQL database."""

import itertools
import os
import time

import httpx

import pod as pods

SETTLE_SECONDS = 20.0
SLOTS = 16384
_numbers = itertools.count(1)


def _network():
    """A /24 of its own for each ring of each process of the tests."""
    return f"127.{1 + os.getpid() % 250}.{next(_numbers) % 250}"


def wait_until(condition, what, seconds=SETTLE_SECONDS):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what()}"
        time.sleep(0.02)
    return result


class Ring:
    """Pods named pod-1, pod-2, …; any number of them runs."""

    def __init__(self, folder, database_url, *flags, size_max=20, name="default",
                 peers=None):
        self.folder = folder
        self.database_url = database_url
        self.flags = [*flags, "--ring", name]
        self.network = _network()
        self.addresses = [f"{self.network}.{n + 1}:8080" for n in range(size_max)]
        self.peers = peers or ",".join(self.addresses)
        self.pods = {}
        self.client = httpx.Client(timeout=15.0, trust_env=False)

    def add(self, number, listening=True):
        """Starts pod-<number> (from 1), a new process if it ran before."""
        pod = self.pods.get(number)
        if pod is None:
            pod = self.pods[number] = pods.Pod(
                self.folder / f"pod-{number}", "--peers", self.peers,
                "--pod-name", f"pod-{number}", *self.flags, database_url=self.database_url,
                listen=self.addresses[number - 1])
        pod.spawn()
        if listening:
            pod.wait_until_listening()
        return pod

    def start(self, size):
        """Starts that many and waits until they share all slots."""
        for number in range(1, size + 1):
            self.add(number, listening=False)
        for number in range(1, size + 1):
            self.pods[number].wait_until_listening()
        self.wait_until_balanced()
        return self

    @property
    def running(self):
        return [pod for pod in self.pods.values() if pod.running]

    def view(self, pod):
        return self.client.get(f"{pod.ops_url}/ring").json()

    def views(self):
        return [self.view(pod) for pod in self.running]

    def balanced(self, count=None):
        """Every running pod sees the same view, in which all running pods share the slots."""
        count = count or len(self.running)
        try:
            views = self.views()
        except httpx.HTTPError:
            return False
        shares = [{m["pod"]: m["slots"] for m in view["members"]} for view in views]
        return (len({view["epoch"] for view in views}) == 1
                and all(len(share) == count and sum(share.values()) == SLOTS
                        and max(share.values()) - min(share.values()) <= 1 for share in shares))

    def wait_until_balanced(self, count=None, seconds=SETTLE_SECONDS):
        wait_until(lambda: self.balanced(count), self.views, seconds)

    def metric(self, pod, name):
        """The sum of a metric's series whose name and labels begin so."""
        total = 0.0
        for line in self.client.get(f"{pod.ops_url}/metrics").text.splitlines():
            if line.startswith(name):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def close(self):
        self.client.close()
        problems = []
        for pod in self.pods.values():
            try:
                pod.close()
            except AssertionError as problem:
                problems.append(str(problem))
        assert not problems, "\n".join(problems)
