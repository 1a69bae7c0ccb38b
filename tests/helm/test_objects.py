"""Every object that the chart renders is one that Kubernetes 1.32 to 1.35, KEDA, the Prometheus
operator and GKE would take."""

import copy

import pytest

import chart
import golden
import validation


@pytest.fixture(scope="module", params=golden.NAMES)
def rendered(request, helm4):
    path = golden.CI / f"{request.param}.yaml"
    return chart.parse(chart.run(helm4, "template", "coolkit", "./helm", "--namespace",
                                 "production", "--values", str(path)))


@pytest.mark.parametrize("version", validation.VERSIONS)
def test_all_objects_fit_their_schemas(rendered, version):
    found = [problem for one in rendered for problem in validation.problems(version, one)]
    assert not found, "\n".join(found)


def test_what_does_not_fit_is_noticed(helm4):
    deployment = chart.objects(helm4).of("Deployment", "coolkit")
    assert not validation.problems("1.33", deployment)
    for path, value in (
            (("spec", "replica"), 3), (("spec", "template", "spec", "containers", 0, "image"), 5),
            (("spec", "template", "spec", "containers", 0, "lifecycle", "preStop", "wait"), {}),
            (("spec", "strategy", "rollingUpdate", "maxSurge"), [1])):
        broken = copy.deepcopy(deployment)
        at = broken
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value
        assert validation.problems("1.33", broken), path
    scaled = chart.objects(helm4).of("ScaledObject")
    scaled["spec"]["triggers"][0]["metadata"]["targetValue"] = 1
    assert validation.problems("1.33", scaled)


def test_names_are_unique_and_in_the_namespace(rendered):
    names = [(one["kind"], one["metadata"]["name"]) for one in rendered]
    assert len(names) == len(set(names)), names
    extra = {"kv-more", "coolkit-kv-more", "text"}
    for one in rendered:
        if one["metadata"]["name"] not in extra:
            assert one["metadata"]["namespace"] == "production", one["metadata"]
            assert len(one["metadata"]["name"]) <= 63


def test_labels_are_labels(rendered):
    for one in rendered:
        for value in one["metadata"].get("labels", {}).values():
            assert isinstance(value, str) and len(value) <= 63, one["metadata"]


def test_selectors_select_only_their_own_pods(rendered):
    """Services, budgets and policies name one component each; no pod of another one matches."""
    pods = {}
    for one in rendered:
        if one["kind"] in ("Deployment", "Job"):
            pods[one["metadata"]["name"]] = one["spec"]["template"]["metadata"]["labels"]
        elif one["kind"] == "Pod":
            pods[one["metadata"]["name"]] = one["metadata"]["labels"]
    for one in rendered:
        spec = one.get("spec", {})
        selector = {
            "Service": lambda: spec["selector"],
            "Deployment": lambda: spec["selector"]["matchLabels"],
            "PodDisruptionBudget": lambda: spec["selector"]["matchLabels"],
            "NetworkPolicy": lambda: spec["podSelector"]["matchLabels"],
            "PodMonitor": lambda: spec["selector"]["matchLabels"],
            "PodMonitoring": lambda: spec["selector"]["matchLabels"],
        }.get(one["kind"])
        if selector:
            matched = [name for name, labels in pods.items()
                       if selector().items() <= labels.items()]
            assert len(matched) == 1, (one["kind"], one["metadata"]["name"], matched)


def _pod_specs(rendered):
    for one in rendered:
        if one["kind"] in ("Deployment", "Job"):
            yield one, one["spec"]["template"]["spec"]
        elif one["kind"] == "Pod":
            yield one, one["spec"]


def test_pods_keep_to_the_restricted_standard(rendered):
    for one, spec in _pod_specs(rendered):
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True and pod["seccompProfile"]["type"] == "RuntimeDefault"
        assert spec["automountServiceAccountToken"] is False
        assert not any(key in spec for key in ("hostNetwork", "hostPID", "hostIPC"))
        for container in spec["containers"] + spec.get("initContainers", []):
            if container["name"] in ("sidecar", "wait"):
                continue  # given by values
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, one["metadata"]["name"]
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert own["readOnlyRootFilesystem"] is True
            assert "memory" in container["resources"]["limits"]


def test_environments_name_each_variable_once(rendered):
    for one, spec in _pod_specs(rendered):
        for container in spec["containers"]:
            names = [entry["name"] for entry in container.get("env", ())]
            assert len(names) == len(set(names)), (one["metadata"]["name"], names)


def test_mounts_have_volumes_and_probes_have_ports(rendered):
    for _, spec in _pod_specs(rendered):
        volumes = {one["name"] for one in spec.get("volumes", ())}
        for container in spec["containers"]:
            assert {one["name"] for one in container.get("volumeMounts", ())} <= volumes
            ports = {one["name"]: one["containerPort"] for one in container.get("ports", ())}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in container:
                    assert ports[container[probe]["httpGet"]["port"]] == 2345
