"""What /openapi.json says is what the service does: schemathesis makes requests from it, valid and
invalid ones, and holds the answers against it with all of its checks."""

import os
import re
import subprocess
import sys

import jsonschema_rs
import pytest

import pod as pods
from wire import Wire

EXAMPLES = 10  # of each operation in the fuzzing phase; with the others about 1,000 requests
RUN_SECONDS = 100

# Formats that only this service knows; what has one of these is what a client could send.
HOOKS = r'''
import schemathesis
from hypothesis import strategies as st

TAG = r'(W/)?"[!#-~]{0,20}"'
schemathesis.openapi.format(
    "entity-tags", st.from_regex(rf"\A(\*|{TAG}( ?, ?{TAG}){{0,2}})\Z"))
schemathesis.openapi.format("coolkit-position", st.from_regex(
    r"\A[1-9][0-9]{0,17}\.0\.[0-9a-f]{32}\.[1-9][0-9]{0,16}:[1-9][0-9]{0,16}\Z"))
'''

# A precondition that does not hold is no fault of the request, and is found before its content is
# looked at. Too many items of a batch are 413. A page token is one that a page gave: none that is
# made from the document can be right.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 409, 412, 413, 415]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 404, 409, 412]

[[operations]]
include-path = "/v1/kv/{collection}"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400]
"""


@pytest.fixture(scope="module")
def pod(module_database, tmp_path_factory):
    pod = pods.Pod(tmp_path_factory.mktemp("pod"), database_url=module_database.url).start()
    with Wire(pod.url) as wire:  # what the examples of the document speak of
        assert wire.call("PUT", "/v1/kv/users/alice", {"Content-Type": "application/json"},
                         b'{"name":"Alice"}').status == 201
    yield pod
    pod.close()


@pytest.fixture(scope="module")
def document(pod):
    with Wire(pod.url) as wire:
        answer = wire.call("GET", "/openapi.json")
    assert answer.status == 200
    assert re.match("application/(vnd.oai.openapi[+]json|json)", answer["Content-Type"])
    return answer.json()


def test_the_document_is_openapi_3_1(document):
    from schemathesis.specs.openapi import definitions
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    definitions.OPENAPI_31_VALIDATOR.validate(document)
    broken = document | {"info": {}}
    assert not definitions.OPENAPI_31_VALIDATOR.is_valid(broken), "the validator takes anything"


def test_every_schema_in_the_document_is_one_and_its_examples_match(document):
    schemas = dict(document["components"]["schemas"])
    for name, parameter in document["components"]["parameters"].items():
        if "example" in parameter:
            validator = jsonschema_rs.Draft202012Validator(parameter["schema"])
            assert validator.is_valid(parameter["example"]), name
    for name, schema in schemas.items():
        jsonschema_rs.meta.validate(schema | {
            "$schema": "https://json-schema.org/draft/2020-12/schema"})
        assert name and schema


def test_every_reference_leads_somewhere_and_every_component_is_used(document):
    text = str(document)
    used = set(re.findall(r"'\$ref': '#/components/([^']+)'", text))
    there = {f"{kind}/{name}" for kind, things in document["components"].items()
             for name in things}
    assert used == there


def test_the_document_has_the_routes(document):
    methods = {path: {m.upper() for m in item if m in (
        "get", "head", "put", "post", "delete", "patch", "options")}
        for path, item in document["paths"].items()}
    with_options = {path: found | {"OPTIONS"} for path, found in methods.items()}
    assert with_options == {
        "/v1/kv/{collection}/{key}": {"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"},
        "/v1/kv/{collection}": {"GET", "HEAD", "OPTIONS"},
        "/v1/kv/{collection}:batchGet": {"POST", "OPTIONS"},
        "/v1/kv/{collection}:batchWrite": {"POST", "OPTIONS"},
        "/openapi.json": {"GET", "HEAD", "OPTIONS"}, "/": {"GET", "HEAD", "OPTIONS"},
        "/errors/{code}": {"GET", "HEAD", "OPTIONS"}}


def test_schemathesis_finds_no_difference(pod, tmp_path):
    (tmp_path / "formats.py").write_text(HOOKS, encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run",
         f"{pod.url}/openapi.json", "--checks", "all", "--mode", "all", "--no-color",
         "--generation-deterministic", "--max-examples", str(EXAMPLES), "--continue-on-failure"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=RUN_SECONDS,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "formats", "PYTHONPATH": str(tmp_path),
                          "NO_PROXY": "*"})
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-20_000:]
    generated = re.search(r"(\d+) generated", said)
    assert generated and int(generated[1]) > 400, said[-3_000:]
    assert pod.running
