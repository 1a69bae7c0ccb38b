"""The alerts as rules: Prometheus takes them, their tests in tests/alerts pass, nothing fires while
pods are replaced, restarted or taken away, and each has its page and uses only metrics that there
are. Whether they fire from real faults is in test_alerts.py."""

import functools
import re
import subprocess

import pytest
import yaml

import alert_rules
import pod as pods

TESTS = pods.ROOT / "tests" / "alerts"
PAGES = pods.ROOT / "docs" / "runbook"
REFERENCE = pods.ROOT / "docs" / "reference"
SECTIONS = ["Meaning", "Impact", "Look here", "Do this"]
# Of kube-state-metrics and of KEDA's operator.
FOREIGN = {
    "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_condition",
    "kube_horizontalpodautoscaler_status_desired_replicas",
    "kube_pod_container_status_last_terminated_reason",
    "kube_pod_container_status_restarts_total", "kube_pod_container_status_waiting_reason",
    "keda_build_info", "keda_scaled_object_paused", "keda_scaler_detail_errors_total",
    "keda_scaler_metrics_value"}
METRIC = re.compile(r"\b(?:coolkit|process|kube|keda|container)_[a-z0-9_]+\b(?!=)")
LABELS = {  # of a series as a PodMonitor makes it
    "namespace": "production", "job": "coolkit"}


@functools.cache
def rules():
    groups = yaml.safe_load(alert_rules.rendered())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@functools.cache
def product_metrics():
    """What the binary's own tables say that there is."""
    text = "".join((REFERENCE / page).read_text(encoding="utf-8")
                   for page in ("metrics.md", "scaler.md"))
    names = set(re.findall(r"^\| `(\w+)` \| (?:gauge|counter) ", text, re.MULTILINE))
    for name in re.findall(r"^\| `(\w+)` \| histogram ", text, re.MULTILINE):
        names |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"}
    return names


def promtool(*arguments, cwd):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=110,
                          check=False, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "alerts.yaml").write_text(alert_rules.rendered(), encoding="utf-8")
    return tmp_path


def test_prometheus_takes_the_rules(folder):
    promtool("check", "rules", "alerts.yaml", cwd=folder)


@pytest.mark.parametrize("file", sorted(TESTS.glob("*.yaml")), ids=lambda file: file.stem)
def test_alerts_fire_and_are_silent(folder, file):
    (folder / file.name).write_bytes(file.read_bytes())
    promtool("test", "rules", file.name, cwd=folder)


def test_each_alert_is_tested_both_ways():
    fires, silent = set(), set()
    for file in TESTS.glob("*.yaml"):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
            for test in group["alert_rule_test"]:
                (fires if test["exp_alerts"] else silent).add(test["alertname"])
    assert fires == silent == set(rules())


@pytest.mark.parametrize("alert", sorted(rules()))
def test_an_alert_is_complete(alert):
    rule = rules()[alert]
    assert alert.startswith("Coolkit")
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert "{{" not in rule["annotations"]["summary"]
    page = f"{alert}.md"
    assert rule["annotations"]["runbook_url"] == f"{alert_rules.VALUES['runbookUrl']}/{page}"
    text = (PAGES / page).read_text(encoding="utf-8")
    assert text.startswith(f"# {alert}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS


def test_there_is_no_page_of_an_alert_that_there_is_not():
    assert {page.stem for page in PAGES.glob("*.md")} == set(rules())


@pytest.mark.parametrize("alert", sorted(rules()))
def test_rules_and_pages_use_metrics_that_there_are(alert):
    page = (PAGES / f"{alert}.md").read_text(encoding="utf-8")
    used = set(METRIC.findall(rules()[alert]["expr"]))
    assert used and used <= product_metrics() | FOREIGN
    bases = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in product_metrics()}
    shown = set(re.findall(r"\b(?:coolkit|process|kube|keda)_[a-z0-9]+_[a-z0-9_]*[a-z0-9]\b", page))
    assert shown <= product_metrics() | FOREIGN | bases


