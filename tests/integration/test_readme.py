"""The README does what it shows: each `$` line of its console blocks is run as it stands, only
with the ports of a real pod, and prints what the README says."""

import os
import re
import subprocess
import urllib.parse

import pytest

import pod as pods
from postgres_server import programs
from ring import free_network

README = pods.ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What is run in another way stands behind such a line: with a PostgreSQL, as a ring.
POSTGRES = "<!-- run with PostgreSQL -->\n"
RING = "<!-- run with tools/ring -->\n"
POSTGRES_URL = "postgres://postgres@127.0.0.1:5432/coolkit"

# What differs from run to run.
VARIABLE = [
    (r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "TIME"),
    (r"\d+\.\d+\.[0-9a-f]{32}\.\d+:\d+", "POSITION"),
    (r'"\d{16,19}"', '"VERSION"'),
    (r"coolkit-[\w.-]+; ", "coolkit-POD; "),
    (r"dur=\d+\.\d+", "dur=DURATION"),
    (r"Coolkit-Staleness-Ms: \d+", "Coolkit-Staleness-Ms: STALENESS"),
    (r'"ttl_ms":\d+', '"ttl_ms":TTL'),
    (r'"next_page_token":"[\w-]+"', '"next_page_token":"TOKEN"'),
    (r'"trace_id":"[0-9a-f]{32}"', '"trace_id":"TRACE"'),
]


def normalised(text):
    for pattern, name in VARIABLE:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def steps(kind=""):
    """(command, what it prints), in the order of the page; those behind such a line."""
    found = []
    text = README.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        block = match.group(1)
        before = text[:match.start()]
        if kind != next((line for line in (POSTGRES, RING) if before.endswith(line)), ""):
            continue
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def test_the_readme_has_commands():
    assert len(steps()) >= 8
    assert all(command.startswith("curl ") for command, _ in steps())


def test_the_commands_print_what_the_readme_shows(pod, tmp_path):
    api, ops = (urllib.parse.urlsplit(url).netloc for url in (pod.url, pod.ops_url))
    problems = []
    for command, shown in steps():
        real = command.replace("127.0.0.1:8080", api).replace("127.0.0.1:2345", ops)
        done = subprocess.run(["bash", "-c", real], capture_output=True, text=True, timeout=30,
                              check=False, cwd=tmp_path,
                              env={"PATH": "/usr/bin:/bin", "no_proxy": "*"})
        # With -i and without -s, a pipe makes curl show its progress on stderr: no part of this.
        if done.returncode != 0 or normalised(done.stdout) != normalised(shown):
            problems.append(f"$ {command}\nshown:\n{shown}\nprinted ({done.returncode}):\n"
                            f"{done.stdout}{done.stderr}")
    assert not problems, "\n".join(problems)


def test_the_lines_with_postgres_do_too(start_postgres, start_pod, tmp_path):
    server = start_postgres()
    lines = steps(POSTGRES)
    assert any(command.endswith("coolkit serve &") for command, _ in lines)
    server.ask("postgres", "CREATE DATABASE coolkit")
    url = server.url("coolkit")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "release").symlink_to(pods.binary().parent)
    problems, pod = [], None
    for command, shown in lines:
        if command.endswith("coolkit serve &"):
            assert command == f"DATABASE_URL={POSTGRES_URL} build/release/coolkit serve &"
            pod = start_pod(database_url=url)  # the same with free ports
            continue
        real = command.replace(POSTGRES_URL, url)
        if pod is not None:
            real = real.replace("127.0.0.1:8080", urllib.parse.urlsplit(pod.url).netloc)
        done = subprocess.run(["bash", "-c", real], capture_output=True, text=True, timeout=30,
                              check=False, cwd=tmp_path,
                              env={"PATH": f"{programs()}:/usr/bin:/bin", "no_proxy": "*"})
        if done.returncode != 0 or normalised(done.stdout) != normalised(shown):
            problems.append(f"$ {command}\nshown:\n{shown}\nprinted ({done.returncode}):\n"
                            f"{done.stdout}{done.stderr}")
    assert not problems, "\n".join(problems)


def ring_normalised(text):
    """Which pod is which, in which epoch and with how many slots differs."""
    text = re.sub(r"127\.0\.0\.1:\d+|\d+ (?=slots|entries|ms)|(?<=epoch )\d+", "N", text)
    text = re.sub(r"pod-\d|127\.\d+\.\d+\.\d", "POD", text)
    return sorted(normalised(text).splitlines())


def test_the_lines_with_a_ring_do_too(tmp_path):
    network = free_network()
    tool = f"{pods.ROOT}/tools/ring --dir {tmp_path / 'ring'} --network {network}"
    environment = os.environ | {"COOLKIT_BINARY": str(pods.binary()), "no_proxy": "*"}
    problems = []
    try:
        for command, shown in steps(RING):
            real = command.replace("tools/ring", tool).replace("127.0.77", network)
            done = subprocess.run(["bash", "-c", real], capture_output=True, text=True, timeout=60,
                                  check=False, cwd=tmp_path, env=environment)
            if done.returncode != 0 or ring_normalised(done.stdout) != ring_normalised(shown):
                problems.append(f"$ {command}\nshown:\n{shown}\nprinted ({done.returncode}):\n"
                                f"{done.stdout}{done.stderr}")
    finally:
        subprocess.run(["bash", "-c", f"{tool} down"], check=False, timeout=60,
                       capture_output=True)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("one, other, same", [
    ("Age: 0", "Age: 1", False), ("Coolkit-Staleness-Ms: 1", "Coolkit-Staleness-Ms: 20", True),
    ('ETag: "1838470644294232064"', 'ETag: "1838470644294232065"', True),
    ('ETag: "1838470644294232064"', 'ETag: ""', False), ("HTTP/1.1 200 OK", "HTTP/1.1 404", False),
    ("coolkit-vm-8080; hit", "coolkit-a.b; hit", True),
    ("coolkit-a; hit", "coolkit-a; fwd=stale", False)])
def test_only_what_may_differ_is_overlooked(one, other, same):
    assert (normalised(one) == normalised(other)) == same
