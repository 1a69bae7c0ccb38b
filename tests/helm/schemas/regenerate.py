#!/usr/bin/env python3
"""Writes the schemas that rendered objects are checked against, reduced to the kinds that the chart
has: Kubernetes' own from k8s.io/kubernetes, custom ones from the CRDs of KEDA and the Prometheus
operator, all from their Go modules. It needs Go and downloads 200 MB, so what it writes is kept:

    tests/helm/schemas/regenerate.py

kubernetes.json has one schema per version; a later one has only what differs from the one before.
GKE's kinds are in gke.json, by hand: no module has them."""

import json
import pathlib
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = ("1.32", "1.33", "1.34", "1.35")
KINDS = ("v1/Service", "v1/ServiceAccount", "v1/ConfigMap", "v1/Pod", "apps/v1/Deployment",
         "batch/v1/Job", "policy/v1/PodDisruptionBudget", "networking.k8s.io/v1/NetworkPolicy")
CRDS = {
    "github.com/kedacore/keda/v2@v2.21.0": (
        "config/crd/bases/keda.sh_scaledobjects.yaml",),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"),
}
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
KEPT = ("type", "required", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength",
        "minItems", "maxItems", "$ref")


def module(name):
    done = subprocess.run(["go", "mod", "download", "-json", name], capture_output=True, text=True,
                          check=True, cwd="/")
    return pathlib.Path(json.loads(done.stdout)["Dir"])


def reduced(schema):
    """Without descriptions, and closed: what is not named is an error, as in strict validation."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    out = {key: schema[key] for key in KEPT if key in schema}
    if "(?" in out.get("pattern", ""):
        del out["pattern"]  # Go's flags are not JSON schema's
    if schema.get("nullable") and "type" in out:
        out["type"] = [out["type"], "null"]
    if "items" in schema:
        out["items"] = reduced(schema["items"])
    more = schema.get("additionalProperties")
    if "properties" in schema:
        out["properties"] = {key: reduced(one) for key, one in schema["properties"].items()}
        if more is None and not schema.get("x-kubernetes-preserve-unknown-fields"):
            out["additionalProperties"] = False
    if isinstance(more, dict):
        out["additionalProperties"] = reduced(more)
    return out


def references(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for one in schema.values():
            yield from references(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from references(one)


def kubernetes(version):
    path = module(f"k8s.io/kubernetes@v{version}.0") / "api/openapi-spec/swagger.json"
    everything = json.loads(path.read_text(encoding="utf-8"))["definitions"]
    wanted = {}
    for name, schema in everything.items():
        for kind in schema.get("x-kubernetes-group-version-kind", ()):
            full = "/".join(filter(None, (kind["group"], kind["version"], kind["kind"])))
            if full in KINDS:
                wanted[full] = name
    assert set(wanted) == set(KINDS), set(KINDS) - set(wanted)
    definitions, todo = {}, list(wanted.values())
    while todo:
        name = todo.pop()
        if name not in definitions:
            definitions[name] = reduced(everything[name])
            todo += references(definitions[name])
    definitions[QUANTITY] = {"type": ["string", "number"]}
    definitions[INT_OR_STRING] = {"type": ["string", "integer"]}
    for full, name in wanted.items():
        definitions[full] = {"$ref": f"#/definitions/{name}"}
    return definitions


def custom():
    for name, paths in CRDS.items():
        for path in paths:
            crd = yaml.safe_load((module(name) / path).read_text(encoding="utf-8"))["spec"]
            for version in crd["versions"]:
                if version["served"]:
                    schema = reduced(version["schema"]["openAPIV3Schema"])
                    schema["properties"]["metadata"] = {"type": "object"}
                    yield f"{crd['group']}/{version['name']}/{crd['names']['kind']}", schema


def write(name, schemas):
    """One definition per line: small, and a change shows as the lines that changed."""
    blocks = []
    for version, definitions in schemas.items():
        lines = [f"{json.dumps(key)}: {json.dumps(one, sort_keys=True, separators=(',', ':'))}"
                 for key, one in sorted(definitions.items())]
        blocks.append(f"{json.dumps(version)}: {{\n" + ",\n".join(lines) + "\n}")
    (HERE / name).write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


def main():
    stages, before = {}, {}
    for version in VERSIONS:
        now = kubernetes(version)
        stages[version] = {key: one for key, one in now.items() if before.get(key) != one}
        before = now
    write("kubernetes.json", stages)
    write("custom.json", {"custom": dict(custom())})


if __name__ == "__main__":
    sys.exit(main())
