"""A real coolkit process on loopback: started with ports of its own choice, stopped or killed."""

import json
import os
import pathlib
import signal
import subprocess
import time

START_SECONDS = 20.0
STOP_SECONDS = 45.0  # above the default --drain-timeout
POLL_SECONDS = 0.005
# Clients of tests keep connections open that nobody will use again: no need to wait for them.
QUICK = {"COOLKIT_DRAIN_GRACE": "1s"}
# What a broken invariant or a sanitizer writes; never acceptable, whatever the exit status.
ALARMS = ("CHECK failed", "Sanitizer", "runtime error:", "terminate called")

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    """The coolkit under test: COOLKIT_BINARY, or what `make build` made."""
    path = pathlib.Path(os.environ.get("COOLKIT_BINARY", ROOT / "build/release/coolkit")).resolve()
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"{path} is not there: run `make build`, or set COOLKIT_BINARY")
    return path


class Pod:
    """`coolkit serve` in a folder of its own; `url` and `ops_url` once it has started."""

    def __init__(self, folder, *flags, database_url=None, environment=None,
                 listen="127.0.0.1:0", ops_listen="127.0.0.1:0", program=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.flags = list(flags)
        self.listen = listen
        self.ops_listen = ops_listen
        self.program = program or binary()
        self.database_url = database_url or f"sqlite:{self.folder / 'coolkit.db'}"
        self.environment = environment or {}
        self.process = None
        self.url = None
        self.ops_url = None
        self.killed = False  # by a test: its exit status is no failure

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def command(self):
        return [str(self.program), "serve", "--listen", self.listen, "--ops-listen",
                self.ops_listen, "--port-file", str(self.folder / "ports.json"),
                "--database-url", self.database_url, *self.flags]

    def spawn(self):
        """Starts the process without waiting for it, for tests of the start itself."""
        assert not self.running, "the pod is running already"
        (self.folder / "ports.json").unlink(missing_ok=True)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("COOLKIT_", "DATABASE_URL", "FEED_DATABASE_URL"))}
        with open(self.folder / "stderr.log", "ab") as errors, \
                open(self.folder / "stdout.log", "ab") as output:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=errors, env=environment | QUICK | self.environment,
                start_new_session=True)
        self.killed = False

    def wait_until_listening(self, seconds=START_SECONDS):
        """Reads the ports; fails when the process ends first or the time is over."""
        deadline = time.monotonic() + seconds
        while (ports := self._read_ports()) is None:
            if self.process.poll() is not None:
                raise AssertionError(f"coolkit ended with {self.process.returncode} before it "
                                     f"listened:\n{self.stderr()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no port file after {seconds} s:\n{self.stderr()}")
            time.sleep(POLL_SECONDS)
        self.url = f"http://{ports['listen']}"
        self.ops_url = f"http://{ports['ops_listen']}"

    def start(self):
        self.spawn()
        self.wait_until_listening()
        return self

    def _read_ports(self):
        try:
            return json.loads((self.folder / "ports.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def stderr(self):
        """Everything that the process and its predecessors in this folder wrote."""
        path = self.folder / "stderr.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        """The exit status; fails, and kills, when the process is still there."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"coolkit did not end within {seconds} s:\n{self.stderr()}")

    def terminate(self, seconds=STOP_SECONDS):
        """SIGTERM; it drains and its exit status is 0."""
        self.signal(signal.SIGTERM)
        status = self.wait(seconds)
        assert status == 0, f"coolkit ended with {status}:\n{self.stderr()}"

    def kill(self):
        """SIGKILL: nothing is flushed, nothing is said."""
        self.killed = True
        self.process.kill()
        self.process.wait(10)

    def restart(self):
        """A new process on the same folder and database; other ports. After kill or terminate."""
        if self.running:
            self.terminate()
        return self.start()

    def close(self):
        """For fixtures: ends what is left and fails on a bad end or an alarm in what it wrote."""
        if self.process is None:
            return
        if self.running:
            self.terminate()
        errors = self.stderr()
        assert self.killed or self.process.returncode == 0, \
            f"coolkit ended with {self.process.returncode}:\n{errors}"
        for alarm in ALARMS:
            assert alarm not in errors, errors
