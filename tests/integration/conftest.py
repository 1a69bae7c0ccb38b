"""Fixtures that drive the real binary from outside. Every wait is bounded."""

import subprocess
import uuid

import httpx
import pytest

import pod as pods
from databases import PostgresDatabase, SqliteDatabase
from postgres_server import PostgresServer

CLIENT_SECONDS = 15.0
pytest_plugins = ["cloud_pods"]


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


def pytest_generate_tests(metafunc):
    """`DATABASES = ("sqlite", "postgres")` in a file runs its tests over each."""
    kinds = getattr(metafunc.module, "DATABASES", ())
    chosen = any(mark.args[0] == "database"
                 for mark in metafunc.definition.iter_markers("parametrize"))
    if kinds and not chosen and "database" in metafunc.fixturenames:
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture(scope="session")
def postgres_files():
    """A fresh PostgreSQL that is never started: what others are copies of."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_server(postgres_files):
    """The PostgreSQL of this worker, for databases of many tests; nobody stops it. Not synced to
    the disk: the machine does not crash."""
    server = PostgresServer("fsync = off", copy_of=postgres_files).start()
    yield server
    server.close()


@pytest.fixture
def start_postgres(postgres_files):
    """Starts servers for one test, which may stop them: `start_postgres("setting = value")`. They
    are synced to the disk as in production, unless that says otherwise."""
    started = []

    def start(settings=""):
        started.append(PostgresServer(settings, copy_of=postgres_files).start())
        return started[-1]

    yield start
    for server in started:
        server.close()


def make_database(kind, request, path):
    if kind == "sqlite":
        return SqliteDatabase(path)
    return PostgresDatabase(request.getfixturevalue("postgres_server"))


@pytest.fixture
def database(request, tmp_path):
    """An empty database of the kind that the test is run for; the file of `pod` if for none."""
    kind = getattr(request, "param", "sqlite")
    database = make_database(kind, request, tmp_path / "pod-0" / "coolkit.db")
    yield database
    database.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def module_database(request, tmp_path_factory):
    """For files whose tests share a pod: they run over each kind."""
    path = tmp_path_factory.mktemp("database") / "coolkit.db"
    database = make_database(request.param, request, path)
    yield database
    database.close()


@pytest.fixture
def pod(start_pod, database):
    """One pod with the default settings and an empty database."""
    return start_pod(database_url=database.url)


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
