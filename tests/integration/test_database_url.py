"""How a PostgreSQL is named and reached: libpq's parameters and variables, secrets in files, TLS,
several hosts, a pooler, a server that is full, and the budget of connections."""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import httpx
import pytest

import pod as pods
from postgres_server import PostgresServer, free_port, programs
from postgres_server import _as_server_user as as_server_user
from postgres_server import _give_away as give_away
from postgres_tls import Authority, give

PASSWORD = "pa ss@word/1?#%&"
ENCODED = urllib.parse.quote(PASSWORD, safe="")
WAIT_SECONDS = 15.0


def until(check, seconds=WAIT_SECONDS):
    """The first true answer of `check`."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)
    return answer


def metric(pod, name):
    """The sum over all labels that contain what `name` has in braces."""
    text = httpx.get(f"{pod.ops_url}/metrics", trust_env=False).text
    lines = re.findall(rf"^{re.escape(name.rstrip('}'))}[^ ]* (.*)$", text, re.MULTILINE)
    assert lines, name
    return sum(float(value) for value in lines)


def put(pod, key="k", value=b"v", **options):
    return httpx.put(f"{pod.url}/v1/kv/c/{key}", content=value, trust_env=False, **options)


def works(pod):
    """It writes and reads the database."""
    return (put(pod).status_code in (201, 204) and
            httpx.get(f"{pod.url}/v1/kv/c/k", headers={"Cache-Control": "no-cache"},
                      trust_env=False).content == b"v")


def refused(coolkit, url, **variables):
    """What `serve` says before it ends by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = coolkit("serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                   environment=kept | {"DATABASE_URL": url} | variables, timeout=60)
    assert done.returncode not in (0, None)
    return done.stderr.decode()


# A server with TLS and passwords

class SecureServer:
    """Takes only TLS from TCP: `svc` by password, `certified` by certificate."""

    def __init__(self, files, folder):
        self.server = PostgresServer("ssl = on\nfsync = off\n", copy_of=files)
        self.ca = Authority(folder, "right")
        self.other_ca = Authority(folder, "wrong")
        self.certificate = self.ca.issue("localhost", "DNS:localhost")
        self.client_certificate = self.ca.issue("certified")
        give(self.server, *self.certificate)
        root = self.server.data / "root.crt"
        root.write_bytes(self.ca.certificate.read_bytes())
        root.chmod(0o644)
        self.server.add_settings("ssl_ca_file = 'root.crt'\npassword_encryption = scram-sha-256")
        (self.server.data / "pg_hba.conf").write_text(
            "local all all trust\nhostssl all postgres all trust\nhostssl all certified all cert\n"
            "hostssl all all all scram-sha-256\n")
        self.server.start()
        for role in ("svc", "certified"):
            self.server.ask("postgres", f"CREATE ROLE {role} LOGIN CREATEDB CREATEROLE "
                            f"PASSWORD '{PASSWORD}'")

    def create_database(self):
        database = self.server.create_database()
        self.server.ask("postgres", f"ALTER DATABASE {database} OWNER TO svc")
        self.server.ask("postgres", f"GRANT CREATE ON DATABASE {database} TO certified")
        return database

    def url(self, database, user=f"svc:{ENCODED}", host="localhost", **parameters):
        query = {"sslmode": "verify-full", "sslrootcert": self.ca.certificate,
                 "hostaddr": "127.0.0.1"} | parameters
        return (f"postgres://{user}@{host}:{self.server.port}/{database}?"
                + urllib.parse.urlencode(query, quote_via=urllib.parse.quote))


@pytest.fixture(scope="module")
def secure(postgres_files, tmp_path_factory):
    made = SecureServer(postgres_files, tmp_path_factory.mktemp("tls"))
    yield made
    made.server.close()


def test_verify_full(secure, start_pod):
    database = secure.create_database()
    pod = start_pod(database_url=secure.url(database))
    assert works(pod)
    assert secure.server.ask("postgres", "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl "
                             "JOIN pg_stat_activity USING (pid) WHERE application_name = 'coolkit' "
                             f"AND datname = '{database}'") == "t|t"


def test_a_wrong_authority_a_wrong_name_and_no_tls(secure, coolkit):
    database = secure.create_database()
    wrong_ca = refused(coolkit, secure.url(database, sslrootcert=secure.other_ca.certificate))
    assert "certificate verify failed" in wrong_ca
    wrong_name = refused(coolkit, secure.url(database, host="127.0.0.1"))
    assert 'does not match host name "127.0.0.1"' in wrong_name
    plain = refused(coolkit, secure.url(database, sslmode="disable"))
    assert "no pg_hba.conf entry" in plain
    nothing = refused(coolkit, secure.url(database, sslrootcert="/none/ca.crt"))
    assert "/none/ca.crt" in nothing
    assert PASSWORD not in wrong_ca + wrong_name + plain + nothing
    assert ENCODED not in wrong_ca + wrong_name + plain + nothing


def test_a_client_certificate(secure, start_pod, coolkit):
    database = secure.create_database()
    certificate, key = secure.client_certificate
    pod = start_pod(database_url=secure.url(database, "certified", sslcert=certificate,
                                            sslkey=key))
    assert works(pod)
    without = refused(coolkit, secure.url(database, "certified", sslcert="", sslkey=""))
    assert "certificate" in without


def test_a_certificate_that_goes_bad_is_counted_and_waited_for(secure, start_pod):
    database = secure.create_database()
    pod = start_pod(database_url=secure.url(database))
    assert works(pod)
    assert metric(pod, 'coolkit_database_connection_errors_total{reason="tls"}') == 0

    def change(certificate):
        give(secure.server, *certificate)
        secure.server.ask("postgres", "SELECT pg_reload_conf()")
        time.sleep(0.2)
        for pid in secure.server.backends(database):
            secure.server.ask("postgres", f"SELECT pg_terminate_backend({pid})")

    change(secure.other_ca.issue("localhost", "DNS:localhost"))
    until(lambda: metric(pod, 'coolkit_database_connection_errors_total{reason="tls"}') > 0)
    assert put(pod, timeout=20).status_code == 503
    assert "certificate verify failed" in pod.stderr() and '"reason":"tls"' in pod.stderr()
    change(secure.certificate)
    until(lambda: put(pod).status_code in (201, 204))


def test_the_password_is_shown_nowhere(secure, start_pod, coolkit):
    database = secure.create_database()
    url = secure.url(database)
    pod = start_pod("--log-level", "debug", database_url=url)
    assert works(pod)
    secure.server.ask("postgres", f"ALTER ROLE svc PASSWORD 'changed-{PASSWORD}'")
    try:
        for pid in secure.server.backends(database):
            secure.server.ask("postgres", f"SELECT pg_terminate_backend({pid})")
        until(lambda: metric(
            pod, 'coolkit_database_connection_errors_total{reason="authentication"}') > 0)
        answers = [put(pod, timeout=20).text]
        for path in ("/metrics", "/healthz?verbose", "/readyz", "/ring"):
            answers.append(httpx.get(pod.ops_url + path, trust_env=False).text)
        said = refused(coolkit, url)
        assert "28P01" in said and "authentication" in said, "and it does not wait for that"
        answers.append(said)
        for command in (["serve", "--help"], ["migrate", "status"], ["migrate"], ["help"],
                        ["check-database"], ["docs", "settings"]):
            done = coolkit(*command, environment=os.environ | {"DATABASE_URL": url})
            answers += [done.stdout.decode(), done.stderr.decode()]
        answers += [pod.stderr(), (pod.folder / "stdout.log").read_text()]
        for text in answers:
            for secret in (PASSWORD, ENCODED, "ss@word", "ss%40word"):
                assert secret not in text
    finally:
        secure.server.ask("postgres", f"ALTER ROLE svc PASSWORD '{PASSWORD}'")
    until(lambda: put(pod).status_code in (201, 204))


def test_a_password_that_is_not_encoded_is_not_shown_either(coolkit):
    for url in (f"postgres://svc:{PASSWORD}@127.0.0.1:1/db", "postgres://svc:pa@ss@word@h/db",
                "postgres://svc:ss@word/x@h", "postgres://svc:sssword"):
        said = refused(coolkit, url)
        assert "sword" not in said and "ss@" not in said, url


# Variables and files

class EnvironmentPod(pods.Pod):
    """Its database is named by the environment alone."""

    def command(self):
        words = super().command()
        at = words.index("--database-url")
        return words[:at] + words[at + 2:]


@pytest.fixture
def by_environment(tmp_path):
    running = []

    def start(**environment):
        pod = EnvironmentPod(tmp_path / f"environment-{len(running)}", environment=environment)
        running.append(pod)
        return pod.start()

    yield start
    for pod in running:
        pod.close()


def test_bare_urls_take_the_pg_variables(secure, by_environment, tmp_path):
    database = secure.create_database()
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    variables = {"DATABASE_URL": "postgres://", "PGHOST": "localhost", "PGHOSTADDR": "127.0.0.1",
                 "PGPORT": str(secure.server.port), "PGUSER": "svc", "PGDATABASE": database,
                 "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(secure.ca.certificate)}
    assert works(by_environment(**variables, PGPASSWORD=PASSWORD))
    pod = by_environment(**variables, PGPASSWORD_FILE=str(secret))
    assert works(pod)
    assert "ss@word" not in pod.stderr() and "%73" not in pod.stderr()


def test_urls_in_files_services_and_sockets(postgres_server, by_environment, tmp_path):
    database = postgres_server.create_database()
    secret = tmp_path / "url"
    secret.write_text(postgres_server.url(database) + "\n")
    services = tmp_path / "pg_service.conf"
    services.write_text(f"[main]\nhost={postgres_server.folder}\nport={postgres_server.port}\n"
                        f"user=postgres\ndbname={database}\n")
    # The socket lies in a folder of the server's user.
    postgres_server.folder.chmod(0o755)
    in_folder = urllib.parse.quote(str(postgres_server.folder), safe="")
    for environment in (
            {"DATABASE_URL_FILE": str(secret)},
            {"DATABASE_URL": "postgres://?service=main", "PGSERVICEFILE": str(services)},
            {"DATABASE_URL": f"postgres://postgres@{in_folder}:{postgres_server.port}/{database}"
                             "?application_name=by%20socket&options=-c%20geqo%3Doff"}):
        pod = by_environment(**environment)
        assert works(pod)
        if "application_name" in environment.get("DATABASE_URL", ""):
            assert postgres_server.ask("postgres", "SELECT count(*) > 0 FROM pg_stat_activity "
                                       "WHERE application_name = 'by socket' AND "
                                       "client_addr IS NULL") == "t"
        pod.terminate()


def test_options_reach_the_server(postgres_server, coolkit):
    url = postgres_server.url("postgres", parameters="?options=-c%20no_such_setting%3D1")
    assert "no_such_setting" in refused(coolkit, url)


# Several hosts

@contextlib.contextmanager
def silent_port():
    """Connections are taken by the system; nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_first_host_that_answers(postgres_server, start_pod):
    database = postgres_server.create_database()
    with silent_port() as silent:
        ports = f"127.0.0.1:1,127.0.0.1:{silent},127.0.0.1:{postgres_server.port}"
        url = f"postgres://postgres@{ports}/{database}?connect_timeout=1"
        pod = start_pod(database_url=url)
        assert works(pod)
        # Found again without a restart, and the next connection does not wait for the silent one.
        for pid in postgres_server.backends(database):
            postgres_server.ask("postgres", f"SELECT pg_terminate_backend({pid})")
        began = time.monotonic()
        until(lambda: put(pod).status_code == 204)
        assert time.monotonic() - began < 1.0


def test_a_replica_is_passed_over(postgres_files, postgres_server, start_pod, coolkit):
    database = postgres_server.create_database()
    replica = PostgresServer("fsync = off", copy_of=postgres_files)
    try:
        replica.start()
        replica.ask("postgres", f"CREATE DATABASE {database}")
        assert coolkit("migrate", "--database-url", replica.url(database)).returncode == 0
        replica.stop()
        (replica.data / "standby.signal").touch()
        replica.start()
        assert coolkit("migrate", "--database-url",
                       postgres_server.url(database)).returncode == 0
        ports = f"127.0.0.1:{replica.port},127.0.0.1:{postgres_server.port}"
        pod = start_pod(database_url=f"postgres://postgres@{ports}/{database}")
        assert works(pod)
        assert postgres_server.backends(database) != []
        # Alone it is waited for: it may be promoted.
        alone = start_pod(database_url=replica.url(database), listening=False)
        alone.spawn()
        until(lambda: '"reason":"standby"' in alone.stderr())
        replica.promote()
        alone.wait_until_listening()
        assert works(alone)
    finally:
        replica.close()


# A pooler

@contextlib.contextmanager
def pgbouncer(server):
    """PgBouncer in transaction mode; its port."""
    port = free_port()
    # Not below pytest's folders, which another user may not enter.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coolkit-pgbouncer-"))
    give_away(folder)
    path = folder / "pgbouncer.ini"
    path.write_text(f"[databases]\n* = host=127.0.0.1 port={server.port} user=postgres\n"
                    f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
                    "unix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
                    "default_pool_size = 4\n")
    give_away(path)
    process = subprocess.Popen(as_server_user(["/usr/sbin/pgbouncer", "-q", path]), cwd="/",
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        until(listens)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


@pytest.mark.parametrize("direct_feed", [False, True])
def test_through_pgbouncer(postgres_server, start_pod, direct_feed):
    if not os.path.exists("/usr/sbin/pgbouncer"):
        pytest.skip("pgbouncer is not installed")
    database = postgres_server.create_database()
    with pgbouncer(postgres_server) as port:
        url = postgres_server.url(database, port=port, parameters="?pooler=transaction")
        feed = {"FEED_DATABASE_URL": postgres_server.url(database)} if direct_feed else {}
        pod = start_pod(database_url=url, environment=feed)
        with httpx.Client(base_url=f"{pod.url}/v1/kv/", trust_env=False) as client:
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                done = list(pool.map(lambda i: client.put(f"c/k{i}", content=b"v").status_code,
                                     range(300)))
            assert set(done) == {201}
            assert len(client.get("c?page_size=1000").json()["items"]) == 300
            assert client.get("c/k7").content == b"v"
            batch = {"atomic": True, "items": [{"key": "a", "text": "1"},
                                               {"key": "a", "text": "2", "if_none_match": "*"}]}
            assert client.post(f"{pod.url}/v1/kv/c:batchWrite", json=batch).status_code == 412
            assert client.get("c/a").status_code == 404
            # Plain SQL is seen through the feed.
            postgres_server.ask(database, "UPDATE coolkit.kv SET value = 'sql' WHERE key = 'k7'")
            until(lambda: client.get("c/k7").content == b"sql", seconds=2)
        assert metric(pod, "coolkit_database_connection_errors_total") == 0
        direct = postgres_server.ask(
            "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'coolkit' "
            f"AND datname = '{database}'")
        assert int(direct) <= 4 + direct_feed
        pod.terminate()


# A full server, and the budget

@contextlib.contextmanager
def load(pod, threads=16):
    """Lists, writes and strong reads; yields the list of status codes so far."""
    ended = threading.Event()
    codes = []

    def work(number):
        with httpx.Client(base_url=f"{pod.url}/v1/kv/", trust_env=False, timeout=20) as client:
            for i in range(10**9):
                if ended.is_set():
                    return
                kind = (number + i) % 3
                if kind == 0:
                    answer = client.get("c", params={"page_size": 10})
                elif kind == 1:
                    answer = client.put(f"c/k{number}", content=b"v")
                else:
                    answer = client.get(f"c/n{number}", headers={"Cache-Control": "no-cache"})
                codes.append(answer.status_code)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield codes
    finally:
        ended.set()
        for worker in workers:
            worker.join(30)


@pytest.fixture
def tiny(start_postgres):
    """A server of eight connections, three of them for superusers; a role that is none."""
    server = start_postgres("max_connections = 8\nsuperuser_reserved_connections = 3\n"
                            "fsync = off\n")
    server.ask("postgres", "CREATE ROLE svc LOGIN CREATEROLE")
    return server


def test_a_full_server_is_an_ordinary_answer(tiny, start_pod):
    database = tiny.create_database()
    tiny.ask("postgres", f"ALTER DATABASE {database} OWNER TO svc")
    url = tiny.url(database).replace("postgres@", "svc@")

    class Hog:
        def __init__(self):
            self.process = subprocess.Popen(
                [programs() / "psql", "-Xq", "-d", url.replace(f"/{database}", "/postgres")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.process.stdin.write(b"SELECT 'here';\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline(), "connected"

        def close(self):
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait(10)

    hogs = [Hog() for _ in range(5)]
    try:
        # It begins while the server is full: waits, says why, and comes up when there is room.
        pod = start_pod(database_url=url, listening=False)
        pod.spawn()
        until(lambda: '"reason":"limit"' in pod.stderr())
        assert "53300" in pod.stderr() and pod.running
        for hog in hogs[:2]:
            hog.close()
        pod.wait_until_listening()
        with load(pod) as codes:
            until(lambda: metric(
                pod, 'coolkit_database_connection_errors_total{reason="limit"}') > 1)
            before = len(codes)
            until(lambda: len(codes) > before + 100)
            assert set(codes) <= {200, 201, 204, 404}, "it works on the connections it has"
            assert len(tiny.backends(database)) <= 2
            attempts = metric(pod, 'coolkit_database_connection_errors_total{reason="limit"}')
            time.sleep(1)
            assert metric(pod, 'coolkit_database_connection_errors_total{reason="limit"}') \
                < attempts + 12, "it backs off"
            for hog in hogs[2:]:
                hog.close()
            until(lambda: len(tiny.backends(database)) > 2)
            before = len(codes)
            until(lambda: len(codes) > before + 100)
            assert set(codes) <= {200, 201, 204, 404}
    finally:
        for hog in hogs:
            if hog.process.returncode is None:
                hog.close()


def most_connections(server, database, pod):
    """The most that were seen in a second of load, and in at least 100 answers."""
    most = 0
    with load(pod, threads=32) as codes:
        with server.session("postgres") as session:
            begun = time.monotonic()
            while time.monotonic() < begun + 1.0 or len(codes) <= 100:
                assert time.monotonic() < begun + 60, f"{len(codes)} answers in a minute"
                most = max(most, int(session.run(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'coolkit' "
                    f"AND datname = '{database}'")))
        assert set(codes) <= {200, 201, 204, 404}
    return most


@pytest.mark.parametrize("flags, allowed", [
    (["--database-connections-per-pod", "3"], 3),
    (["--database-connections-per-pod", "8", "--database-connections", "2"], 2)])
def test_the_budget_is_kept(postgres_server, start_pod, flags, allowed):
    database = postgres_server.create_database()
    pod = start_pod(*flags, database_url=postgres_server.url(database))
    assert 1 < most_connections(postgres_server, database, pod) <= allowed
    assert metric(pod, "coolkit_database_connections_limit") == allowed


def test_the_budget_is_a_part_of_the_servers(tiny, start_pod):
    database = tiny.create_database()
    pod = start_pod("--database-connections-per-pod", "20", database_url=tiny.url(database))
    assert most_connections(tiny, database, pod) <= 4
    assert metric(pod, "coolkit_database_connections_limit") == 4, "80 % of 8 less 3 reserved"


def test_the_feed_counts_in_the_budget(postgres_server, start_pod):
    database = postgres_server.create_database()
    url = postgres_server.url(database)
    pod = start_pod("--database-connections-per-pod", "3", database_url=url,
                    environment={"FEED_DATABASE_URL": url})
    assert 1 < most_connections(postgres_server, database, pod) <= 3
    assert metric(pod, "coolkit_database_connections_limit") == 3
