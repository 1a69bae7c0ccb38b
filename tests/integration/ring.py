"""A ring of real pods on addresses of 127/8 and one PostgreSQL database; `tools/ring` and the tests
start their rings here."""

import functools
import http.client
import itertools
import json
import os
import signal
import threading
import time
import urllib.request

import pod as pods
from balancer import Balancer
from dns_server import DnsServer, Names
from pod_network import PodNetwork

SETTLE_SECONDS = 20.0
ROLL_SECONDS = 60.0
SLOTS = 16384
PEER_PORT = 8080
OPS_PORT = 2345
HEADLESS = "coolkit-headless.test"
GATES_FROM = 100  # the last number of the address at which others reach pod n: this + n
SERVICE_AT = 250
_numbers = itertools.count(1)
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_network():
    """A /24 of its own for each ring of each process of the tests."""
    return f"127.{1 + os.getpid() % 250}.{next(_numbers) % 250}"


def wait_until(condition, what, seconds=SETTLE_SECONDS):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what()}"
        time.sleep(0.02)
    return result


class Ring:
    """Pods named pod-1, pod-2, …; any number of them runs.

    `peers`: what each gets as --peers, instead of the list of all addresses. `dns`: they find each
    other by the name HEADLESS, which a DNS server has the addresses of the running pods for.
    `gated`: they reach each other through `between`, a PodNetwork. `database_url`: the URL, or a
    function that gives the URL of a pod's number. `balanced_by`: whether `service`, a Balancer, is
    there, which knows the ready pods. `binary_of`: gives the program of a pod's number.
    """

    def __init__(self, folder, database_url, *flags, size_max=20, name="default", peers=None,
                 network=None, dns=False, gated=False, binary_of=None, balanced_by=False):
        self.folder = folder
        self.database_url = database_url
        self.flags = [*flags, "--ring", name]
        self.network = network or free_network()
        self.addresses = [f"{self.network}.{n + 1}:{PEER_PORT}" for n in range(size_max)]
        self.pods = {}
        self._loaded = {}  # process id -> keys
        self._leaving = set()  # process ids
        self.binary_of = binary_of or (lambda number: None)
        self.between = self.dns = None
        self.reached = dict(enumerate(self.addresses, 1))  # number -> where the others reach it
        if gated:
            self._place_gates(size_max)
        self.peers = peers or ",".join(self.reached.values())
        self.service = None
        if balanced_by:
            self.service = Balancer(f"{self.network}.{SERVICE_AT}", PEER_PORT)
        if dns:
            self.dns = DnsServer()
            self.peers = f"dns:{HEADLESS}:{PEER_PORT}"
            self.flags += ["--dns-server", self.dns.address]

    def _place_gates(self, size_max):
        self.reached = {n: f"{self.network}.{GATES_FROM + n}:{PEER_PORT}"
                        for n in range(1, size_max + 1)}
        places = {n: ((f"{self.network}.{GATES_FROM + n}", PEER_PORT),
                      (f"{self.network}.{n}", PEER_PORT)) for n in self.reached}
        self.between = PodNetwork(places, lambda: {
            number: pod.pid for number, pod in self.pods.items() if pod.running})

    @functools.cached_property
    def client(self):
        import httpx  # which tools/ring does without

        return httpx.Client(timeout=15.0, trust_env=False)

    # ------------------------------------------------------------------------------ pods

    def add(self, number, listening=True):
        """Starts pod-<number> (from 1), a new process if it ran before."""
        pod = self.pods.get(number)
        if pod is None:
            url = self.database_url
            pod = self.pods[number] = pods.Pod(
                self.folder / f"pod-{number}", "--peers", self.peers,
                "--pod-name", f"pod-{number}", "--advertise", self.reached[number], *self.flags,
                database_url=url(number) if callable(url) else url,
                listen=self.addresses[number - 1], program=self.binary_of(number),
                ops_listen=f"{self.network}.{number}:{OPS_PORT}")
        pod.spawn()
        self.name_running()
        if listening:
            self.await_ready(number)
        return pod

    def await_ready(self, number):
        """It listens; with a `service`, it is ready and gets connections."""
        pod = self.pods[number]
        pod.wait_until_listening()
        if self.service is not None:
            wait_until(lambda: self.answers(f"{pod.ops_url}/readyz"), pod.stderr)
            self.service.ready.add((f"{self.network}.{number}", PEER_PORT))

    def answers(self, url):
        try:
            return bool(self.ask(url))
        except OSError:
            return False

    def add_all(self, numbers):
        """Starts these at the same time."""
        for number in numbers:
            self.add(number, listening=False)
        for number in numbers:
            self.await_ready(number)

    def start(self, size):
        """Starts that many and waits until they share all slots."""
        self.add_all(range(1, size + 1))
        self.wait_until_balanced()
        return self

    def name_running(self):
        """The headless name has the addresses of the running pods."""
        if self.dns is not None:
            self.dns.names[HEADLESS] = Names(*(
                self.reached[number].rsplit(":", 1)[0] for number, pod in self.pods.items()
                if pod.running))

    def remove(self, numbers):
        """They get SIGTERM at the same time, hand over and end."""
        if self.service is not None:
            self.keys_loaded()
            self._leaving |= {self.pods[number].pid for number in numbers}
            self.service.ready -= {(f"{self.network}.{number}", PEER_PORT) for number in numbers}
        ends = [threading.Thread(target=self.pods[number].terminate) for number in numbers]
        for end in ends:
            end.start()
        for end in ends:
            end.join()
        self.name_running()
        for number in numbers:
            status = self.pods[number].process.returncode
            assert status == 0, f"pod-{number} ended with {status}"

    def roll(self, share=0.1, said=lambda line: None):
        """Replaces every running pod, a share of them (at least one) at a time, as Kubernetes does
        with maxSurge and maxUnavailable: newcomers start while as many leave."""
        leaving = self.running_numbers
        step = max(1, int(len(leaving) * share))
        for begin in range(0, len(leaving), step):
            old = leaving[begin:begin + step]
            free = (n for n in range(1, len(self.addresses) + 1) if n not in self.running_numbers)
            new = list(itertools.islice(free, len(old)))
            said(f"{_names(new)} for {_names(old)}")
            started = threading.Thread(target=self.add_all, args=(new,))
            started.start()
            self.remove(old)
            started.join()
            self.wait_until_balanced(len(leaving), ROLL_SECONDS)

    def scale(self, size):
        """So many run in the end: newcomers get free numbers, the highest numbers leave."""
        running = self.running_numbers
        if size < len(running):
            self.remove(running[size:])
        else:
            free = (n for n in range(1, len(self.addresses) + 1) if n not in running)
            self.add_all(list(itertools.islice(free, size - len(running))))
        self.wait_until_balanced(size, ROLL_SECONDS)

    @property
    def running(self):
        return [pod for pod in list(self.pods.values()) if pod.running]  # others may add

    @property
    def running_numbers(self):
        return sorted(number for number, pod in self.pods.items() if pod.running)

    # ------------------------------------------------------------------------------ to look at

    @staticmethod
    def ask(url, seconds=15.0):
        """The body of a GET."""
        with _direct.open(url, timeout=seconds) as answer:
            return answer.read()

    def view(self, pod):
        return json.loads(self.ask(f"{pod.ops_url}/ring"))

    def views(self):
        return [self.view(pod) for pod in self.running]

    def balanced(self, count=None):
        """Every running pod sees the same view, in which all running pods share the slots."""
        count = count or len(self.running)
        try:
            views = self.views()
        except (OSError, http.client.HTTPException):
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
        for line in self.ask(f"{pod.ops_url}/metrics").decode().splitlines():
            if line.startswith(name):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def total(self, name):
        """A metric's sum over the running pods."""
        return sum(self.metric(pod, name) for pod in self.running)

    def keys_loaded(self):
        """Keys that the pods have read from the database so far; those that `remove` ended count
        with what they had read when they answered last, at least when they were told to leave."""
        for pod in self.running:
            if pod.ops_url is None:
                continue  # it starts
            try:
                self._loaded[pod.pid] = self.metric(pod, "coolkit_database_keys_loaded_total")
            except OSError:
                if pod.pid not in self._leaving:
                    raise
        return int(sum(self._loaded.values()))

    def close(self):
        if "client" in self.__dict__:
            self.client.close()
        if self.between is not None:
            self.between.heal()
        problems = []
        for pod in self.running:
            pod.signal(signal.SIGTERM)  # all at once: nobody hands over
        for pod in self.pods.values():
            try:
                if pod.running:
                    pod.wait()
                pod.close()
            except AssertionError as problem:
                problems.append(str(problem))
        for service in (self.between, self.dns, self.service):
            if service is not None:
                service.close()
        assert not problems, "\n".join(problems)


def _names(numbers):
    return ", ".join(f"pod-{number}" for number in numbers)
