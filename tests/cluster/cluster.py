"""A Kubernetes of this machine's own processes: etcd, the control plane, DNS, a kubelet whose
containers are processes, KEDA. Everything lives in network, mount and process namespaces that
`tests/cluster/run` made, so nothing is left when it ends."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/integration"))

BINARIES = ROOT / "build/cluster/bin"
GATEWAY = "10.77.0.1"
DNS = "10.96.0.10"
KEDA_SOURCE = ROOT / "build/cluster/keda/config"
USER = 65532
COREFILE = """
cluster.local {{
  bind {dns}
  errors
  cache 2
  kubernetes cluster.local {{
    kubeconfig {kubeconfig}
    ttl 2
  }}
}}
"""
USERS = {"admin": "system:masters", "system:kube-controller-manager": "",
         "system:kube-scheduler": ""}


def run(*command, check=True, seconds=120, stdin=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=seconds, input=stdin)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(str(w) for w in command)}: {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def await_condition(what, condition, seconds=120, every=0.25):
    """Waits until `condition` returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            last = condition()
            if last:
                return last
        except (AssertionError, OSError, KeyError, ValueError) as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s; last: {last}")


def make_network():
    for command in ("ip link set lo up", "ip link add pods type bridge",
                    f"ip addr add {GATEWAY}/16 dev pods", "ip link set pods up",
                    f"ip addr add {DNS}/32 dev lo", "sysctl -qw net.ipv4.ip_forward=1",
                    "mkdir -p /run/netns", "mount -t tmpfs tmpfs /run/netns"):
        run(*command.split())


