"""Two rings on one database, and all that may happen to them: what coherence tests break."""

import concurrent.futures
import signal
import threading
import time

from databases import PostgresDatabase
from dns_server import Names
from gate import DOWN, UP, Gate
from nemesis import load
from ring import HEADLESS, Ring, wait_until

STALENESS_SECONDS = 0.25
RECOVER_SECONDS = 60.0
# Short, so that what they remove is missed when it should not have been removed.
FLAGS = ("--tombstone-retention", "1s", "--feed-retention", "1s", "--cache-bytes", "32MiB",
         "--threads", "1", "--log-level", "warn")


class TwoRings:
    """`sizes`: pods of each ring. Pods of a ring find each other by DNS and through a network that
    can be cut; with `paths` each pod also reaches the database through a gate of its own."""

    def __init__(self, folder, server, sizes, *flags, paths=False):
        self.server, self.database = server, PostgresDatabase(server)
        self.sizes, self.paths = sizes, {}
        self.rings = []
        # PostgreSQL ends with the thread that started it: this one stays.
        self.lasting = concurrent.futures.ThreadPoolExecutor(1)

        def url_by_path(ring):
            def url(number):
                if not paths:
                    return self.database.url
                gate = self.paths[ring, number] = Gate(server.port)
                gate.__enter__()
                return server.url(self.database.name, port=gate.port)
            return url

        for index, size in enumerate(sizes):
            name = "ab"[index]
            self.rings.append(Ring(folder / name, url_by_path(name), *FLAGS, *flags, name=name,
                                   size_max=2 * size + 2, dns=True, gated=True))

    def start(self):
        for ring, size in zip(self.rings, self.sizes, strict=True):
            ring.add_all(range(1, size + 1))
        for ring in self.rings:
            ring.wait_until_balanced(seconds=RECOVER_SECONDS)
        return self

    @property
    def targets(self):
        return [f"http://{address}" for ring, size in zip(self.rings, self.sizes, strict=True)
                for address in ring.addresses[:size]]

    def running(self):
        return [pod for ring in self.rings for pod in ring.running]

    def some(self, choice):
        """A ring, and a number of those it began with."""
        index = choice.randrange(len(self.rings))
        return self.rings[index], 1 + choice.randrange(self.sizes[index])

    def metric(self, ring, number, name):
        """0 where nobody answers."""
        try:
            return ring.metric(ring.pods[number], name)
        except OSError:
            return 0.0

    # ------------------------------------------------------------------------------ the end

    def recover(self, folder):
        """The faults stop; each pod must work, and no call may fail any more."""
        for gate in self.paths.values():
            gate.resume()
            gate.cut_all()
        for ring, size in zip(self.rings, self.sizes, strict=True):
            ring.between.heal()
            for pod in ring.running:
                pod.signal(signal.SIGCONT)
            ring.remove([n for n in ring.running_numbers if n > size])
            ring.add_all([n for n in range(1, size + 1) if n not in ring.running_numbers])
            ring.name_running()
        for ring in self.rings:
            ring.wait_until_balanced(seconds=RECOVER_SECONDS)
        for pod in self.running():
            wait_until(lambda pod=pod: self._healthy(pod), lambda pod=pod: pod.stderr()[-2000:],
                       RECOVER_SECONDS)
        report = load(self.targets, folder / "after.history", 3000, 1, collection="after", keys=50,
                      connections=8)
        assert report["failed"] == 0, report["failures"]
        return folder / "after.history"

    @staticmethod
    def _healthy(pod):
        try:
            Ring.ask(f"{pod.ops_url}/healthz")
            return True
        except OSError:
            return False

    def close(self):
        try:
            for gate in self.paths.values():
                gate.resume()
            for pod in self.running():
                pod.signal(signal.SIGCONT)
            for ring in self.rings:
                ring.close()
        finally:
            for gate in self.paths.values():
                gate.__exit__()
            self.database.close()
            self.lasting.shutdown()

    # ------------------------------------------------------------------------------ what may happen

    def discovery_lies(self, choice):
        """For a second the name has no address, half of them, the other ring's, or none answers."""
        ring, other = choice.sample(self.rings, 2)
        right = [ring.reached[n].rsplit(":", 1)[0] for n in ring.running_numbers]
        wrong = [other.reached[n].rsplit(":", 1)[0] for n in other.running_numbers]
        for _ in range(10):
            ring.dns.names[HEADLESS] = choice.choice([
                Names(), Names(*choice.sample(right, len(right) // 2)), Names(*wrong),
                Names(*right, *wrong, "127.255.255.1"), Names(*right, fails="nxdomain"),
                Names(*right, fails="servfail"), Names(*right, fails="silent")])
            time.sleep(0.1)
        ring.name_running()

    def tailers_fall_silent(self, choice):
        """Both of a ring, for longer than twice the bound."""
        ring, _ = self.some(choice)
        tailers = [ring.pods[n] for n in ring.running_numbers
                   if self.metric(ring, n, "coolkit_feed_tails") == 1]
        for pod in tailers:
            pod.signal(signal.SIGSTOP)
        time.sleep(choice.uniform(2, 5) * STALENESS_SECONDS)
        for pod in tailers:
            pod.signal(signal.SIGCONT)

    def a_tailer_dies(self, choice):
        ring, number = self.some(choice)
        tailers = [n for n in ring.running_numbers
                   if self.metric(ring, n, "coolkit_feed_tails") == 1]
        number = choice.choice(tailers or [number])
        ring.pods[number].kill()
        ring.add(number)

    def a_pod_freezes_for_long(self, choice):
        ring, number = self.some(choice)
        ring.pods[number].signal(signal.SIGSTOP)
        time.sleep(10 * STALENESS_SECONDS)
        ring.pods[number].signal(signal.SIGCONT)

    def a_pod_starves(self, choice):
        """It gets a twentieth of the time."""
        ring, number = self.some(choice)
        for _ in range(10):
            ring.pods[number].signal(signal.SIGSTOP)
            time.sleep(0.095)
            ring.pods[number].signal(signal.SIGCONT)
            time.sleep(0.005)

    def one_way_is_lost(self, choice):
        ring, number = self.some(choice)
        other = choice.choice([n for n in ring.pods if n != number])
        ring.between.lose((number, other))
        time.sleep(choice.uniform(0.1, 1.5))
        ring.between.heal()

    def a_pod_is_cut_off(self, choice):
        ring, number = self.some(choice)
        ring.between.cut(number)
        time.sleep(choice.uniform(0.1, 2.5))
        ring.between.heal()

    def the_way_to_the_database_is_slow(self, choice):
        gate = choice.choice(list(self.paths.values()))
        gate.delay(up=choice.uniform(0, 0.15), down=choice.uniform(0, 0.15))
        time.sleep(choice.uniform(0.2, 1))
        gate.resume()

    def the_way_to_the_database_is_lost(self, choice):
        gate = choice.choice(list(self.paths.values()))
        gate.drop(*choice.choice([(UP,), (DOWN,), (UP, DOWN)]))
        time.sleep(choice.uniform(0.1, 1.5))
        gate.resume()
        gate.cut_all()

    def an_answer_of_the_database_is_lost(self, choice):
        """What was sent arrives; the connection ends before its answer."""
        gate = choice.choice(list(self.paths.values()))
        gate.cut(DOWN, choice.randrange(200), reset=choice.random() < 0.5)
        time.sleep(0.1)

    def transactions_pass_by(self, _choice):
        with self.server.session(self.database.name) as session:
            session.run("DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; "
                        "END LOOP; END $$")

    def the_database_crashes(self, _choice):
        self.lasting.submit(self.server.crash).result()
        self.lasting.submit(self.server.start).result()
        time.sleep(2)

    def a_pod_is_replaced(self, choice):
        """Another one starts as it leaves, and it comes back as that one leaves."""
        ring, number = self.some(choice)
        other = max(ring.running_numbers) + 1
        for new, old in ((other, number), (number, other)):
            ring.add(new)
            ring.remove([old])

    def a_sender_dies_handing_over(self, choice):
        ring, number = self.some(choice)
        ring.pods[number].signal(signal.SIGTERM)
        time.sleep(choice.uniform(0, 0.2))
        ring.pods[number].kill()
        ring.add(number)

    def a_receiver_dies_handing_over(self, choice):
        ring, number = self.some(choice)
        other = choice.choice([n for n in ring.running_numbers if n != number])
        leaving = threading.Thread(target=ring.pods[number].terminate)
        leaving.start()
        time.sleep(choice.uniform(0, 0.1))
        ring.pods[other].kill()
        leaving.join()
        ring.add_all([number, other])

    def a_ring_is_rolled(self, choice):
        ring, _ = self.some(choice)
        numbers = ring.running_numbers
        while True:  # until they are at the addresses of the load again
            ring.roll(0.5)
            if ring.running_numbers == numbers:
                return

    def a_ring_doubles_and_halves(self, choice):
        ring, _ = self.some(choice)
        size = len(ring.running_numbers)
        ring.add_all(range(size + 1, 2 * size + 1))
        time.sleep(choice.uniform(0.5, 4))
        ring.remove(range(size + 1, 2 * size + 1))

    def a_ring_starts_anew(self, choice):
        ring, _ = self.some(choice)
        numbers = ring.running_numbers
        for number in numbers:
            ring.pods[number].kill()
        ring.add_all(numbers)

    def the_owner_of_the_hot_key_dies(self, choice):
        ring, number = self.some(choice)
        answer = ring.client.get(f"{ring.pods[number].url}/v1/kv/bench/k00000000")
        owner = int(answer.headers["cache-status"].split(";")[0].removeprefix("coolkit-pod-"))
        if owner in ring.running_numbers:
            ring.pods[owner].kill()
            ring.add(owner)
