"""The chart on real controllers: install, use, upgrade, scale, disturb, roll back, uninstall.
Prints a timeline; ends with `N passed, N failed`. `make e2e` runs it."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request

import cluster as clusters
from cluster import GATEWAY, ROOT, await_condition, run

import postgres_server  # of tests/integration, as the next
import runbook

NAMESPACE = "production"
SELECTOR = "app.kubernetes.io/name=coolkit,app.kubernetes.io/component=server"
SERVICE = f"http://coolkit.{NAMESPACE}.svc.cluster.local:8080"
SCALER = f"http://scaler.{NAMESPACE}.svc.cluster.local/estimate/coolkit"
POSTGRES = f"listen_addresses = '127.0.0.1,{GATEWAY}'\nmax_connections = 520\n"
# All of a cluster on one machine: a pod that waits for a core can't prove what it has within the
# default of 250 ms, and its hits would be counted as misses.
PATIENCE = ("--set", "config.maxStaleness=2s")
UPGRADE_RATE = 300
PER_POD_TARGET = 20


def http(method, url, body=None, headers=None, seconds=10):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


class EndToEnd:
    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.binary = binary
        self.begun = time.monotonic()
        self.cluster = clusters.Cluster(self.folder / "cluster")
        self.loads = []

    def say(self, text):
        print(f"{time.monotonic() - self.begun:7.1f} s  {text}", flush=True)

    # -- what the steps share -----------------------------------------------------------------
    def prepare_images(self):
        """Two builds with the same content that tell different revisions."""
        root = self.folder / "image"
        run(ROOT / "tools/image-root", self.binary, root)
        told = run(self.binary, "--version").stdout
        revision = re.search(r"\(([0-9a-f]{12})\)", told).group(1)
        other = revision[::-1] if revision != revision[::-1] else "0123456789ab"
        second = self.folder / "image-2"
        shutil.copytree(root, second, symlinks=True)
        program = second / "usr/bin/coolkit"
        program.write_bytes(program.read_bytes().replace(revision.encode(), other.encode()))
        for tag, files in ((revision, root), (other, second)):
            self.cluster.image(f"gcr.io/example/coolkit:{tag}", files, ["/usr/bin/coolkit"],
                               ["serve"], "/data")
        self.first_tag, self.second_tag = revision, other

    def start_database(self):
        self.postgres = postgres_server.PostgresServer(POSTGRES)
        with open(self.postgres.data / "pg_hba.conf", "a", encoding="utf-8") as rules:
            rules.write("host all all 10.77.0.0/16 trust\n")
        self.postgres.start()
        name = self.postgres.create_database()
        self.database_url = f"postgres://postgres@{GATEWAY}:{self.postgres.port}/{name}"

    def helm(self, *arguments, tag=None, check=True, seconds=900):
        """The runbook's command, from the repository's root."""
        words = ["helm", *arguments]
        if tag:
            words += ["--set-string", f"image.tag={tag}"]
        begun = time.monotonic()
        done = subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True,
                              text=True, timeout=seconds)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        self.say(f"{' '.join(words[:4])} …: {time.monotonic() - begun:.1f} s")
        return done

    def upgrade(self, tag, *values):
        return self.helm("upgrade", "--install", "coolkit", "./coolkit", "--namespace", NAMESPACE,
                         "--create-namespace", *PATIENCE, *values, "--wait", "--timeout", "15m",
                         tag=tag)

    def ready(self):
        return self.cluster.ready_pods(NAMESPACE, SELECTOR)

    def await_ready(self, count, seconds=240):
        await_condition(f"{count} ready pods", lambda: len(self.ready()) == count
                        and len(self.cluster.pods(NAMESPACE, SELECTOR)) == count, seconds)

    def start_load(self, name, rate, duration, *flags, connections=16):
        report = self.folder / f"{name}.json"
        report.unlink(missing_ok=True)
        process = subprocess.Popen(
            [str(self.binary), "bench", "--target", SERVICE, "--rate", str(rate), "--connections",
             str(connections), "--duration", f"{duration}s", "--keys", "2000", "--report",
             str(report), *flags], stdout=subprocess.DEVNULL,
            stderr=open(self.folder / f"{name}.log", "wb"))
        self.loads.append(process)
        return process, report

    def end_load(self, process, report):
        """Stops it early; its report."""
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(60)
        return json.loads(report.read_text())

    def watch_scaler(self):
        """Says each change of the scaler's answer, with its reasons, until the process ends."""
        last = None
        while True:
            time.sleep(2)
            try:
                status, body, _ = http("GET", f"{SCALER}?explain=1", seconds=5)
                if status != 200:
                    continue
                told = json.loads(body)
            except (OSError, ValueError):
                continue
            with open(self.folder / "scaler.jsonl", "ab") as log:
                log.write(body + b"\n")
            now = (told["replicas"], told["reason"])
            if now != last:
                observed = told["observed"]
                self.say(f"scaler: {now[0]} pods ({now[1]}), {observed['serving']} serve "
                         f"{observed['requests_per_second']:.0f} requests/s")
            last = now

    def sum_metric(self, name, labels=""):
        total = 0.0
        for pod in self.ready():
            _, body, _ = http("GET", f"http://{pod['status']['podIP']}:2345/metrics")
            for line in body.decode().splitlines():
                if line.startswith(name) and labels in line and line[len(name)] in " {":
                    total += float(line.rsplit(" ", 1)[1])
        return total

    # -- the steps, in order ------------------------------------------------------------------
    def step_01_install(self):
        self.cluster.kubectl("create", "namespace", NAMESPACE)
        self.cluster.kubectl("create", "secret", "generic", "coolkit-database", "-n", NAMESPACE,
                             f"--from-literal=DATABASE_URL={self.database_url}")
        self.upgrade(self.first_tag)
        self.await_ready(10)
        await_condition("the scaler is ready", lambda: len(self.cluster.ready_pods(
            NAMESPACE, "app.kubernetes.io/component=scaler")) == 2)
        await_condition("one ring of ten", lambda: all(
            len(self.ring(pod)["members"]) == 10 for pod in self.ready()), seconds=60)
        assert self.cluster.restarts(NAMESPACE, SELECTOR) == 0

    def ring(self, pod):
        return json.loads(http("GET", f"http://{pod['status']['podIP']}:2345/ring")[1])

    def step_02_write_and_read_through_the_service(self):
        for number in range(50):
            status, _, _ = http("PUT", f"{SERVICE}/v1/kv/e2e/key-{number}", f"{number}".encode())
            assert status == 201, status
        for number in range(50):
            status, body, _ = http("GET", f"{SERVICE}/v1/kv/e2e/key-{number}",
                                   headers={"Cache-Control": "no-cache"})
            assert (status, body) == (200, f"{number}".encode())
        rows = self.postgres.ask(self.database_url.rsplit("/", 1)[1],
                                 "SELECT count(*) FROM coolkit.kv WHERE collection = 'e2e'")
        assert rows == "50", rows

    def step_03_helm_test(self):
        self.helm("test", "coolkit", "--namespace", NAMESPACE)

    def step_04_rolling_upgrade_under_load(self):
        before = self.hit_ratio(self.start_load("control", UPGRADE_RATE, 30, "--preload"))
        process, report = self.start_load("upgrade", UPGRADE_RATE, 600)
        self.upgrade(self.second_tag)
        await_condition("every pod is of the new build", lambda: len(self.ready()) >= 10 and all(
            pod["spec"]["containers"][0]["image"].endswith(self.second_tag)
            for pod in self.cluster.pods(NAMESPACE, SELECTOR)), seconds=300)
        result = self.end_load(process, report)
        self.say(f"rolling upgrade: {result['answers']} answers, failed {self.failures(result)}; "
                 f"hit ratio {self.hit_ratio(result):.4f}, control {before:.4f}; p99 "
                 f"{result['all']['latency_ms']['p99']} ms")
        assert not result["failed"], self.failures(result)
        assert self.hit_ratio(result) >= 0.99 * before
        self.await_ready(10, seconds=900)  # the load may have asked for more
        assert self.cluster.restarts(NAMESPACE, SELECTOR) == 0

    def step_05_scale_out_and_in_by_keda(self):
        """With a maximum of twenty: a load that begins at once is overshot, and this is one
        machine. What was asked for is held for half a minute instead of five."""
        changed = ("--set", f"scaler.perPodTarget={PER_POD_TARGET}", "--set",
                   "keda.maxReplicas=20", "--set", "scaler.extraEnv[0].name=COOLKIT_SCALER_HOLD",
                   "--set", "scaler.extraEnv[0].value=30s")
        self.upgrade(self.second_tag, *changed)
        # So many connections that the rate is kept also when answers wait for a core.
        process, report = self.start_load("scale", 20 * PER_POD_TARGET - 10, 1800, connections=64)
        told = {}

        def twenty():
            told.update(json.loads(http("GET", SCALER)[1]))
            return (len(self.ready()) == 20 and told["replicas"] == 20
                    and told["observed"]["requests_per_second"] > 300)

        await_condition("20 pods that serve what was asked for", twenty, seconds=600, every=2)
        self.say(f"scaled out to 20 pods: {told['observed']}")
        result = self.end_load(process, report)
        self.say(f"while scaling out: {result['answers']} answers, "
                 f"failed {self.failures(result)}")
        assert not result["failed"], self.failures(result)
        self.await_ready(10, seconds=900)
        self.say("scaled in to 10 pods")
        assert self.cluster.restarts(NAMESPACE, SELECTOR) == 0

    def step_06_too_many_evictions_are_refused(self):
        pods = [pod["metadata"]["name"] for pod in self.ready()]
        answers = []
        for name in pods:
            eviction = json.dumps({"apiVersion": "policy/v1", "kind": "Eviction",
                                   "metadata": {"name": name, "namespace": NAMESPACE}})
            done = run("kubectl", "create", "--raw",
                       f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", "-f", "-",
                       stdin=eviction, check=False)
            answers.append(done.returncode == 0)
            if not answers[-1]:
                assert "disruption budget" in done.stdout + done.stderr, done.stderr
        self.say(f"evictions: {answers.count(True)} of 10 allowed")
        assert answers.count(True) == 2, answers
        self.await_ready(10)

    def step_07_a_pod_is_killed(self):
        victim = self.ready()[0]
        status = victim["status"]["containerStatuses"][0]
        os.kill(int(status["containerID"].removeprefix("process://")), signal.SIGKILL)
        await_condition("it is restarted", lambda: self.cluster.restarts(NAMESPACE, SELECTOR) == 1,
                        seconds=60)
        self.await_ready(10)
        code, _, _ = http("PUT", f"{SERVICE}/v1/kv/e2e/after-kill", b"x")
        assert code == 201, code

    def step_08_the_database_is_away(self):
        before = self.cluster.restarts(NAMESPACE, SELECTOR)
        assert http("PUT", f"{SERVICE}/v1/kv/e2e/before", b"x")[0] in (201, 204)
        self.postgres.stop()
        self.say("database stopped")
        code, body, headers = await_condition("a write is refused", lambda: (
            lambda answer: answer if answer[0] == 503 else None)(
                http("PUT", f"{SERVICE}/v1/kv/e2e/lost", b"x")), seconds=30)
        assert headers["Retry-After"], body
        probe = self.ready()[0]["status"]["podIP"]
        await_condition("plain health says so", lambda: http(
            "GET", f"http://{probe}:2345/healthz")[0] == 503, seconds=30)
        newcomer = self.replace_a_pod()
        time.sleep(45)  # four periods of the liveness probe: long enough for a storm to begin
        pods = self.cluster.pods(NAMESPACE, SELECTOR)
        assert len(pods) == 10, "the scaler asks for no more"
        ready = [pod["metadata"]["name"] for pod in self.ready()]
        assert len(ready) == 9, "pods stay in the Service: they answer from memory"
        assert newcomer not in ready, "it has nothing to answer from"
        assert self.cluster.restarts(NAMESPACE, SELECTOR) <= before, "no restarts"
        self.postgres.start()
        self.say("database started")
        await_condition("a write is taken", lambda: http(
            "PUT", f"{SERVICE}/v1/kv/e2e/back", b"x")[0] in (201, 204), seconds=60)
        self.await_ready(10)
        assert newcomer in [pod["metadata"]["name"] for pod in self.ready()], "it was not replaced"
        await_condition("all are healthy", lambda: all(http(
            "GET", f"http://{pod['status']['podIP']}:2345/healthz")[0] == 200
            for pod in self.ready()), seconds=60)
        assert self.cluster.restarts(NAMESPACE, SELECTOR) <= before

    def replace_a_pod(self):
        """Deletes one; the name of the one that comes instead."""
        names = {pod["metadata"]["name"] for pod in self.cluster.pods(NAMESPACE, SELECTOR)}
        victim = sorted(names)[0]
        self.cluster.kubectl("delete", "pod", "-n", NAMESPACE, victim)
        return await_condition("another pod runs", lambda: next(
            (pod["metadata"]["name"] for pod in self.cluster.pods(NAMESPACE, SELECTOR)
             if pod["metadata"]["name"] not in names
             and pod["status"].get("phase") == "Running"), None))

    def step_09_the_runbook_s_commands(self):
        """In order, on the installed release."""
        skipped = ("kubectl create", "kubectl --namespace production create secret", "helm upgrade",
                   "helm --namespace production uninstall")  # steps of their own
        ran = 0
        for section, command in runbook.cluster_commands(
                IMAGE_SHA=self.second_tag, DATABASE_URL=self.database_url):
            if command.startswith(skipped):
                continue
            command = command.replace("<POD>", self.ready()[0]["metadata"]["name"])
            done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True,
                                  timeout=900)
            assert done.returncode == 0, f"{section}: {command}: {done.stdout}{done.stderr}"
            assert " logs " not in command or '"msg":' in done.stdout, done.stdout[:2000]
            ran += 1
        self.say(f"{ran} commands of the runbook ran")
        self.await_ready(10, seconds=900)  # from the twelve that were asked for by hand

    def step_10_rollback(self):
        self.helm("rollback", "coolkit", "1", "--namespace", NAMESPACE, "--wait")
        self.await_ready(10)
        assert all(pod["spec"]["containers"][0]["image"].endswith(self.first_tag)
                   for pod in self.ready())

    def step_11_uninstall_leaves_nothing(self):
        self.helm("uninstall", "coolkit", "--namespace", NAMESPACE, "--wait")
        kinds = self.cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "-o",
                                     "name").split()
        kept = {"secret/coolkit-database", "configmap/kube-root-ca.crt", "serviceaccount/default"}

        def rest():
            names = run("kubectl", "get", ",".join(k for k in kinds if not k.startswith("events")
                                                   and "metrics.k8s.io" not in k),
                        "-n", NAMESPACE, "-o", "name", "--ignore-not-found",
                        check=False).stdout.split()
            return [n for n in names if n not in kept and not n.startswith("lease")]

        await_condition("nothing is left", lambda: not rest(), seconds=180)

    # -- reading the load's report ------------------------------------------------------------
    def failures(self, result):
        return result["failures"]

    def hit_ratio(self, load):
        """Of a load that ends by itself, or of a report."""
        if isinstance(load, tuple):
            load[0].wait(120)
            load = json.loads(load[1].read_text())
        return load["hits"] / max(load["reads"], 1)

    def run(self, wanted):
        """All steps until the first that fails, then the end."""
        passed = failed = 0
        try:
            clusters.make_network()
            self.prepare_images()
            self.cluster.keda_images()
            self.start_database()
            self.cluster.start()
            self.say("control plane, DNS and kubelet are up")
            self.cluster.install_keda()
            self.say(f"KEDA is up; {self.cluster.memory_mib()} MiB in all")
            threading.Thread(target=self.watch_scaler, daemon=True).start()
            for name in sorted(n for n in dir(self) if n.startswith("step_")):
                if wanted and name.split("_")[1] not in wanted:
                    continue
                getattr(self, name)()
                self.cluster.check_alive()
                passed += 1
                self.say(f"passed: {name[8:].replace('_', ' ')}")
            self.say(f"{self.cluster.memory_mib()} MiB in all")
        except Exception:
            failed += 1
            traceback.print_exc()
            print(run("kubectl", "get", "pods", "-A", "-o", "wide", check=False).stdout)
        finally:
            for load in self.loads:
                load.kill() if load.poll() is None else None
            if hasattr(self, "postgres"):
                self.postgres.close()
        print(f"{passed} passed, {failed} failed", flush=True)
        return failed == 0 and passed > 0


if __name__ == "__main__":
    place = pathlib.Path(os.environ.get("E2E_DIRECTORY", ROOT / "build/cluster/e2e"))
    shutil.rmtree(place, ignore_errors=True)
    program = os.environ.get("COOLKIT_BINARY", str(ROOT / "build/release/coolkit"))
    sys.exit(0 if EndToEnd(place, program).run(sys.argv[1:]) else 1)