class Cluster:
    def __init__(self, folder, nodes=6, zones=3):
        self.folder = pathlib.Path(folder)
        self.nodes, self.zones = nodes, zones
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kubeconfig = self.folder / "admin.kubeconfig"
        self.images = {}
        self.processes = []
        self.environment = os.environ | {
            "KUBECONFIG": str(self.kubeconfig), "HELM_CACHE_HOME": str(self.folder / "helm"),
            "HELM_CONFIG_HOME": str(self.folder / "helm"),
            "PATH": f"{BINARIES}:{os.environ['PATH']}",
            "HELM_DATA_HOME": str(self.folder / "helm"), "HOME": str(self.folder)}
        os.environ.update(self.environment)

    def spawn(self, name, *command):
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                   cwd=self.folder, env=self.environment)
        log.close()
        self.processes.append(process)
        return process

    def kubectl(self, *arguments, **options):
        return run("kubectl", *arguments, **options).stdout

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    # -- the control plane ------------------------------------------------------------------------
    def _openssl(self, name, authority, subject, names=""):
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        command = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj",
                   subject, "-x509", "-days", "30", "-out", certificate]
        if authority:
            command += ["-CA", self.folder / f"{authority}.crt", "-CAkey",
                        self.folder / f"{authority}.key"]
        if names:
            command += ["-addext", f"subjectAltName={names}"]
        run(*command)

    def _certificates(self):
        self._openssl("ca", None, "/CN=cluster")
        self._openssl("proxy-ca", None, "/CN=front-proxy")
        self._openssl("server", "ca", "/CN=kube-apiserver",
                      f"IP:10.96.0.1,IP:{GATEWAY},IP:127.0.0.1,DNS:kubernetes.default.svc,"
                      "DNS:kubernetes.default,DNS:kubernetes.default.svc.cluster.local")
        self._openssl("proxy", "proxy-ca", "/CN=front-proxy-client")
        run("openssl", "genrsa", "-out", self.folder / "accounts.key", "2048")
        run("openssl", "rsa", "-in", self.folder / "accounts.key", "-pubout", "-out",
            self.folder / "accounts.pub")

    def _write_kubeconfig(self, path, token):
        authority = base64.b64encode((self.folder / "ca.crt").read_bytes()).decode()
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {
                "server": f"https://{GATEWAY}:6443", "certificate-authority-data": authority}}],
            "users": [{"name": "u", "user": {"token": token}}]}))

    def start(self):
        """Ends when the nodes are ready and names resolve."""
        self._certificates()
        tokens = "".join(f"token-{number},{user},{number}" + (f',"{group}"' if group else "") + "\n"
                         for number, (user, group) in enumerate(USERS.items()))
        (self.folder / "tokens.csv").write_text(tokens)
        self._write_kubeconfig(self.kubeconfig, "token-0")
        for number, name in enumerate(("controllers", "scheduler"), start=1):
            self._write_kubeconfig(self.folder / f"{name}.kubeconfig", f"token-{number}")
        self.spawn("etcd", "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync")
        self._start_api_server()
        await_condition("the API server is ready", lambda: "ok" in self.kubectl(
            "get", "--raw", "/readyz"))
        plane = BINARIES / "control-plane"
        self.spawn("controller-manager", plane, "kube-controller-manager", "--kubeconfig",
                   self.folder / "controllers.kubeconfig", "--service-account-private-key-file",
                   self.folder / "accounts.key", "--root-ca-file", self.folder / "ca.crt",
                   "--use-service-account-credentials", "--leader-elect=false")
        self.spawn("scheduler", plane, "kube-scheduler", "--kubeconfig",
                   self.folder / "scheduler.kubeconfig", "--leader-elect=false")
        self._start_names()
        self._start_kubelet()

    def _start_api_server(self):
        f = self.folder
        self.spawn(
            "apiserver", BINARIES / "control-plane", "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379", "--secure-port=6443",
            f"--advertise-address={GATEWAY}", "--service-cluster-ip-range=10.96.0.0/16",
            f"--tls-cert-file={f}/server.crt", f"--tls-private-key-file={f}/server.key",
            f"--client-ca-file={f}/ca.crt", f"--token-auth-file={f}/tokens.csv",
            "--authorization-mode=RBAC", "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={f}/accounts.pub",
            f"--service-account-signing-key-file={f}/accounts.key",
            f"--requestheader-client-ca-file={f}/proxy-ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={f}/proxy.crt", f"--proxy-client-key-file={f}/proxy.key",
            "--enable-aggregator-routing=true")

    def _start_names(self):
        (self.folder / "Corefile").write_text(
            COREFILE.format(dns=DNS, kubeconfig=self.kubeconfig))
        self.spawn("coredns", BINARIES / "coredns", "-conf", self.folder / "Corefile")
        resolver = self.folder / "resolv.conf"
        resolver.write_text(f"nameserver {DNS}\nsearch svc.cluster.local cluster.local\n")
        run("mount", "--bind", resolver, "/etc/resolv.conf")

    def _start_kubelet(self):
        config = self.folder / "kubelet.json"
        config.write_text(json.dumps({
            "kubeconfig": str(self.kubeconfig), "directory": str(self.folder / "kubelet"),
            "nodes": self.nodes, "zones": self.zones, "dns": DNS, "gateway": GATEWAY,
            "images": self.images, "certificate": str(self.folder / "server.crt"),
            "key": str(self.folder / "server.key")}))
        self.kubelet = self.spawn("kubelet", BINARIES / "kubelet", "--config", config)
        await_condition("the nodes are ready", lambda: sum(
            condition["type"] == "Ready" and condition["status"] == "True"
            for node in self.get("nodes")["items"]
            for condition in node["status"]["conditions"]) == self.nodes)

    def image(self, name, root, entrypoint, cmd=(), working_dir="/"):
        self.images[name] = {"root": str(root), "entrypoint": list(entrypoint), "cmd": list(cmd),
                             "user": USER, "working_dir": working_dir}

    def plain_image(self, name, binary, path):
        """An image that holds one static program and nothing else."""
        root = self.folder / "images" / path.strip("/")
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        (root / "tmp").mkdir(exist_ok=True, mode=0o1777)
        shutil.copy(binary, target)
        self.image(name, root, [path])

    # -- KEDA -------------------------------------------------------------------------------------
    def keda_images(self):
        self.plain_image("ghcr.io/kedacore/keda:main", BINARIES / "keda-operator", "/keda")
        self.plain_image("ghcr.io/kedacore/keda-metrics-apiserver:main",
                         BINARIES / "keda-adapter", "/keda-adapter")

    def install_keda(self):
        self.kubectl("apply", "--server-side", "-k", KEDA_SOURCE / "minimal")
        await_condition("KEDA serves external metrics", lambda: "external.metrics" in self.kubectl(
            "get", "--raw", "/apis/external.metrics.k8s.io/v1beta1"), seconds=240)

    # -- looking ----------------------------------------------------------------------------------
    def pods(self, namespace, selector):
        return self.get("pods", "-n", namespace, "-l", selector)["items"]

    def ready_pods(self, namespace, selector):
        return [pod for pod in self.pods(namespace, selector)
                if not pod["metadata"].get("deletionTimestamp") and any(
                    c["type"] == "Ready" and c["status"] == "True"
                    for c in pod["status"].get("conditions", []))]

    def restarts(self, namespace, selector):
        return sum(status["restartCount"] for pod in self.pods(namespace, selector)
                   for status in pod["status"].get("containerStatuses", []))

    def check_alive(self):
        for process in self.processes:
            assert process.poll() is None, f"{process.args[0]} {process.args[1]} ended"

    def memory_mib(self):
        """Resident memory of everything in the namespace."""
        total = 0
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                for line in status.read_text().splitlines():
                    if line.startswith("VmRSS:"):
                        total += int(line.split()[1])
            except OSError:
                continue
        return total // 1024
