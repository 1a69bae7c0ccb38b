"""A real Prometheus on loopback that collects from pods as a PodMonitor would, for tests of alerts
and dashboards."""

import json
import subprocess
import time
import urllib.parse
import urllib.request

import yaml

from postgres_server import free_port

START_SECONDS = 60.0
STOP_SECONDS = 30.0
PORT_TRIES = 5
SCRAPE_INTERVAL = "500ms"
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Prometheus:
    """`targets`: (job, pod) -> host:port of its /metrics. A context manager."""

    def __init__(self, folder, targets, rules=None, namespace="production"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.process = None
        self.url = None
        jobs = {}
        for (job, pod), address in targets.items():
            jobs.setdefault(job, []).append(
                {"targets": [address], "labels": {"namespace": namespace, "pod": pod}})
        config = {
            "global": {"scrape_interval": SCRAPE_INTERVAL, "evaluation_interval": SCRAPE_INTERVAL,
                       "scrape_timeout": SCRAPE_INTERVAL},
            "rule_files": ["rules.yaml"] if rules else [],
            "scrape_configs": [{"job_name": job, "static_configs": found}
                               for job, found in jobs.items()]}
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        if rules:
            (folder / "rules.yaml").write_text(rules, encoding="utf-8")

    def __enter__(self):
        for _ in range(PORT_TRIES):
            if self._started():
                return self
        raise AssertionError(f"Prometheus does not start:\n{self.log()}")

    def _started(self):
        """False: it ended, as when somebody else took the port."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "prometheus",
                 f"--config.file={self.folder / 'prometheus.yaml'}",
                 f"--storage.tsdb.path={self.folder / 'data'}", "--log.level=warn",
                 f"--web.listen-address=127.0.0.1:{port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline, f"Prometheus is not ready:\n{self.log()}"
            time.sleep(0.05)
        return True

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _ready(self):
        try:
            with _direct.open(f"{self.url}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    # ------------------------------------------------------------------------------ to look at

    def _ask(self, path, **form):
        data = urllib.parse.urlencode(form).encode() if form else None
        with _direct.open(f"{self.url}{path}", data=data, timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        found = self._ask("/api/v1/query", query=expression)["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in found]

    def firing(self):
        """The names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self._ask("/api/v1/alerts")["alerts"]
                if alert["state"] == "firing"}

    def alerts(self):
        """Name -> labels and state of each, to show."""
        return [(alert["state"], alert["labels"]) for alert in
                self._ask("/api/v1/alerts")["alerts"]]
