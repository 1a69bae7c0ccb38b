"""What the benchmarks against other servers share: both sides on core 0, the load on core 1.

Every server is started here, on a port of its own and with files in a folder that goes away; the
load is bench/programs/canned_load, the same for both sides.
"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from postgres_side import (Coolkit, finish, free_port, load_average, median, spread, stat_seconds,
                           wait_for)

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATH = "/v1/kv/bench/" + "k" * 20
VALUE = b"x" * 100
CONNECTIONS = 64
SERVER_CORE, LOAD_CORE = 0, 1


def options_of(text, seconds=3, rounds=5, more=None):
    """The flags that every script has; `more(parser)` adds its own."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--binary", default=str(ROOT / "build/release/coolkit"))
    parser.add_argument("--report", help="file to write the report to")
    if more:
        more(parser)
    options = parser.parse_args()
    options.command = " ".join([f"bench/{pathlib.Path(sys.argv[0]).name}", *sys.argv[1:]])
    prepare(options)
    return options


def prepare(options):
    """Installs the other sides and builds the programs, unless they are there."""
    subprocess.run([ROOT / "tools/install-packages", "bench"], check=True)
    folder = pathlib.Path(options.binary).resolve().parent
    options.programs = folder / "bench"
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=sys.stderr)
    built = subprocess.run(["cmake", "--build", folder, "-j", os.environ.get("JOBS", "2"),
                            "--target", "coolkit", "bench_programs"], check=False, text=True,
                           stdout=subprocess.PIPE)
    if built.returncode != 0:
        sys.exit(built.stdout)


def groupcache_program(options):
    go = shutil.which("go")
    if go is None:
        sys.exit("groupcache is a Go module: put Go 1.20 or newer on the PATH")
    program = options.programs / "groupcache"
    subprocess.run([go, "build", "-o", program, "."], cwd=ROOT / "bench/groupcache", check=True,
                   env=os.environ | {"GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local"})
    return program


@contextlib.contextmanager
def on_core(core):
    """What is started meanwhile stays on that core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def resident_bytes(pids):
    return sum(int(re.search(r"^Rss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup")
                             .read_text(encoding="ascii"), re.MULTILINE).group(1)) * 1024
               for pid in pids)


class Server:
    """Processes on core 0 that serve one port; the first one is the one that is stopped."""

    def __init__(self, name, commands, port, shown=None, children=False):
        self.name, self.port, self.processes, self.workers = name, port, [], []
        self.command = shown or " ".join(str(word) for word in commands[-1])
        for command in commands:
            with on_core(SERVER_CORE):
                self.processes.append(subprocess.Popen(
                    [str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                    stdout=subprocess.PIPE if port is None else subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL))
        if port is None:
            self.port = int(self.processes[-1].stdout.readline())
        wait_for(self.listens, name)
        if children:
            self.workers = [int(pid) for pid in subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(self.processes[0].pid)], capture_output=True,
                text=True, check=True).stdout.split()]

    def listens(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def pids(self):
        return [process.pid for process in self.processes] + self.workers

    def cpu_seconds(self):
        return sum(stat_seconds(pid) for pid in self.pids)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=60)


class Place:
    """A folder and a SQLite database in it: what `Coolkit` wants to know."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:{folder}/coolkit.db"


class PinnedCoolkit(Coolkit):
    name = "coolkit"

    def __init__(self, binary, folder, *flags):
        with on_core(SERVER_CORE):
            super().__init__(binary, Place(folder), "--threads", "1", *flags)
        self.command = " ".join(["coolkit serve --threads 1 --database-url sqlite:…", *flags])

    @property
    def pids(self):
        return [self.process.pid]


def nginx(folder, padding=1, connections=1024):
    port = free_port()
    config = folder / f"nginx-{port}.conf"
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx-{port}.pid; error_log {folder}/error.log;
worker_rlimit_nofile 40000;
events {{ worker_connections {connections}; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; {temporary}
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type application/octet-stream; add_header X-Padding "{'p' * padding}";
      return 200 "{VALUE.decode()}"; }} }} }}
