"""Fixtures of the tests of Cloud SQL: a cloud, an instance in front of an empty database, pods."""

import re
import time

import pytest

from cloud import Cloud

WAIT_SECONDS = 60.0
REASONS = "coolkit_database_connection_errors_total"


def until(check, seconds=WAIT_SECONDS):
    """The first true answer of `check`."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
    return answer


def written_secrets(cloud, texts):
    """Which secrets of the cloud are in the texts: tokens, passwords, keys, claims."""
    secrets = [*cloud.tokens, *cloud.passwords.values(), "PRIVATE KEY", "BEGIN CERTIFICATE"]
    secrets += [form[name] for form in cloud.forms for name in
                ("assertion", "refresh_token", "client_secret", "subject_token") if name in form]
    return [secret for secret in secrets if any(secret in text for text in texts)]


@pytest.fixture
def cloud(tmp_path):
    """At the end nothing secret is in what any process of the test wrote."""
    folder = tmp_path / "cloud"
    folder.mkdir()
    with Cloud(folder) as made:
        yield made
    written = [path.read_text(errors="replace") for path in tmp_path.rglob("*.log")]
    assert written_secrets(made, written) == []


@pytest.fixture
def server(cloud, postgres_server):
    """(instance, database): an instance in front of an empty database."""
    postgres_server.ask("postgres", f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{cloud.USER}') THEN
          CREATE ROLE "{cloud.USER}" LOGIN SUPERUSER; END IF; END $$""")
    return cloud.add_instance().open(postgres_server.port), postgres_server.create_database()


@pytest.fixture
def serve(cloud, server, start_pod):
    """Starts a pod on the instance: `serve(parameters="&ip=private")`."""
    instance, database = server

    def start(*flags, parameters="", listening=True, environment=None, url=None):
        return start_pod("--log-format", "json", *flags, listening=listening,
                         database_url=url or cloud.url(instance, database, parameters=parameters),
                         environment=cloud.environment() | (environment or {}))

    return start


def works(http, pod, key="k"):
    url = f"{pod.url}/v1/kv/things/{key}"
    assert http.put(url, content=b"value").status_code in (200, 201, 204)
    answer = http.get(url, headers={"Cache-Control": "no-cache"})
    assert (answer.status_code, answer.content) == (200, b"value")


def errors(http, pod, reason):
    text = http.get(f"{pod.ops_url}/metrics").text
    return float(re.search(rf'{REASONS}{{reason="{reason}"}} (\S+)', text)[1])


def metric(http, pod, name):
    return float(re.search(rf"^{name} (\S+)", http.get(f"{pod.ops_url}/metrics").text, re.M)[1])


def works_again(http, pod):
    """Until a write succeeds."""
    until(lambda: http.put(f"{pod.url}/v1/kv/things/again", content=b"x").status_code < 300)
