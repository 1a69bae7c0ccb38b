"""The runbook does what it says: each command for one machine is run as it stands, only with the
ports of a real pod and scaler; those for a cluster are well-formed, and run in tests/cluster."""

import re
import subprocess
import urllib.parse

import pytest
import yaml

import alert_rules
import pod as pods
import runbook
from postgres_server import programs

LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = [runbook.RUNBOOK, *sorted(runbook.RUNBOOK.with_suffix("").glob("*.md"))]


def test_commands_for_one_machine_work(start_postgres, start_pod, tmp_path):
    server = start_postgres("max_connections = 100\nshared_buffers = 128MB")
    url = server.url(server.create_database())
    # A single pod, with the budget of what this server allows.
    pod = start_pod("--database-connections", "60", database_url=url)
    scaler = start_pod(folder=tmp_path / "scaler", listening=False)
    scaler.command = lambda: [
        str(scaler.program), "scaler", "serve", "--listen", "127.0.0.1:0", "--ops-listen",
        "127.0.0.1:0", "--port-file", str(tmp_path / "scaler" / "ports.json"), "--workload",
        f"coolkit={urllib.parse.urlsplit(pod.ops_url).netloc}", "--scrape-interval", "200ms",
        "--scrape-timeout", "150ms"]
    scaler.start()
    places = {"127.0.0.1:8080": pod.url, "127.0.0.1:2345": pod.ops_url,
              "127.0.0.1:8090": scaler.url}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "coolkit").symlink_to(pods.binary())
    environment = {"PATH": f"{tmp_path / 'bin'}:{programs()}:/usr/bin:/bin", "no_proxy": "*",
                   "DATABASE_URL": url, "COOLKIT_URL": pod.url,
                   "COOLKIT_DATABASE_CONNECTIONS": "60"}
    await_estimate(scaler, environment)
    commands = runbook.machine_commands()
    assert len(commands) >= 10
    problems = []
    for section, command in commands:
        real = command
        for place, found in places.items():
            real = real.replace(place, urllib.parse.urlsplit(found).netloc)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", real], capture_output=True,
                              text=True, timeout=100, check=False, cwd=tmp_path, env=environment)
        if done.returncode != 0:
            problems.append(f"{section}\n$ {real}\n({done.returncode}) {done.stdout}{done.stderr}")
    assert not problems, "\n".join(problems)


def await_estimate(scaler, environment):
    """It has none before it has looked at the pod."""
    done = subprocess.run(
        ["curl", "-fsS", "--retry", "60", "--retry-all-errors", "--retry-delay", "1",
         f"{scaler.url}/estimate/coolkit"], capture_output=True, timeout=100, check=False,
        env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("section, command", runbook.cluster_commands(
    IMAGE_SHA="0123abc", DATABASE_URL="postgres://h/d", POD="coolkit-1-a"))
def test_commands_for_a_cluster_are_well_formed(section, command):
    assert command.split()[0] in ("kubectl", "helm"), section
    assert not re.search(r"<[A-Z_]+>", command)
    done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 0, done.stderr


def test_every_block_is_one_or_the_other():
    assert {info for _, info, _ in runbook.blocks()} == {"sh", "sh cluster"}


def test_each_alert_is_listed_by_its_severity():
    text = runbook.RUNBOOK.read_text(encoding="utf-8")
    head = text.index("| critical: ")
    columns = {"critical": [], "warning": [], "info": []}
    for row in text[head:text.index("\n\n", head)].splitlines()[2:]:
        for found, cell in zip(columns.values(), row.strip("|").split("|"), strict=True):
            found += re.findall(r"\(runbook/(\w+)\.md\)", cell)
    known = {severity: [] for severity in columns}
    for group in yaml.safe_load(alert_rules.rendered())["groups"]:
        for rule in group["rules"]:
            known[rule["labels"]["severity"]].append(rule["alert"])
    assert columns == known


def anchors(path):
    """As a page's headings are called in links."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in
            re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


# What the operations contract fixes: whoever reads the runbook relies on it.
@pytest.mark.parametrize("fact", [
    "| 8080 |", "| 2345 |", "GET /healthz", "/metrics", "./coolkit \\\n  --namespace production",
    "--set image.tag=<IMAGE_SHA>", "--set image.tag=deadbeef",
    "http://scaler.production.svc.cluster.local/estimate/coolkit", "coolkit-headless",
    "every 15 s", "60 s", "from 10\nto 100 pods", "minAvailable: 80%"])
def test_the_facts_of_the_contract(fact):
    assert fact in runbook.RUNBOOK.read_text(encoding="utf-8")
