"""So much of a cluster's API as Helm asks for before it renders: versions, and which kinds there
are. It stores nothing; what should change something is an error."""

import json_server

KINDS = {
    "v1": ["Pod", "Service", "ServiceAccount", "Secret", "ConfigMap"],
    "apps/v1": ["Deployment"], "batch/v1": ["Job"], "policy/v1": ["PodDisruptionBudget"],
    "networking.k8s.io/v1": ["NetworkPolicy"], "keda.sh/v1alpha1": ["ScaledObject"],
}
MONITORING = {"monitoring.coreos.com/v1": ["PodMonitor", "ServiceMonitor", "PrometheusRule"]}


def _group(version):
    one = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [one], "preferredVersion": one}


def _pages(kinds):
    yield "/version", {"major": "1", "minor": "33", "gitVersion": "v1.33.1"}
    yield "/api", {"kind": "APIVersions", "versions": ["v1"]}
    yield "/apis", {"kind": "APIGroupList", "apiVersion": "v1",
                    "groups": [_group(version) for version in kinds if "/" in version]}
    for version, names in kinds.items():
        yield f"/{'apis' if '/' in version else 'api'}/{version}", {
            "kind": "APIResourceList", "groupVersion": version, "resources": [
                {"name": f"{name.lower()}s", "kind": name, "namespaced": True,
                 "verbs": ["get", "list", "create"]} for name in names]}


def serving(kinds=None):
    """The address of such a server, while it serves."""
    return json_server.serving(dict(_pages(kinds or KINDS)).get)
