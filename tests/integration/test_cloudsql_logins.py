"""Who may log in to Cloud SQL, and what is said when somebody may not: roles for IAM users and
groups, a pooler, and a reason for each failure."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest

from cloud import Fault
from cloud_pods import WAIT_SECONDS, errors, until, works, works_again
from postgres_server import _as_server_user as as_server_user
from postgres_server import _give_away as give_away
from postgres_server import free_port


@pytest.fixture
def least(cloud, server, coolkit, postgres_server):
    """(user, group) of a migrated database: pods are now the user, who has coolkit_service alone
    and seven connections; the group reads."""
    instance, database = server
    administrator = {"DATABASE_URL": cloud.url(instance, database)}
    email = f"least-{database}@project.iam.gserviceaccount.com"
    user, group = email.removesuffix(".gserviceaccount.com"), f"analysts-{database}@example.com"

    def migrate(*words):
        done = coolkit("migrate", *words, environment=cloud.environment() | administrator,
                       timeout=60)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    assert migrate()[0] == 0
    roles = ("roles", "--service", email, "--service-connections", "7", "--reader", group)
    status, _, said = migrate(*roles)
    assert status == 3 and "create it first" in said and user in said
    for name in (user, group):
        postgres_server.ask("postgres", f'CREATE ROLE "{name}" LOGIN')
    status, script, _ = migrate(*roles, "--dry-run")
    assert status == 0
    assert script == (f'GRANT coolkit_service TO "{user}";\n'
                      f'ALTER ROLE "{user}" CONNECTION LIMIT 7;\n'
                      f'GRANT coolkit_reader TO "{group}";\n')
    granted = ("SELECT string_agg(r.rolname, ',') FROM pg_auth_members m "
               f"JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = '\"{user}\"'::regrole")
    assert postgres_server.ask("postgres", granted) == "", "a dry run changes nothing"
    assert migrate(*roles)[:2] == (0, script)
    assert migrate(*roles)[0] == 0, "twice is fine"
    assert postgres_server.ask("postgres", granted) == "coolkit_service"
    assert postgres_server.ask("postgres", "SELECT rolconnlimit FROM pg_roles WHERE rolname = "
                               f"'{user}'") == "7"
    cloud.EMAIL, cloud.USER = email, user
    return user, group


def rights(postgres_server, database, user):
    return postgres_server.ask(database, f"""SELECT has_schema_privilege('{user}', 'coolkit',
        'CREATE'), has_table_privilege('{user}', 'coolkit.entry', 'INSERT'),
        has_table_privilege('{user}', 'coolkit.kv', 'SELECT')""")


def test_the_service_works_with_its_role_alone(server, least, serve, http, postgres_server):
    user, group = least
    works(http, serve())
    assert rights(postgres_server, server[1], user) == "f|t|t"
    assert rights(postgres_server, server[1], group) == "f|f|t"


def test_a_right_that_is_taken_away_and_a_limit_have_their_reasons(server, least, serve, http,
                                                                   postgres_server):
    instance, _ = server
    user, _ = least
    pod = serve()
    works(http, pod)
    postgres_server.ask("postgres", f'REVOKE coolkit_service FROM "{user}"')
    instance.cut()
    until(lambda: errors(http, pod, "privilege") > 0)
    assert "coolkit migrate roles" in pod.stderr()
    postgres_server.ask("postgres", f'GRANT coolkit_service TO "{user}"')
    works_again(http, pod)
    postgres_server.ask("postgres", f'ALTER ROLE "{user}" CONNECTION LIMIT 1')
    ended = threading.Event()

    def load(number):
        while not ended.is_set():
            http.get(f"{pod.url}/v1/kv/things?page_size={number + 1}")
            http.put(f"{pod.url}/v1/kv/things/l{number}", content=b"x")

    workers = [threading.Thread(target=load, args=(n,)) for n in range(8)]
    for worker in workers:
        worker.start()
    try:
        instance.cut()
        until(lambda: errors(http, pod, "limit") > 0)
    finally:
        ended.set()
        for worker in workers:
            worker.join()
    works_again(http, pod)


# While a pod runs

def test_a_quota_is_counted_and_waited_for(cloud, serve, http):
    cloud.faults["connectSettings"] = [Fault(status=429)]
    pod = serve()
    works(http, pod)
    assert errors(http, pod, "quota") > 0
    assert "its quota is used up" in pod.stderr() and "raise the quota" in pod.stderr()


def test_an_identity_that_is_refused_is_counted(cloud, server, serve, http):
    """A new certificate is needed, and nobody believes the pod any more."""
    instance, _ = server
    pod = serve()
    works(http, pod)
    cloud.faults["connectSettings"] = [Fault(status=401)] * 1000
    instance.open(instance.port, common_name="project:other")
    instance.cut()
    until(lambda: errors(http, pod, "certificate") > 0)
    until(lambda: errors(http, pod, "token_refused") > 0)
    assert "look at the identity" in pod.stderr()


def test_an_instance_that_is_gone_is_refused_by_the_network(server, serve, http):
    instance, _ = server
    pod = serve()
    works(http, pod)
    instance.close()
    instance.cut()
    until(lambda: errors(http, pod, "refused") > 0)
    assert "the instance runs" in pod.stderr()
    instance.open(instance.port)
    works_again(http, pod)


def test_a_token_that_was_revoked_is_replaced(cloud, server, serve, http):
    instance, _ = server
    pod = serve()
    works(http, pod)
    cloud.tokens.clear()  # none of those that the pod has is good for the Admin API
    other = type(instance.authority)("rotated-ca")
    instance.trusted = [other]
    instance.open(instance.port, authority=other)
    instance.cut()
    works_again(http, pod)
    assert errors(http, pod, "token_refused") == 0


# Without the connector

@contextlib.contextmanager
def pgbouncer(server, cloud, user, authority):
    """As Cloud SQL's pooler: transactions, TLS, logins by a token as the password."""
    port = free_port()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coolkit-pgbouncer-"))
    give_away(folder)
    both = authority.server(cloud.folder, "localhost", ["localhost"]).read_text()
    certificate, mark, key = both.partition("-----BEGIN PRIVATE KEY-----")
    token = cloud.new_token()
    files = {"server.crt": certificate, "server.key": mark + key, "users": f'"{user}" "{token}"\n',
             "pgbouncer.ini": f"""[databases]
* = host=127.0.0.1 port={server.port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
client_tls_sslmode = require
client_tls_cert_file = {folder}/server.crt
client_tls_key_file = {folder}/server.key
pool_mode = transaction
default_pool_size = 4
"""}
    for name, text in files.items():
        (folder / name).write_text(text)
        give_away(folder / name)
    process = subprocess.Popen(as_server_user(["/usr/sbin/pgbouncer", "-q",
                                               folder / "pgbouncer.ini"]), cwd="/",
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(listens)
        yield port, token
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)
        shutil.rmtree(folder)


