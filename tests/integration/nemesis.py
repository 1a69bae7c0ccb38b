"""Faults while clients read and write: who causes them, the load that records what it is answered,
and the checker's verdict on that. `coolkit bench` records, `coolkit check` judges."""

import json
import random
import signal
import subprocess
import threading
import time

import pod as pods

MIX = "get=78,session=8,strong=2,put=8,delete=2,patch=1,batch-put=1"
ACTS_SECONDS = 240.0


class Nemesis(threading.Thread):
    """Does one of `acts` after the other, drawn from a seed, until it is told to end. A deck: each
    once, in an order drawn from the seed, and `finish` waits for the last one."""

    def __init__(self, acts, seed, deck=False):
        super().__init__(daemon=True)
        self.acts, self.random, self.deck = acts, random.Random(seed), deck
        self.done = {act.__name__: 0 for act in acts}
        self.seconds = dict.fromkeys(self.done, 0.0)
        self.over, self.problem = threading.Event(), None

    def run(self):
        try:
            if self.deck:
                for act in self.random.sample(self.acts, len(self.acts)):
                    time.sleep(self.random.uniform(0.05, 0.4))
                    self.do(act)
            else:
                while not self.over.wait(self.random.uniform(0.05, 0.4)):
                    self.do(self.random.choice(self.acts))
        except Exception as problem:  # shown by finish, in the test's thread
            self.problem = problem

    def do(self, act):
        began = time.monotonic()
        act(self.random)
        self.done[act.__name__] += 1
        self.seconds[act.__name__] += time.monotonic() - began

    def finish(self):
        self.over.set()
        self.join(ACTS_SECONDS)
        assert not self.is_alive(), "a fault does not end"
        if self.problem is not None:
            raise self.problem


class Load:
    """A closed loop of `coolkit bench`, from its making until `finish`, which gives its report.
    `changes` are its flags, with `_` for `-`; False leaves one out."""

    def __init__(self, targets, history, calls, seed, seconds=100, **changes):
        flags = {"keys": 400, "key-law": "zipf:0.8", "mix": MIX, "calls": calls, "connections": 48,
                 "duration": f"{seconds}s", "timeout": "5s", "seed": seed, "preload": True,
                 "random-target": True, "history": history}
        flags |= {name.replace("_", "-"): value for name, value in changes.items()}
        words = [word for url in targets for word in ("--target", url)]
        for name, value in flags.items():
            if value is not False:
                words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        self.seconds = 2 * seconds + 60
        self.process = subprocess.Popen(
            [str(pods.binary()), "bench", "--quiet", "--json", *words], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True)

    def finish(self, at_once=False):
        """Waits for its end, or ends it now."""
        if at_once:
            self.process.send_signal(signal.SIGINT)
        try:
            output, errors = self.process.communicate(timeout=self.seconds)
        finally:
            self.process.kill()
        assert self.process.returncode == 0, errors
        return json.loads(output)


def load(*arguments, **changes):
    """The report of a Load that runs to its end."""
    return Load(*arguments, **changes).finish()


def judged(histories, *flags):
    done = subprocess.run([str(pods.binary()), "check", "--json", *map(str, histories), *flags],
                          capture_output=True, text=True, check=False, timeout=300)
    report = json.loads(done.stdout)
    assert (done.returncode, report["violations"]) == (0, []), done.stdout[:4000]
    return report


def sql_acts(server, name):
    """What people and programs do with plain SQL, to the same keys."""

    def update_some(choice):
        with server.session(name) as session:
            last = choice.randrange(10)
            session.run("UPDATE coolkit.kv SET value = convert_to('sql ' || random(), 'UTF8') "
                        f"WHERE collection = 'bench' AND key LIKE '%{last}'")

    def hold_a_transaction(choice):
        with server.session(name) as session:
            session.run("BEGIN")
            session.run("UPDATE coolkit.kv SET value = 'long' WHERE collection = 'bench' "
                        f"AND key = 'k{choice.randrange(400):08d}'")
            session.run("SAVEPOINT s")
            session.run("UPDATE coolkit.kv SET value = 'undone' WHERE collection = 'bench' "
                        f"AND key = 'k{choice.randrange(400):08d}'")
            session.run("ROLLBACK TO s")
            time.sleep(choice.uniform(0.05, 0.5))
            session.run(choice.choice(["COMMIT", "ROLLBACK"]))

    def write_in_bulk(choice):
        with server.session(name) as session:
            session.run("INSERT INTO coolkit.kv (collection, key, value) SELECT 'bulk', "
                        f"'{choice.random()}-' || n, 'x' FROM generate_series(1, 20000) n")

    def kill_a_backend(choice):
        backends = server.backends(name)
        if backends:
            server.ask("postgres", f"SELECT pg_terminate_backend({choice.choice(backends)})")

    return [update_some, hold_a_transaction, write_in_bulk, kill_a_backend]


def freeze(running):
    def freeze_a_pod(choice):
        pod = choice.choice(running())
        pod.signal(signal.SIGSTOP)
        time.sleep(choice.uniform(0.1, 0.8))
        pod.signal(signal.SIGCONT)
    return freeze_a_pod