""", encoding="ascii")
    return Server("nginx", [["nginx", "-c", config]], port, "nginx, one worker, `return 200`",
                  children=True)


def webdis(folder):
    redis_port, port = free_port(), free_port()
    config = folder / "webdis.json"
    config.write_text(json.dumps({
        "redis_host": "127.0.0.1", "redis_port": redis_port, "http_host": "127.0.0.1",
        "http_port": port, "threads": 2, "daemonize": False, "verbosity": 0,
        "logfile": str(folder / "webdis.log"), "acl": [{"disabled": []}]}), encoding="ascii")
    redis = ["redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", folder]
    return Server("Redis behind webdis", [redis, ["webdis", config]], port,
                  "redis-server --save '' and webdis as Debian sets it up")


def memcached():
    port = free_port()
    command = ["memcached", "-l", "127.0.0.1", "-p", port, "-t", 1, "-m", 2048, "-c", 4096]
    if os.geteuid() == 0:
        command += ["-u", "nobody"]
    return Server("memcached", [command], port)


def noop_server(options, header_bytes):
    return Server("no-op server", [[options.programs / "noop_server", len(VALUE), header_bytes]],
                  None, "bench/programs/noop_server")


def fetch(port, path):
    """(bytes of the head, body) as they are on the wire."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
        data = b""
        while more := one.recv(65536):
            data += more
    head, body = data.split(b"\r\n\r\n", 1)
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"not 200 but {head.decode()}")
    return len(head) + 4 - len(b"Connection: close\r\n"), body


def ask(port, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def get_request(path):
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def put_value(port):
    assert ask(port, "PUT", PATH, VALUE)[0] in (200, 201, 204)
    fetch(port, PATH)


class Load:
    """canned_load on core 1, with one request."""

    def __init__(self, options, folder, name, request):
        self.program = options.programs / "canned_load"
        self.file = folder / f"{name}.request"
        self.file.write_bytes(request)

    def run(self, server, seconds, connections=CONNECTIONS, rate=0, end=None):
        """canned_load's figures; besides, `cpu`: microseconds of the server's CPU per answer."""
        words = [self.program, server.port, connections, seconds, self.file, rate]
        used = server.cpu_seconds()
        with on_core(LOAD_CORE):
            out = subprocess.run([str(word) for word in words + ([end] if end else [])], check=True,
                                 capture_output=True, text=True).stdout
        row = json.loads(out)
        row["cpu"] = (server.cpu_seconds() - used) / max(row["answers"], 1) * 1e6
        return row


@contextlib.contextmanager
def folder_and_servers():
    """A folder, and a list whose servers are stopped at the end."""
    servers = []
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        try:
            yield pathlib.Path(name), servers
        finally:
            for server in servers:
                server.stop()


def ratio(ours, theirs, goals):
    """The ratio of the medians, in bold; beside it those of the single rounds."""
    each = [a / b for a, b in zip(ours, theirs)]
    return (f"**{median(ours) / median(theirs):.2f}×** (single rounds: {spread(each, 2)}; {goals})")


def column(rows, name):
    return [row[name] for row in rows]


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    return (f"{cpu.group(1).strip() if cpu else os.uname().machine}, {os.cpu_count()} cores, "
            f"Linux {os.uname().release}; load average at the end {load_average()}.")


def heading(title, options, versions=()):
    """The first lines of a report."""
    lines = [f"# {title}", "", f"`{options.command}`: server on core {SERVER_CORE}, load on core "
             f"{LOAD_CORE}, {options.rounds} rounds in turn.", machine()]
    for program in versions:
        flag = {"nginx": "-v", "webdis": "-V", "go": "version"}.get(program, "--version")
        lines.append(f"{first_line(program, flag)}.")
    return lines + [""]


def command_lines(servers):
    return ["", *(f"- {server.name}: `{server.command}`" for server in servers)]

