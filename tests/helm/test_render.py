"""What the operations contract says about Kubernetes is what the chart renders."""

import re

import pytest
import yaml

import chart
import cluster
import golden

CONTRACT_TEMPLATE = """helm template coolkit ./helm
  --namespace coolkit
  --set image.tag=deadbeef
  --set database.env[0].name=DATABASE_URL
  --set database.env[0].value=postgres://user:pass@127.0.0.1:5432/db"""
CONTRACT_UPGRADE = """helm upgrade --install coolkit ./coolkit
  --namespace production
  --create-namespace
  --set image.tag=4f2a9c1"""


@pytest.fixture(scope="module")
def rendered(helm4):
    return chart.objects(helm4)


@pytest.fixture(scope="module")
def server(rendered):
    return rendered.of("Deployment", "coolkit")


def test_the_first_command_as_written(helm):
    objects = chart.parse(chart.run(helm, *CONTRACT_TEMPLATE.split()[1:]))
    server = chart.container(objects.of("Deployment", "coolkit"))
    assert server["image"] == "gcr.io/example/coolkit:deadbeef"
    assert chart.variables(server)["DATABASE_URL"] == "postgres://user:pass@127.0.0.1:5432/db"
    assert "envFrom" not in server
    assert all(one["metadata"]["namespace"] == "coolkit" for one in objects)


@pytest.mark.parametrize("operator", [False, True])
def test_the_second_command_as_written(helm, tmp_path, operator):
    """Against a cluster that tells its kinds; nothing is sent, and releases are kept in memory."""
    releases = tmp_path / "releases.yaml"
    releases.write_text("[]\n", encoding="utf-8")
    kinds = cluster.KINDS | (cluster.MONITORING if operator else {})
    with cluster.serving(kinds) as address:
        said = chart.run(helm, *CONTRACT_UPGRADE.split()[1:], "--dry-run=client",
                         HELM_DRIVER="memory", HELM_MEMORY_DRIVER_DATA=str(releases),
                         HELM_KUBEAPISERVER=address)
    objects = chart.parse(said.partition("MANIFEST:\n")[2].partition("\nNOTES:\n")[0])
    server = chart.container(objects.of("Deployment", "coolkit"))
    assert server["image"] == "gcr.io/example/coolkit:4f2a9c1"
    assert server["envFrom"] == [{"secretRef": {"name": "coolkit-database"}}]
    assert "create secret generic coolkit-database" in said
    # Helm 4 does not ask the cluster for a dry run on the client's side.
    asked = chart.run(helm, "version", "--short").startswith("v3")
    assert (operator or not asked) == ("PrometheusRule" in objects.kinds())


def test_the_link_is_the_chart():
    link = chart.ROOT / "coolkit"
    assert link.is_symlink() and link.resolve() == chart.HELM


@pytest.mark.parametrize("name", golden.NAMES)
def test_golden(helm, name):
    wanted = (golden.GOLDEN / f"{name}.yaml").read_text(encoding="utf-8")
    assert golden.render(helm, name) == wanted, "tests/helm/golden.py --write, then read the change"


