"""Runs Helm on the chart and reads what it renders."""

import json
import os
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HELM = ROOT / "helm"
TAG = "deadbeef"
# The loader in C is the same and faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Refused(Exception):
    """Helm said no; the text is what it said."""


class Objects(list):
    """Rendered objects."""

    def of(self, kind, name=None):
        found = [one for one in self if one["kind"] == kind
                 and name in (None, one["metadata"]["name"])]
        assert len(found) == 1, [f"{one['kind']}/{one['metadata']['name']}" for one in found]
        return found[0]

    def kinds(self):
        return {one["kind"] for one in self}


def environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KUBE")}
    return kept | {"KUBECONFIG": "/dev/null", "HELM_CACHE_HOME": str(ROOT / "build/helm/cache"),
                   "HELM_CONFIG_HOME": str(ROOT / "build/helm/config"),
                   "HELM_DATA_HOME": str(ROOT / "build/helm/data")} | more


def run(helm, *arguments, **variables):
    done = subprocess.run([helm, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120,
                          check=False, env=environment(**variables))
    if done.returncode != 0:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


def set_flags(values):
    """--set-json flags of {path: value}, which keep types."""
    return [part for path, value in values.items()
            for part in ("--set-json", f"{path}={json.dumps(value)}")]


def parse(text):
    return Objects(one for one in yaml.load_all(text, LOADER) if one)


def template(helm, values=None, *flags, release="coolkit", namespace="production"):
    given = {"image.tag": TAG} | (values or {})
    return run(helm, "template", release, "./helm", "--namespace", namespace, *set_flags(given),
               *flags)


def objects(helm, values=None, *flags, **more):
    return parse(template(helm, values, *flags, **more))


def container(deployment, name="coolkit"):
    spec = deployment["spec"]["template"]["spec"]
    return next(one for one in spec["containers"] if one["name"] == name)


def variables(one):
    """{name: value} of a container's plain environment."""
    return {entry["name"]: entry.get("value") for entry in one.get("env", ())}