def test_each_placeholder_is_named_at_the_top():
    text = alert_rules.ALERTS.read_text(encoding="utf-8")
    head, body = text.split("groups:\n", 1)
    assert set(alert_rules.PLACEHOLDER.findall(head)) == set(alert_rules.PLACEHOLDER.findall(body))
    assert "[[" not in alert_rules.rendered().split("groups:\n", 1)[1]


# --------------------------------------------------------------------- what happens every day


class Cluster:
    """The series of pods, sampled every minute."""

    def __init__(self, minutes):
        self.minutes = minutes
        self.series = {}

    def add(self, metric, values, **labels):
        text = ",".join(f'{name}="{value}"' for name, value in (LABELS | labels).items())
        self.series[f"{metric}{{{text}}}"] = " ".join(
            "stale" if value is None else str(value) for value in values)

    def pod(self, name, born, dies, peers, moved=()):
        """Lives from minute `born` to before `dies`; starts anew at the minutes `moved`."""
        def over_life(at, end="stale"):
            values = [at(minute, max([born, *(m for m in moved if m <= minute)]))
                      for minute in range(born, dies)]
            return ["_"] * born + values + ([end] if dies < self.minutes else [])

        labels = {"pod": f"coolkit-{name}"}
        add = functools.partial(self.add, **labels)
        add("coolkit_cluster_peers",
            over_life(lambda minute, start: 1 if minute == start > 0 else peers(minute)))
        add("coolkit_feed_horizon_age_seconds",
            over_life(lambda minute, start: -1 if minute == start > 0 else 0.02))
        add("coolkit_cluster_view_disagreements",
            over_life(lambda minute, _: int(minute % 2 and peers(minute) != peers(minute - 1))))
        add("process_start_time_seconds", over_life(lambda _, start: 1000 + 60 * start))
        add("coolkit_memory_usage_bytes", over_life(lambda *_: 800))
        add("coolkit_memory_limit_bytes", over_life(lambda *_: 1000))
        for check, last in (("database", 1), ("cache", 1), ("serving", 0)):
            add("coolkit_health_check_status", check=check, values=over_life(
                lambda minute, start: last if minute == dies - 1 < self.minutes - 1 else 1))
        add("coolkit_hand_off_failures_total",
            over_life(lambda minute, _: int(name == "0" and minute > 5)))
        for code, rate in (("200", 60000), ("503", 60)):
            add("coolkit_http_requests_total", over_life(
                lambda minute, start: rate * (minute - start)), code=code)
        for bound in ("0.001", "+Inf"):
            add("coolkit_http_request_duration_seconds_bucket", over_life(
                lambda minute, start: 60000 * (minute - start)), le=bound,
                route="/v1/kv/{collection}/{key}")
        add("coolkit_http_request_duration_seconds_count", over_life(
            lambda minute, start: 60000 * (minute - start)), route="/v1/kv/{collection}/{key}")
        for state, count in (("idle", 4), ("in_use", 2)):
            add("coolkit_database_connections", over_life(lambda *_: count), state=state)
        add("coolkit_database_connections_limit", over_life(lambda *_: 8))

    def scaled(self, available, wanted):
        minutes = range(self.minutes)
        deployment = {"deployment": "coolkit"}
        autoscaler = {"horizontalpodautoscaler": "keda-hpa-coolkit"}
        self.add("kube_deployment_status_replicas_available", map(available, minutes), **deployment)
        self.add("kube_deployment_spec_replicas", map(wanted, minutes), **deployment)
        self.add("kube_horizontalpodautoscaler_status_desired_replicas", map(wanted, minutes),
                 **autoscaler)
        self.add("keda_scaler_metrics_value", map(wanted, minutes), namespace="keda",
                 exported_namespace="production", scaledObject="coolkit")
        self.add("keda_build_info", (1 for _ in minutes), namespace="keda")
        self.add("coolkit_scaler_stale", (0 for _ in minutes), pod="coolkit-scaler-a",
                 workload="coolkit")


