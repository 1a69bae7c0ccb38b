"""So much of a cluster's API as Helm asks for before it renders: versions, and which kinds there
are. It stores nothing; what should change something is an error."""

import contextlib
import http.server
import json
import threading

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


@contextlib.contextmanager
def serving(kinds=None):
    """The address of such a server."""
    pages = dict(_pages(kinds or KINDS))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages.get(self.path.partition("?")[0])
            body = json.dumps(page or {"kind": "Status", "status": "Failure", "reason": "NotFound",
                                       "code": 404}).encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
