"""A private PostgreSQL on loopback: started, stopped, crashed, cut down to one backend by tests."""

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

# What the service is made for first, then what a machine may have instead.
VERSIONS = ("15", "16", "17", "14")
START_SECONDS = 60.0
ANSWER_SECONDS = 30.0
# Below the ports that the system gives to outgoing connections: one of these could take the port
# while the server is down, even the client's own, which would then be connected to itself.
PORTS = range(20_000, 32_000)
SETTINGS = """
listen_addresses = '127.0.0.1'
shared_buffers = 64MB
max_connections = 60
max_wal_size = 256MB
log_line_prefix = '%m [%p] '
restart_after_crash = on
"""


def programs():
    """The folder of PostgreSQL's programs (package `postgresql`)."""
    for version in VERSIONS:
        folder = pathlib.Path(f"/usr/lib/postgresql/{version}/bin")
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError("PostgreSQL is not there: run `tools/install-packages`")


def _as_server_user(command):
    """PostgreSQL refuses to run as root. What is started so ends with the process of the tests."""
    command = [str(word) for word in command]
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig=INT", *command]
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=INT",
            *command]


def _run(*command):
    done = subprocess.run(_as_server_user(command), capture_output=True, text=True, check=False,
                          timeout=START_SECONDS, cwd="/")
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def _give_away(path):
    if os.geteuid() == 0:
        shutil.chown(path, "postgres", "postgres")


def free_port():
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class PostgresServer:
    """One server; its databases are made by `create_database`. Sockets and data in a folder of its
    own, which `close` removes."""

    def __init__(self, settings="", copy_of=None):
        """`copy_of`: another one that was never started, whose data it begins with."""
        # Not below pytest's folders, which another user may not enter.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coolkit-postgres-"))
        _give_away(self.folder)
        self.data = self.folder / "data"
        self.port = free_port()
        self.process = None
        self.databases = 0
        if copy_of is None:
            _run(programs() / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        else:
            _run("cp", "-a", copy_of.data, self.data)
        self.add_settings(f"{SETTINGS}unix_socket_directories = '{self.folder}'\n{settings}")

    def add_settings(self, lines):
        """Later ones win; they count from the next start on."""
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(lines + "\n")

    @classmethod
    def standby_of(cls, primary):
        """A streaming replica of `primary`, which runs; not started yet."""
        standby = cls.__new__(cls)
        standby.folder = pathlib.Path(tempfile.mkdtemp(prefix="coolkit-postgres-"))
        _give_away(standby.folder)
        standby.data = standby.folder / "data"
        standby.port = free_port()
        standby.process = None
        standby.databases = primary.databases
        _run(programs() / "pg_basebackup", "-D", standby.data, "-R", "-X", "stream", "-c", "fast",
             "-h", "127.0.0.1", "-p", primary.port, "-U", "postgres", "--no-sync")
        standby.add_settings(f"unix_socket_directories = '{standby.folder}'")
        return standby

    # ------------------------------------------------------------------------------ its life

    def start(self):
        assert self.process is None
        self.spawn()
        self.wait_until_ready()
        return self

    def spawn(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                _as_server_user([programs() / "postgres", "-D", self.data, "-p", self.port]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)

    def wait_until_ready(self):
        """Until it takes connections, for a standby: of readers."""
        deadline = time.monotonic() + START_SECONDS
        while not self._takes_connections():
            assert self.process.poll() is None, f"PostgreSQL ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"PostgreSQL is not ready:\n{self.log()}"
            time.sleep(0.01)

    def _takes_connections(self):
        return subprocess.run(
            [programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False, timeout=ANSWER_SECONDS).returncode == 0

    def _end(self, number):
        self.process.send_signal(number)
        self.process.wait(START_SECONDS)
        self.process = None

    def stop(self):
        """Clean: connections are cut, everything is written. A restart keeps the incarnation."""
        self._end(signal.SIGINT)

    def crash(self):
        """As after a crash: every process ends at once, nothing is flushed."""
        self._end(signal.SIGQUIT)

    def restart(self):
        self.stop()
        return self.start()

    def promote(self):
        """Makes a standby the primary; returns when it is."""
        assert self.ask("postgres", "SELECT pg_promote(true, 60)") == "t"

    def close(self):
        if self.process is not None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace")[-8000:] if path.exists() else ""

    # ------------------------------------------------------------------------------ its content

    def url(self, database, port=None, parameters=""):
        """`port`: of something in between."""
        return f"postgres://postgres@127.0.0.1:{port or self.port}/{database}{parameters}"

    def create_database(self):
        """The name of a new, empty one."""
        self.databases += 1
        name = f"test{self.databases}"
        self.ask("postgres", f"CREATE DATABASE {name}")
        return name

    def ask(self, database, sql):
        """The rows of one statement as psql prints them, without a session of its own."""
        done = subprocess.run(
            [programs() / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database),
             "-c", sql], capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS)
        assert done.returncode == 0, f"{sql}: {done.stderr}"
        return done.stdout.strip()

    def session(self, database):
        return Psql(self.url(database))

    def backends(self, database):
        """The process ids of the service's connections."""
        rows = self.ask("postgres", "SELECT pid FROM pg_stat_activity WHERE datname = "
                        f"'{database}' AND application_name = 'coolkit'")
        return [int(row) for row in rows.split()]

    def kill_backend(self, pid):
        """SIGKILL, after which the server ends all other backends and recovers; False: it has gone
        by itself."""
        assert pid in self._children(), "not a process of this server"
        try:
            os.kill(pid, signal.SIGKILL)
            return True
        except ProcessLookupError:
            return False

    def _children(self):
        pid = self.process.pid
        path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return [int(child) for child in path.read_text(encoding="ascii").split()]


class Psql:
    """A session of psql, for what has to stay open: transactions and locks. A context manager."""

    MARK = "--coolkit-mark--"

    def __init__(self, url):
        self.process = subprocess.Popen(
            [programs() / "psql", "-XqAt", "-d", url], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, sql):
        """What the statements print; fails when one fails."""
        alarm = threading.Timer(ANSWER_SECONDS, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(f"{sql};\n\\echo {self.MARK}\n")
            lines = []
            while (line := self.process.stdout.readline()) != f"{self.MARK}\n":
                assert line, f"psql ended, or had no answer in time: {sql}: {lines}"
                lines.append(line.rstrip("\n"))
        finally:
            alarm.cancel()
        text = "\n".join(lines)
        assert "ERROR:" not in text and "FATAL:" not in text, f"{sql}: {text}"
        return text

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(ANSWER_SECONDS)
