"""Fixtures that drive the real binary from outside. Every wait is bounded."""

import subprocess
import uuid

import httpx
import pytest

import pod as pods

CLIENT_SECONDS = 15.0


@pytest.fixture
def start_pod(tmp_path):
    """Starts pods: `start_pod("--max-value-bytes", "1KiB", database_url=…, environment={…})`.

    Each has a folder of its own unless `folder` says otherwise. What still runs at the end of the
    test is terminated; its exit status has to be 0 and its log free of alarms.
    """
    started = []

    def start(*flags, folder=None, listening=True, **options):
        pod = pods.Pod(folder or tmp_path / f"pod-{len(started)}", *flags, **options)
        started.append(pod)
        return pod.start() if listening else pod

    yield start
    problems = []
    for pod in started:
        try:
            pod.close()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def pod(start_pod):
    """One pod with the default settings and an empty database."""
    return start_pod()


@pytest.fixture
def http():
    """A client for full URLs; keeps its connections; never follows or retries."""
    with httpx.Client(timeout=CLIENT_SECONDS, trust_env=False) as client:
        yield client


@pytest.fixture
def client(pod):
    """A client of `pod`'s API, for paths."""
    with httpx.Client(base_url=pod.url, timeout=CLIENT_SECONDS, trust_env=False) as client:
        yield client


@pytest.fixture
def ops(pod):
    """A client of `pod`'s operations port, for paths."""
    with httpx.Client(base_url=pod.ops_url, timeout=CLIENT_SECONDS, trust_env=False) as client:
        yield client


@pytest.fixture
def collection():
    """The name of a collection that no other test uses."""
    return f"c-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def coolkit():
    """Runs the binary to its end: `coolkit("get", url, …)` gives a CompletedProcess of bytes."""

    def run(*arguments, input=None, environment=None, timeout=30, cwd=None):
        return subprocess.run([str(pods.binary()), *arguments], input=input, timeout=timeout,
                              capture_output=True, check=False, cwd=cwd, env=environment)

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its pods wrote."""
    report = yield
    if report.when == "call" and report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, pods.Pod):
                report.sections.append((f"stderr of {name}", value.stderr()[-8000:]))
    return report