def test_a_pooler_with_a_direct_way_for_the_feed(cloud, server, serve, http, postgres_server,
                                                 tmp_path):
    """Tokens to the pooler, the connector for the feed: plain SQL is seen through it."""
    if not os.path.exists("/usr/sbin/pgbouncer"):
        pytest.skip("pgbouncer is not installed")
    instance, database = server
    roots = tmp_path / "pooler-ca.pem"
    roots.write_text(instance.authority.pem)
    with pgbouncer(postgres_server, cloud, cloud.USER, instance.authority) as (port, token):
        # The pooler knows one token only.
        tokens = tmp_path / "token"
        tokens.write_text(token)
        user = cloud.EMAIL.replace("@", "%40")
        url = (f"postgres://{user}@localhost:{port}/{database}?pooler=transaction&auth=iam"
               f"&sslmode=verify-full&sslrootcert={roots}")
        pod = serve("--cloudsql-token-file", str(tokens), url=url,
                    environment={"FEED_DATABASE_URL": cloud.url(instance, database)})
        works(http, pod)
        assert instance.sessions > 0, "the feed's"
        assert http.get(f"{pod.url}/v1/kv/things/k").content == b"value"
        postgres_server.ask(database, "UPDATE coolkit.kv SET value = 'sql' WHERE key = 'k'")
        until(lambda: http.get(f"{pod.url}/v1/kv/things/k").content == b"sql")
        assert errors(http, pod, "pooler") == 0


def test_tokens_need_a_verified_server_passwords_to_this_machine_do_not(cloud, coolkit, serve, http,
                                                                        postgres_server):
    for mode in ("", "&sslmode=disable", "&sslmode=prefer", "&sslmode=require"):
        url = f"postgres://me%40example.com@localhost/db?auth=iam{mode}"
        done = coolkit("check-database", "--database-url", url, environment=cloud.environment())
        assert done.returncode == 2 and b"sslmode=verify-full" in done.stderr
    assert cloud.asked == []
    database = postgres_server.create_database()
    pod = serve(url=f"postgres://postgres:pass@127.0.0.1:{postgres_server.port}/{database}")
    works(http, pod)
