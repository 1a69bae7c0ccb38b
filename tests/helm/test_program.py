"""The program takes what the chart hands it: settings, probes, and the trigger as KEDA reads it."""

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import time

import pytest
import yaml

import chart
import json_server

BINARY = os.environ.get("COOLKIT_BINARY", str(chart.ROOT / "build/release/coolkit"))
WAIT_SECONDS = 60
pytestmark = pytest.mark.skipif(not pathlib.Path(BINARY).exists(), reason=f"no {BINARY}")


@contextlib.contextmanager
def running(arguments, variables, folder):
    """The address of the operations port of a process."""
    port_file = folder / "ports.json"
    given = {"PATH": os.environ["PATH"]} | variables
    process = subprocess.Popen([BINARY, *arguments, "--port-file", str(port_file)], env=given,
                               cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while not (port_file.exists() and port_file.read_text(encoding="utf-8").strip()):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline, "it did not listen in time"
            time.sleep(0.02)
        ports = json.loads(port_file.read_text(encoding="utf-8"))
        yield next(value for key, value in ports.items() if "ops" in key)
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_SECONDS)


def answers(address, path):
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_coolkit_starts_with_the_rendered_settings_and_answers_the_probes(helm4, tmp_path):
    server = chart.container(chart.objects(helm4).of("Deployment", "coolkit"))
    variables = {key: value for key, value in chart.variables(server).items() if value is not None}
    # One process without a database server: alone, and on SQLite.
    del variables["COOLKIT_PEERS"]
    variables |= {"COOLKIT_LISTEN": "127.0.0.1:0", "COOLKIT_OPS_LISTEN": "127.0.0.1:0",
                  "POD_NAME": "coolkit-1", "POD_IP": "127.0.0.1"}
    with running(server["args"], variables, tmp_path) as address:
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = server[name]["httpGet"]["path"]
            deadline = time.monotonic() + WAIT_SECONDS
            while answers(address, path) != 200:
                assert time.monotonic() < deadline, path
                time.sleep(0.05)
        assert answers(address, "/metrics") == 200


def test_the_scaler_starts_with_the_rendered_settings(helm4, tmp_path):
    values = {"scaler.zones": 3, "scaler.workingSet": "20GiB", "keda.tolerance": 0,
              "resources.limits.cpu": "1500m"}
    scaler = chart.container(chart.objects(helm4, values).of("Deployment", "coolkit-scaler"),
                             "scaler")
    variables = {key: value for key, value in chart.variables(scaler).items() if value is not None}
    variables |= {"COOLKIT_SCALER_LISTEN": "127.0.0.1:0", "COOLKIT_SCALER_OPS_LISTEN":
                  "127.0.0.1:0", "COOLKIT_SCALER_WORKLOAD": "coolkit=127.0.0.1:1"}
    with running(scaler["args"], variables, tmp_path) as address:
        assert answers(address, scaler["livenessProbe"]["httpGet"]["path"]) == 200
        assert answers(address, scaler["readinessProbe"]["httpGet"]["path"]) == 503, \
            "it has no answer yet"


ESTIMATE = {"workload": "coolkit", "desired_replicas": 34, "load": 17000, "per_pod_target": 500,
            "stale": False}


@pytest.mark.parametrize("mode", ["desiredReplicas", "load"])
def test_both_modes_make_the_autoscaler_set_what_the_scaler_meant(helm4, tmp_path, mode):
    with json_server.serving({"/estimate/coolkit": ESTIMATE}.get) as address:
        scaled = chart.objects(helm4, {"keda.mode": mode, "keda.url":
                                       f"{address}/estimate/coolkit"}).of("ScaledObject")
        path = tmp_path / "scaledobject.yaml"
        path.write_text(yaml.safe_dump(scaled), encoding="utf-8")
        done = subprocess.run([BINARY, "scaler", "validate", "--scaled-object", str(path),
                               "--current", "20"], capture_output=True, text=True, timeout=60,
                              check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "34" in done.stdout, done.stdout