def test_rollout(server):
    spec = server["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {
        "maxUnavailable": "10%", "maxSurge": "10%"}}
    assert "replicas" not in spec, "an upgrade would undo what KEDA scaled"
    pod = spec["template"]["spec"]
    seconds = chart.container(server)["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = int(chart.variables(chart.container(server))["COOLKIT_DRAIN_TIMEOUT"].rstrip("s"))
    assert seconds + drain < pod["terminationGracePeriodSeconds"]


def test_replicas_without_keda(helm4):
    objects = chart.objects(helm4, {"keda.enabled": False, "replicas": 12})
    assert objects.of("Deployment", "coolkit")["spec"]["replicas"] == 12
    assert "ScaledObject" not in objects.kinds()


def test_ports(rendered, server):
    ports = {one["name"]: one["containerPort"] for one in chart.container(server)["ports"]}
    assert ports == {"http": 8080, "ops": 2345}
    service = rendered.of("Service", "coolkit")["spec"]
    assert {one["name"]: one["port"] for one in service["ports"]} == {"http": 8080, "ops": 2345}


def test_peers_find_each_other(rendered, server):
    headless = rendered.of("Service", "coolkit-headless")["spec"]
    assert headless["clusterIP"] == "None" and headless["publishNotReadyAddresses"] is True
    assert rendered.of("Service", "coolkit")["spec"].get("publishNotReadyAddresses") is None
    variables = chart.variables(chart.container(server))
    assert variables["COOLKIT_PEERS"] == "dns:coolkit-headless.production.svc.cluster.local"
    assert variables["COOLKIT_RING"] == "production/coolkit"


def test_keda(rendered):
    spec = rendered.of("ScaledObject")["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (10, 100)
    assert (spec["pollingInterval"], spec["cooldownPeriod"]) == (15, 60)
    assert spec["scaleTargetRef"]["name"] == "coolkit"
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] == 60, "the cooldown would mean nothing"
    trigger = spec["triggers"][0]
    assert trigger["type"] == "metrics-api" and trigger["metricType"] == "AverageValue"
    assert trigger["useCachedMetrics"] is True, "the polling interval would mean nothing"
    assert trigger["metadata"] == {
        "url": "http://scaler.production.svc.cluster.local/estimate/coolkit", "timeout": "2s",
        "valueLocation": "desired_replicas", "targetValue": "1", "format": "json"}
    assert spec["fallback"] == {"failureThreshold": 3, "replicas": 30,
                                "behavior": "currentReplicasIfHigher"}


@pytest.mark.parametrize("values, location, target", [
    ({"keda.mode": "load"}, "load", "500"),
    ({"keda.mode": "load", "keda.targetValue": 420.5}, "load", "420.5"),
    ({"keda.mode": "load", "scaler.perPodTarget": 1000000}, "load", "1000000"),
    ({"keda.mode": "desiredReplicas", "keda.targetValue": "1"}, "desired_replicas", "1"),
    ({"keda.valueLocation": "observed.pods", "keda.targetValue": 2}, "observed.pods", "2"),
])
def test_both_semantics_of_the_answer(helm4, values, location, target):
    metadata = chart.objects(helm4, values).of("ScaledObject")["spec"]["triggers"][0]["metadata"]
    assert (metadata["valueLocation"], metadata["targetValue"]) == (location, target)


def test_the_fallback_stays_within_the_limits(helm4):
    for limits, wanted in (((10, 20), 20), ((20, 100), 60)):
        spec = chart.objects(helm4, {"keda.minReplicas": limits[0],
                                     "keda.maxReplicas": limits[1]}).of("ScaledObject")["spec"]
        assert spec["fallback"]["replicas"] == wanted


def test_the_scaler(rendered):
    service = rendered.of("Service", "scaler")["spec"]
    assert service["ports"][0]["port"] == 80 and service["ports"][0]["targetPort"] == "http"
    scaler = rendered.of("Deployment", "coolkit-scaler")
    assert scaler["spec"]["replicas"] == 2
    variables = chart.variables(chart.container(scaler, "scaler"))
    assert variables["COOLKIT_SCALER_WORKLOAD"] == \
        "coolkit=dns:coolkit-headless.production.svc.cluster.local:2345"
    assert (variables["COOLKIT_SCALER_MIN"], variables["COOLKIT_SCALER_MAX"]) == ("10", "100")


def test_the_disruption_budget(rendered):
    spec = rendered.of("PodDisruptionBudget", "coolkit")["spec"]
    assert spec["minAvailable"] == "80%" and spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_pods_are_spread_over_zones_and_nodes(server):
    constraints = server["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in constraints] == [
        "topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    for one in constraints:
        assert one["whenUnsatisfiable"] == "ScheduleAnyway"
        assert one["matchLabelKeys"] == ["pod-template-hash"]
        assert one["labelSelector"]["matchLabels"] == server["spec"]["selector"]["matchLabels"]


@pytest.mark.parametrize("stale, path", [
    ("5m", "/healthz?exclude=database"), ("0", "/healthz"), ("0s", "/healthz"), (0, "/healthz")])
def test_probes(helm4, stale, path):
    server = chart.container(chart.objects(
        helm4, {"config.staleWhileDatabaseDown": stale}).of("Deployment", "coolkit"))
    probes = {name: server[name]["httpGet"] for name in
              ("startupProbe", "livenessProbe", "readinessProbe")}
    assert probes == {"startupProbe": {"path": "/healthz/process", "port": "ops"},
                      "livenessProbe": {"path": "/healthz/process", "port": "ops"},
                      "readinessProbe": {"path": path, "port": "ops"}}


def test_load_balancers_check_port_2345(helm4):
    objects = chart.objects(helm4, {"loadBalancer.backendConfig": True,
                                    "loadBalancer.healthCheckPolicy": True})
    check = objects.of("BackendConfig")["spec"]["healthCheck"]
    assert (check["port"], check["requestPath"]) == (2345, "/healthz?exclude=database")
    assert objects.of("Service", "coolkit")["metadata"]["annotations"] == {
        "cloud.google.com/backend-config": '{"default":"coolkit"}'}


def test_no_sleep_before_kubernetes_1_30(helm4):
    old = chart.objects(helm4, None, "--kube-version", "1.29.4").of("Deployment", "coolkit")
    assert "lifecycle" not in chart.container(old)


def test_memory_is_a_limit_that_equals_the_request(server):
    resources = chart.container(server)["resources"]
    assert resources["limits"]["memory"] == resources["requests"]["memory"]
    assert "COOLKIT_CACHE_BYTES" not in chart.variables(chart.container(server)), \
        "coolkit follows the limit itself"


@pytest.mark.parametrize("values, threads", [
    ({}, "2"), ({"resources.requests.cpu": "250m"}, "1"), ({"resources.requests.cpu": 3}, "6"),
    ({"resources.limits.cpu": 4}, None), ({"config.threads": 16}, "16")])
def test_threads_follow_the_cpu(helm4, values, threads):
    server = chart.objects(helm4, values).of("Deployment", "coolkit")
    assert chart.variables(chart.container(server)).get("COOLKIT_THREADS") == threads


def test_database_from_env_and_env_from(helm4):
    source = [{"secretRef": {"name": "external"}}]
    server = chart.container(chart.objects(
        helm4, {"database.envFrom": source,
                "database.env": [{"name": "PGSSLMODE", "value": "verify-full"}]}
    ).of("Deployment", "coolkit"))
    assert server["envFrom"] == source
    assert chart.variables(server)["PGSSLMODE"] == "verify-full"


def test_the_migration_runs_before(helm4):
    job = chart.objects(helm4).of("Job")
    hooks = job["metadata"]["annotations"]
    assert hooks["helm.sh/hook"] == "pre-install,pre-upgrade"
    spec = job["spec"]["template"]["spec"]
    assert spec["containers"][0]["args"] == ["migrate"]
    assert spec["containers"][0]["envFrom"] == [{"secretRef": {"name": "coolkit-database"}}]
    account = chart.objects(helm4).of("ServiceAccount", spec["serviceAccountName"])
    assert account["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade", \
        "before the first installation no other account is there"
    assert int(account["metadata"]["annotations"]["helm.sh/hook-weight"]) < \
        int(hooks["helm.sh/hook-weight"])


def test_workload_identity(helm4):
    account = "a@p.iam.gserviceaccount.com"
    objects = chart.objects(helm4, {"serviceAccount.workloadIdentity": account})
    for name in ("coolkit", "coolkit-migrate"):
        assert objects.of("ServiceAccount", name)["metadata"]["annotations"][
            "iam.gke.io/gcp-service-account"] == account
    assert "annotations" not in objects.of("ServiceAccount", "coolkit-scaler")["metadata"]


def test_the_auth_proxy_is_a_native_sidecar(helm4):
    objects = chart.objects(helm4, {"cloudSql.authProxy.enabled": True,
                                    "cloudSql.authProxy.instance": "p:r:i"})
    for spec in (objects.of("Deployment", "coolkit")["spec"]["template"]["spec"],
                 objects.of("Job")["spec"]["template"]["spec"]):
        proxy = spec["initContainers"][0]
        assert proxy["restartPolicy"] == "Always" and proxy["args"][-1] == "p:r:i"
        assert "readinessProbe" not in proxy


# Which objects of the operators there are follows the cluster, where Helm knows it.
@pytest.mark.parametrize("apis, kinds", [
    ([], {"PodMonitor", "PrometheusRule"}),
    (["v1/Pod"], set()),
    (["v1/Pod", "monitoring.coreos.com/v1"], {"PodMonitor", "PrometheusRule"}),
    (["v1/Pod", "monitoring.googleapis.com/v1"], {"PodMonitoring", "Rules"}),
    (["v1/Pod", "monitoring.googleapis.com/v1", "monitoring.coreos.com/v1"],
     {"PodMonitor", "PrometheusRule"}),
])
def test_the_collector_follows_the_cluster(helm, apis, kinds):
    flags = [part for api in apis for part in ("--api-versions", api)]
    found = chart.objects(helm, None, *flags).kinds()
    every = {"PodMonitor", "ServiceMonitor", "PodMonitoring", "PrometheusRule", "Rules"}
    assert found & every == kinds


def test_service_monitor(helm4):
    objects = chart.objects(helm4, {"monitoring.collector": "serviceMonitor"})
    selector = objects.of("ServiceMonitor")["spec"]["selector"]["matchLabels"].items()
    matched = [one["metadata"]["name"] for one in objects
               if one["kind"] == "Service" and selector <= one["metadata"]["labels"].items()]
    assert matched == ["coolkit-headless"], "each pod once, also while it is not ready"


def test_alerts(helm4):
    rule = chart.objects(helm4).of("PrometheusRule")
    alerts = {one["alert"]: one for group in rule["spec"]["groups"] for one in group["rules"]
              if "alert" in one}
    assert alerts and not re.search(r"\[\[[a-zA-Z0-9]+\]\]", str(rule))
    name = sorted(alerts)[0]
    values = {"alerts.disabled": [name], "alerts.labels": {"team": "storage"},
              "alerts.thresholds": {"errorRatio": 0.5}}
    rule = chart.objects(helm4, values).of("PrometheusRule")
    left = {one["alert"]: one for group in rule["spec"]["groups"] for one in group["rules"]
            if "alert" in one}
    assert set(alerts) - set(left) == {name}
    assert all(one["labels"]["team"] == "storage" for one in left.values())
    assert "> 0.5" in str(rule)


def test_an_unknown_threshold_is_refused(helm4):
    with pytest.raises(chart.Refused, match="alerts.thresholds.errorRate is not a threshold"):
        chart.template(helm4, {"alerts.thresholds": {"errorRate": 0.5}})


def test_other_names(helm4):
    objects = chart.objects(helm4, {"fullnameOverride": "kv"}, namespace="shop")
    assert chart.variables(chart.container(objects.of("Deployment", "kv")))["COOLKIT_PEERS"] == \
        "dns:kv-headless.shop.svc.cluster.local"
    assert objects.of("ScaledObject")["spec"]["scaleTargetRef"]["name"] == "kv"
    long = chart.objects(helm4, {"scaler.enabled": False}, release="r" * 53)
    assert all(len(one["metadata"]["name"]) <= 63 for one in long)


def test_a_value_that_is_left_empty_counts_as_none(helm4):
    """`env:` with nothing behind it is null to YAML, which takes the default away."""
    values = yaml.safe_load((chart.HELM / "values.yaml").read_text(encoding="utf-8"))

    def empties(at, path=""):
        for key, one in at.items():
            full = f"{path}.{key}" if path else key
            if one == {} or isinstance(one, list):
                yield full
            elif isinstance(one, dict):
                yield from empties(one, full)
    paths = [path for path in empties(values) if path != "image.tag"]
    paths += ["resources", "resources.limits", "scaler.resources", "cloudSql.authProxy.resources",
              "securityContext", "podSecurityContext", "dnsConfig"]
    assert len(paths) > 25
    assert chart.objects(helm4, {path: None for path in paths if not path.startswith("resources.")})
    for path in paths:
        if path.startswith(("resources", "database", "keda", "scaler")):
            assert chart.objects(helm4, {path: None}), path


def test_a_parent_chart_may_hand_globals_on(helm4):
    assert chart.objects(helm4, {"global": {"region": "eu"}})


def test_rendering_is_deterministic(helm):
    assert chart.template(helm) == chart.template(helm)
