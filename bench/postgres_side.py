"""What the benchmarks against pgbench share: a private PostgreSQL, coolkit beside it, both loads.

The server is durable as it comes (fsync and synchronous_commit on). Nothing is pinned: coolkit,
PostgreSQL and the load share the cores, whichever side is measured.
"""
import contextlib
import http.client
import json
import os
import pathlib
import pwd
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 64
TICKS = os.sysconf("SC_CLK_TCK")
VALUE = "x" * 100
FIRST_KEY = 1_000_000_000_000_000_000  # 19 digits, so that pgbench's numbers can be the keys
SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 512MB
max_wal_size = 16GB        # no checkpoint falls into one side's round
checkpoint_timeout = 1h
max_connections = 100
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f"{what} did not come up within {seconds} s")


def programs():
    for version in ("15", "16", "17", "14"):
        folder = pathlib.Path(f"/usr/lib/postgresql/{version}/bin")
        if (folder / "initdb").exists():
            return folder
    sys.exit("no PostgreSQL server is installed")


def stat_seconds(pid, with_reaped=False):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(x) for x in fields[11:15 if with_reaped else 13]) / TICKS


class Postgres:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.bin = programs()
        os.chmod(folder, 0o755)
        place = folder / "postgres"
        place.mkdir()
        self.user = []
        if os.geteuid() == 0:  # the server refuses to be root
            owner = pwd.getpwnam("postgres")
            os.chown(place, owner.pw_uid, owner.pw_gid)
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
                         "--pdeathsig=INT"]
        data = place / "data"
        subprocess.run([*self.user, self.bin / "initdb", "-D", data, "-A", "trust", "-U",
                        "postgres", "-E", "UTF8", "--locale=C.UTF-8"], check=True,
                       stdout=subprocess.DEVNULL, cwd="/")
        with open(data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(SETTINGS + f"unix_socket_directories = '{place}'\n")
        with open(folder / "postgres.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*self.user, self.bin / "postgres", "-D", data, "-p", str(self.port)],
                stdout=log, stderr=log, cwd="/")
        wait_for(self.ready, "PostgreSQL")

    def ready(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                               str(self.port)], check=False).returncode == 0

    @property
    def url(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def sql(self, text):
        return subprocess.run([self.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url,
                               "-c", text], check=True, capture_output=True, text=True).stdout

    def transactions(self):
        """Commits that the server counted; sessions report at their end or every second."""
        time.sleep(1.2)
        return int(self.sql("SELECT xact_commit FROM pg_stat_database "
                            "WHERE datname = current_database()"))

    def cpu_seconds(self):
        """Of the server and of every session it ever had."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
                                  capture_output=True, text=True, check=False).stdout.split()
        total = stat_seconds(self.process.pid, with_reaped=True)
        for child in children:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += stat_seconds(child)
        return total

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)


class Coolkit:
    def __init__(self, binary, postgres, *flags):
        port_file = postgres.folder / "ports.json"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
             "--port-file", str(port_file), "--log-level", "warn", "--database-url", postgres.url,
             *flags])
        wait_for(lambda: port_file.exists() and port_file.stat().st_size > 0, "coolkit")
        ports = json.loads(port_file.read_text())
        self.port = int(ports["listen"].rsplit(":", 1)[1])
        self.ops_port = int(ports["ops_listen"].rsplit(":", 1)[1])
        wait_for(self.ready, "coolkit")

    def ask(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def ready(self):
        return self.ask(self.ops_port, "/readyz")[0] == 200

    def metrics(self):
        found = {}
        for line in self.ask(self.ops_port, "/metrics")[1].splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def cpu_seconds(self):
        return stat_seconds(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wrk(coolkit, script, seconds, connections=CONNECTIONS):
    """(requests, seconds, p50 ms, p99 ms)"""
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s",
                          script, f"http://127.0.0.1:{coolkit.port}"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"errors under load:\n{out}")
    count, took = re.search(r"(\d+) requests in ([\d.]+)s", out).groups()
    return int(count), float(took), milliseconds(out, "50%"), milliseconds(out, "99%")


def milliseconds(text, percentile):
    number, unit = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def pgbench(postgres, script, seconds, threads, clients=CONNECTIONS):
    """(transactions, transactions per second, mean latency ms)"""
    out = subprocess.run([postgres.bin / "pgbench", "-n", "-M", "prepared", "-c", str(clients),
                          "-j", str(min(threads, clients)), "-T", str(seconds), "-f", script,
                          postgres.url],
                         capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"transactions actually processed: (\d+)", out).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", out).group(1))
    return count, rate, float(re.search(r"latency average = ([\d.]+)", out).group(1))


def machine_seconds():
    """CPU time of everything on this machine."""
    fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(int(fields[i]) for i in (0, 1, 2, 5, 6)) / TICKS


class Meter:
    """CPU of service, server and load between its making and `per`, and of everybody else."""

    def __init__(self, postgres, coolkit):
        self.sources = {"service": coolkit.cpu_seconds if coolkit else lambda: 0.0,
                        "server": postgres.cpu_seconds, "load": children_seconds}
        self.before = {name: source() for name, source in self.sources.items()}
        self.machine, self.began = machine_seconds(), time.monotonic()

    def per(self, count):
        """Microseconds of CPU per operation; `others`: cores that strangers to the test took."""
        used = {name: source() - self.before[name] for name, source in self.sources.items()}
        strangers = machine_seconds() - self.machine - sum(used.values())
        cpu = {name: seconds / count * 1e6 for name, seconds in used.items()}
        return cpu | {"others": max(0.0, strangers) / (time.monotonic() - self.began)}


def median(values):
    return statistics.median(values)


def spread(values, digits=0):
    return f"{min(values):,.{digits}f} to {max(values):,.{digits}f}"


def ratio_line(ours, theirs, goal):
    """Ratio of the medians; beside it the smallest and largest of the ratios of single rounds."""
    each = [a / b for a, b in zip(ours, theirs)]
    return (f"**{median(ours) / median(theirs):.2f}×** (single rounds: {spread(each, 2)}; {goal})")


def cpu_line(ours, theirs):
    """CPU of service, server and load together: it says the most while others use the machine."""
    def total(rows):
        return median([sum(row["cpu"][part] for part in ("service", "server", "load"))
                       for row in rows])

    return (f"All CPU per operation: {total(ours):.1f} µs against {total(theirs):.1f} µs, "
            f"**{total(theirs) / total(ours):.2f}× less**")


@contextlib.contextmanager
def private_postgres():
    with tempfile.TemporaryDirectory() as name:
        postgres = Postgres(pathlib.Path(name))
        try:
            yield postgres
        finally:
            postgres.stop()


@contextlib.contextmanager
def running(thing):
    try:
        yield thing
    finally:
        thing.stop()


def finish(lines, report):
    text = "\n".join(lines) + "\n"
    print(text)
    if report:
        pathlib.Path(report).write_text(text, encoding="utf-8")


def load_average():
    return pathlib.Path("/proc/loadavg").read_text().split()[0]
