"""Judges objects by the schemas in schemas/."""

import functools
import json
import pathlib

import jsonschema_rs

HERE = pathlib.Path(__file__).resolve().parent / "schemas"
VERSIONS = ("1.32", "1.33", "1.34", "1.35")


def _load(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


@functools.cache
def _definitions(version):
    definitions = {}
    for one, changed in _load("kubernetes.json").items():
        definitions.update(changed)
        if one == version:
            return definitions
    raise KeyError(version)


@functools.cache
def _validator(version, kind):
    for custom in (_load("custom.json")["custom"], _load("gke.json")):
        if kind in custom:
            return jsonschema_rs.Draft7Validator(custom[kind])
    return jsonschema_rs.Draft7Validator(
        {"$ref": "#/definitions/" + kind.replace("/", "~1"), "definitions": _definitions(version)})


def problems(version, document):
    kind = f"{document['apiVersion']}/{document['kind']}"
    name = f"{kind} {document['metadata'].get('name')}"
    return [f"{name}: {'/'.join(map(str, error.instance_path))}: {error.message}"
            for error in _validator(version, kind).iter_errors(document)]
