#!/usr/bin/env python3
"""How long /estimate takes and how much CPU the scaler uses with 100 pods asked every 5 s, while
KEDA's two readers poll, far faster than they would.

    bench/scaler_endpoint.py [--binary build/release/coolkit] [--seconds 60] [--pods 100]

The pods are one process that answers with the metrics of a real pod whose counters grow. Prints
Markdown.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
READS_PER_SECOND = 50  # of each reader; KEDA's have one in 15 s
RATE = 400  # requests per second of each pod


def real_metrics(binary):
    """The text of a coolkit that has just started."""
    with tempfile.TemporaryDirectory() as folder:
        ports = pathlib.Path(folder, "ports.json")
        pod = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
             "--port-file", str(ports), "--database-url", f"sqlite:{folder}/a.db"],
            stderr=subprocess.DEVNULL)
        try:
            while not ports.exists():
                time.sleep(0.01)
            address = json.loads(ports.read_text())["ops_listen"]
            return urllib.request.urlopen(f"http://{address}/metrics").read().decode()
        finally:
            pod.send_signal(signal.SIGTERM)
            pod.wait(30)


def serve_pods(text, count, pipe):
    """Many listening sockets in one process; the first request counter grows."""
    counter = re.search(r"^coolkit_http_requests_total\{[^}]*code=\"200\"[^}]*\} ", text, re.M)
    head, tail = text[:counter.end()], text[text.index("\n", counter.end()):]

    async def answer(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                body = (head + str(int(time.monotonic() * RATE)) + tail).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run():
        servers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(count)]
        pipe.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(run())


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read(address, until, pipe):
    latencies = []
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=3)
    while time.monotonic() < until:
        began = time.monotonic()
        connection.request("GET", "/estimate/coolkit")
        answer = connection.getresponse()
        body = answer.read()
        latencies.append(time.monotonic() - began)
        assert answer.status == 200, body
        time.sleep(max(0.0, 1 / READS_PER_SECOND - (time.monotonic() - began)))
    pipe.send(latencies)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(ROOT / "build/release/coolkit"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pods", type=int, default=100)
    options = parser.parse_args()
    text = real_metrics(options.binary)
    ours, theirs = multiprocessing.Pipe()
    fake = multiprocessing.Process(target=serve_pods, args=(text, options.pods, theirs))
    fake.start()
    addresses = ",".join(f"127.0.0.1:{port}" for port in ours.recv())
    with tempfile.TemporaryDirectory() as folder:
        ports = pathlib.Path(folder, "ports.json")
        scaler = subprocess.Popen(
            [options.binary, "scaler", "serve", "--listen", "127.0.0.1:0", "--ops-listen",
             "127.0.0.1:0", "--port-file", str(ports), "--workload", f"coolkit={addresses}"])
        try:
            time.sleep(12)  # two rounds
            address = json.loads(ports.read_text())["listen"]
            latencies = []
            until = time.monotonic() + options.seconds
            began = cpu_seconds(scaler.pid)
            pipes = [multiprocessing.Pipe(duplex=False) for _ in range(2)]
            for _, end in pipes:
                multiprocessing.Process(target=read, args=(address, until, end)).start()
            for begin, _ in pipes:
                latencies += begin.recv()
            cpu = (cpu_seconds(scaler.pid) - began) / options.seconds
            body = json.loads(urllib.request.urlopen(
                f"http://{address}/estimate/coolkit").read())
        finally:
            scaler.send_signal(signal.SIGTERM)
            scaler.wait(20)
            fake.terminate()
            fake.join()
    cuts = statistics.quantiles(latencies, n=1000)
    print("| pods | bytes each | readings | p50 ms | p99 ms | p99.9 ms | most ms | CPU of a core |")
    print("|---|---|---|---|---|---|---|---|")
    print(f"| {body['observed']['reporting']} | {len(text)} | {len(latencies)} | "
          f"{cuts[499] * 1e3:.2f} | {cuts[989] * 1e3:.2f} | {cuts[998] * 1e3:.2f} | "
          f"{max(latencies) * 1e3:.2f} | {100 * cpu:.2f} % |")


if __name__ == "__main__":
    main()
