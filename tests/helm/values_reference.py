#!/usr/bin/env python3
"""Writes what follows from helm/values.yaml: the table of helm/README.md and values.schema.json.

`values_reference.py --write` writes both; the tests compare. A comment that begins with `# --`
describes the value below it. The schema knows names and types, and nothing that isn't there; ranges
are judged by the templates, whose messages say what to do."""

import json
import pathlib
import re
import sys

import yaml

HELM = pathlib.Path(__file__).resolve().parents[2] / "helm"
BEGIN, END = "<!-- values -->\n", "<!-- /values -->\n"
_ENTRY = re.compile(r"^( *)([A-Za-z0-9]+):(?: |$)")
_NOTE = re.compile(r"^ *# -- (.*)")

# Where the default does not tell the type.
TYPES = {
    "image.tag": ["string", "integer", "number", "null"],
    "config.staleWhileDatabaseDown": ["string", "number"],
    "config.drainTimeout": ["string", "number"],
    "config.cacheBytes": ["string", "number"],
    "config.maxValueBytes": ["string", "number"],
    "config.threads": ["string", "integer"],
    "rollout.maxUnavailable": ["string", "integer"],
    "rollout.maxSurge": ["string", "integer"],
    "podDisruptionBudget.minAvailable": ["string", "integer"],
    "keda.targetValue": ["string", "number"],
    "keda.tolerance": ["string", "number"],
    "keda.fallback.replicas": ["string", "integer"],
    "scaler.perPodTarget": ["string", "number"],
}
QUANTITIES = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
OBJECTS = {"type": "array", "items": {"type": "object"}}
STRINGS = {"type": "array", "items": {"type": "string"}}
SHAPES = {
    "resources.requests": QUANTITIES, "resources.limits": QUANTITIES, "capacity": QUANTITIES,
    "scaler.resources.requests": QUANTITIES, "scaler.resources.limits": QUANTITIES,
    "cloudSql.authProxy.resources.requests": QUANTITIES,
    "cloudSql.authProxy.resources.limits": QUANTITIES,
    "commonLabels": TEXTS, "commonAnnotations": TEXTS, "podAnnotations": TEXTS,
    "podLabels": TEXTS, "nodeSelector": TEXTS, "service.annotations": TEXTS,
    "keda.annotations": TEXTS, "scaler.podAnnotations": TEXTS,
    "serviceAccount.annotations": TEXTS, "monitoring.labels": TEXTS,
    "alerts.ruleLabels": TEXTS, "alerts.labels": TEXTS, "dashboards.annotations": TEXTS,
    "alerts.disabled": STRINGS, "extraArgs": STRINGS, "cloudSql.authProxy.extraArgs": STRINGS,
    "networkPolicy.databasePorts": {"type": "array", "items": {"type": "integer"}},
    "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
    "alerts.thresholds": {"type": "object", "additionalProperties": {"type": "number"}},
    "affinity": {"type": "object"}, "keda.authenticationRef": {"type": "object"},
    "podSecurityContext": {"type": "object"}, "securityContext": {"type": "object"},
    "dnsConfig": {"type": "object"}, "topologySpreadConstraints": OBJECTS,
}
# What may be taken away with `null`.
OPTIONAL = {"resources", "resources.requests", "resources.limits", "scaler.resources",
            "scaler.resources.requests", "scaler.resources.limits", "cloudSql.authProxy.resources",
            "cloudSql.authProxy.resources.requests", "cloudSql.authProxy.resources.limits",
            "podSecurityContext", "securityContext", "dnsConfig"}


def notes(text):
    """(path, description) of each described value, in order."""
    stack, note = [], None
    for line in text.splitlines():
        if match := _NOTE.match(line):
            note = match.group(1)
        elif match := _ENTRY.match(line):
            depth = len(match.group(1)) // 2
            stack = stack[:depth] + [match.group(2)]
            if note is not None:
                yield ".".join(stack), note
            note = None
        elif line.strip() and not line.strip().startswith("#"):
            note = None


def at(values, path):
    for part in path.split("."):
        values = values[part]
    return values


def table(text):
    values = yaml.safe_load(text)
    lines = ["| value | default | meaning |", "|---|---|---|"]
    for path, note in notes(text):
        default = json.dumps(at(values, path), ensure_ascii=False)
        if len(default) > 60:
            default = "see `values.yaml`"
        else:
            default = f"`{default}`".replace("|", "\\|")
        lines.append(f"| `{path}` | {default} | {note} |")
    return "\n".join(lines) + "\n"


def _needed(path, value):
    """Keys that templates rely on: those with a default that is no list, and not empty. `null`
    takes a default away, so that without this a template would meet nothing."""
    keys = [key for key, one in value.items() if one not in ("", {}) and not isinstance(one, list)
            and f"{path}.{key}".lstrip(".") not in OPTIONAL]
    return {"required": keys} if keys else {}


def _schema(path, value, described):
    if path in SHAPES:
        schema = dict(SHAPES[path])
        if path == "alerts.thresholds":
            schema |= _needed(path, value)
    elif path in TYPES:
        schema = {"type": TYPES[path]}
    elif isinstance(value, dict):
        schema = {"type": "object", "additionalProperties": False, "properties": {
            key: _schema(f"{path}.{key}" if path else key, one, described)
            for key, one in value.items()}, **_needed(path, value)}
    elif isinstance(value, list):
        schema = dict(OBJECTS)
    else:
        names = {bool: "boolean", int: "integer", float: "number", str: "string"}
        schema = {"type": names[type(value)]}
    if path in described:
        schema = {"description": described[path], **schema}
    return schema


def schema(text):
    root = _schema("", yaml.safe_load(text), dict(notes(text)))
    root["properties"]["global"] = {"type": "object", "description": "What a parent chart hands on"}
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **root}, indent=2,
                      ensure_ascii=False) + "\n"


def readme(old, text):
    head, rest = old.split(BEGIN)
    return head + BEGIN + table(text) + END + rest.split(END)[1]


def wanted():
    """{path: content} of what is generated."""
    text = (HELM / "values.yaml").read_text(encoding="utf-8")
    old = (HELM / "README.md").read_text(encoding="utf-8")
    return {HELM / "README.md": readme(old, text), HELM / "values.schema.json": schema(text)}


if __name__ == "__main__":
    for path, content in wanted().items():
        if "--write" in sys.argv:
            path.write_text(content, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != content:
            sys.exit(f"{path}: not what values.yaml gives; run {sys.argv[0]} --write")