def rollout():
    """Ten pods are replaced one by one, every two minutes one."""
    cluster = Cluster(30)
    cluster.scaled(lambda minute: 9 if 1 < minute < 21 and minute % 2 == 0 else 10, lambda _: 10)
    for n in range(10):
        at = 2 + 2 * n
        cluster.pod(f"old-{n}", 0, at + 1, lambda minute: 9 if minute % 2 else 10)
        cluster.pod(f"new-{n}", at, 30, lambda minute: 9 if minute % 2 and minute < 21 else 10)
    return cluster


def scale_in():
    """20 pods become 10 within five minutes."""
    cluster = Cluster(30)

    def size(minute):
        return min(20, max(10, 20 - 2 * (minute - 4)))

    cluster.scaled(size, size)
    for n in range(20):
        cluster.pod(f"{n}", 0, 30 if n < 10 else 5 + (19 - n) // 2, size)
    return cluster


def scale_out():
    """10 pods become 40 in two steps; the new ones need two minutes."""
    cluster = Cluster(30)

    def wanted(minute):
        return 10 if minute < 4 else 20 if minute < 6 else 40

    cluster.scaled(lambda minute: wanted(max(minute - 2, 0)), wanted)
    for n in range(40):
        cluster.pod(f"{n}", 0 if n < 10 else 6 if n < 20 else 8, 30,
                    lambda minute: wanted(max(minute - 2, 0)))
    return cluster


def restarts():
    """Two of ten containers start anew, one of them twice."""
    cluster = Cluster(30)
    cluster.scaled(lambda minute: 9 if minute in (5, 9, 14) else 10, lambda _: 10)
    for n in range(10):
        cluster.pod(f"{n}", 0, 30, lambda minute: 9 if minute in (5, 9, 14) else 10,
                    moved=((5, 14), (9,))[n] if n < 2 else ())
    return cluster


@pytest.mark.parametrize("happens", [rollout, scale_in, scale_out, restarts])
def test_nothing_fires_while(folder, happens):
    silent_but_for(folder, happens(), fires={})


def test_only_what_says_so_fires_without_any_metrics(folder):
    """Kubernetes without kube-state-metrics and KEDA, and a Prometheus that finds no pod."""
    labels = LABELS | {"severity": "critical"}
    silent_but_for(folder, Cluster(30), fires={"CoolkitMetricsMissing": (10, labels)})


def test_the_scenarios_are_seen(folder):
    """That nothing fires is worth something only if the series are those of the rules."""
    cluster = rollout()
    for name in list(cluster.series):
        if name.startswith("coolkit_cluster_peers"):
            cluster.series[name] = "5x30"
    with pytest.raises(AssertionError, match="CoolkitPeersBelowMinimum"):
        silent_but_for(folder, cluster, fires={})


def silent_but_for(folder, cluster, fires):
    """`fires`: alert -> (the first minute in which it fires, its labels)."""
    checks = []
    for minute in range(cluster.minutes):
        for alert, rule in rules().items():
            since, labels = fires.get(alert, (cluster.minutes, None))
            expected = [] if minute < since else [
                {"exp_labels": labels, "exp_annotations": dict(rule["annotations"]) | {
                    "description": rule["annotations"]["description"].replace(
                        "{{ $labels.namespace }}", LABELS["namespace"])}}]
            checks.append({"alertname": alert, "eval_time": f"{minute}m", "exp_alerts": expected})
    series = [{"series": name, "values": values} for name, values in cluster.series.items()]
    test = {"rule_files": ["alerts.yaml"], "evaluation_interval": "1m", "tests": [
        {"interval": "1m", "input_series": series, "alert_rule_test": checks}]}
    (folder / "test.yaml").write_text(yaml.safe_dump(test), encoding="utf-8")
    promtool("test", "rules", "test.yaml", cwd=folder)
