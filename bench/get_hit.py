#!/usr/bin/env python3
"""GET of a cached 100-byte value over 64 keep-alive connections, against nginx `return 200`.

Both servers send the same body and as many header bytes. The server runs on core 0, the load on
core 1; rounds alternate; the figure is the ratio of the medians of server CPU time per request.
Usage: bench/get_hit.py [--rounds 5] [--seconds 4] [--binary build/release/coolkit] [--report FILE]
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 64
VALUE = b"x" * 100
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, what, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    sys.exit(f"{what} did not come up within {seconds} s")


def answers(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False


def cpu_seconds(pid):
    """User and system time of one process (all threads)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start_coolkit(binary, folder):
    port_file = folder / "ports.json"
    process = subprocess.Popen(
        ["taskset", "-c", "0", binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen",
         "127.0.0.1:0", "--threads", "1", "--port-file", str(port_file), "--log-level", "error",
         "--database-url", f"sqlite:{folder}/coolkit.db"])
    wait_for(lambda: port_file.exists() and port_file.stat().st_size > 0, "coolkit")
    port = int(json.loads(port_file.read_text())["listen"].rsplit(":", 1)[1])
    return process, process.pid, port


def header_bytes(port, path):
    """Size of a response's head, as it is on the wire."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += s.recv(65536)
    return data.index(b"\r\n\r\n") + 4


def start_nginx(folder, padding):
    port = free_port()
    body = VALUE.decode()
    config = folder / "nginx.conf"
    config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/b;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port};
    location / {{ default_type application/octet-stream; add_header X-Padding "{'p' * padding}";
      return 200 "{body}"; }} }}
}}""")
    process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", str(config)],
                               stderr=subprocess.DEVNULL)
    wait_for(lambda: answers(port, "/"), "nginx")
    workers = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)],
                             capture_output=True, text=True, check=True).stdout.split()
    return process, int(workers[0]), port


def load(port, path, seconds, pid):
    """(requests per second, server CPU microseconds per request, p50 ms, p99 ms) of one round."""
    before = cpu_seconds(pid)
    out = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pid) - before
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"errors under load:\n{out}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, used / requests * 1e6


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("--binary", default="build/release/coolkit")
    arguments.add_argument("--report")
    options = arguments.parse_args()
    path = "/v1/kv/bench/" + "k" * 20
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        coolkit, coolkit_pid, coolkit_port = start_coolkit(options.binary, folder)
        nginx = None
        try:
            connection = http.client.HTTPConnection("127.0.0.1", coolkit_port)
            connection.request("PUT", path, VALUE)
            assert connection.getresponse().status == 201
            assert answers(coolkit_port, path)
            ours = header_bytes(coolkit_port, path)
            nginx, nginx_pid, nginx_port = start_nginx(folder, 1)
            theirs = header_bytes(nginx_port, "/")
            nginx.terminate()
            nginx.wait()
            nginx, nginx_pid, nginx_port = start_nginx(folder, max(1, 1 + ours - theirs))
            theirs = header_bytes(nginx_port, "/")
            rows = {"coolkit": [], "nginx": []}
            for _ in range(options.rounds):
                rows["coolkit"].append(load(coolkit_port, path, options.seconds, coolkit_pid))
                rows["nginx"].append(load(nginx_port, "/", options.seconds, nginx_pid))
        finally:
            for process in (coolkit, nginx):
                if process:
                    process.send_signal(signal.SIGTERM)
                    process.wait(timeout=40)
    report(rows, ours, theirs, options)


def report(rows, ours, theirs, options):
    lines = ["# GET hit of 100 bytes, 64 connections, against nginx", "",
             f"`bench/get_hit.py --rounds {options.rounds} --seconds {options.seconds}`; "
             "server on core 0, load (wrk) on core 1, alternating.",
             f"Head of a response: coolkit {ours} bytes, nginx {theirs} bytes.", "",
             "| | requests/s, median | CPU µs per request, median | min | max |",
             "|---|---|---|---|---|"]
    medians = {}
    for name, values in rows.items():
        cpu = [v[1] for v in values]
        medians[name] = statistics.median(cpu)
        lines.append(f"| {name} | {statistics.median(v[0] for v in values):,.0f} | "
                     f"{medians[name]:.2f} | {min(cpu):.2f} | {max(cpu):.2f} |")
    ratio = medians["coolkit"] / medians["nginx"]
    lines += ["", f"**CPU per request: {ratio:.2f}× nginx** (milestone ≤ 1.4×, goal ≤ 1.0×)"]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.report:
        pathlib.Path(options.report).write_text(text)


if __name__ == "__main__":
    main()
