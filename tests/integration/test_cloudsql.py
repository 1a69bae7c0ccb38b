"""Cloud SQL: the connector inside the process and IAM logins, against a cloud on loopback that
speaks the real protocols."""

import datetime
import socket
import time

import pytest

from cloud import Fault
from cloud_pods import WAIT_SECONDS, errors, metric, until, works

def test_iam_through_the_connector(cloud, server, serve, http):
    pod = serve()
    works(http, pod)
    assert server[0].sessions > 0
    assert metric(http, pod, "coolkit_cloudsql_connections") > 0
    assert not any(token in pod.stderr() for token in cloud.tokens)


def test_nobody_else_may_use_the_socket(serve, http):
    pod = serve()
    with open("/proc/net/unix", encoding="ascii") as sockets:
        names = {line.split()[-1] for line in sockets if "@coolkit-" in line}
    refused = 0
    for name in names:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(WAIT_SECONDS)
            try:
                stranger.connect("\0" + name[1:])
                refused += stranger.recv(1) == b""
            except OSError:
                pass
    assert refused > 0
    assert metric(http, pod, "coolkit_cloudsql_strangers_total") > 0
    works(http, pod)


def test_several_authorities_and_a_name_with_a_trailing_dot(cloud, server, serve, http,
                                                             postgres_server):
    instance, _ = server
    old, new = instance.authority, type(instance.authority)("next-ca")
    instance.trusted = [old, new]
    instance.settings["dnsNames"] = [{"name": "main.region.sql.goog.",
                                      "connectionType": "PRIVATE_SERVICES_ACCESS"}]
    instance.open(postgres_server.port, common_name="", dns_names=["main.region.sql.goog."],
                  authority=new)
    works(http, serve())


@pytest.mark.parametrize("name", ["project:other", ""])
def test_a_server_of_another_name_is_not_talked_to(cloud, server, serve, postgres_server, name):
    server[0].open(postgres_server.port, common_name=name)
    pod = serve(listening=False)
    pod.spawn()
    assert pod.wait(WAIT_SECONDS) == 1
    pod.killed = True
    assert "certificate is another instance's" in pod.stderr()
    assert server[0].sessions == 0


@pytest.mark.parametrize("change, words", [
    ({"region": "elsewhere"}, "correct the URL"),
    ({"ipAddresses": []}, "has no address of the kind PRIMARY"),
    ({"databaseVersion": "MYSQL_8_0"}, "is no PostgreSQL"),
])
def test_what_no_time_cures_ends_the_start(server, serve, change, words):
    server[0].settings.update(change)
    pod = serve(listening=False)
    pod.spawn()
    assert pod.wait(WAIT_SECONDS) == 1
    pod.killed = True
    assert words in pod.stderr()


@pytest.mark.parametrize("status, words", [
    (404, "there is no such instance"), (403, "roles/cloudsql.client"), (401, "token is refused")])
def test_refusals_of_the_admin_api_say_what_to_do(cloud, serve, status, words):
    cloud.faults["connectSettings"] = [Fault(status=status)] * 50
    pod = serve(listening=False)
    pod.spawn()
    assert pod.wait(WAIT_SECONDS) == 1
    pod.killed = True
    assert words in pod.stderr()


def test_an_api_that_is_slow_cut_or_overloaded_is_asked_again(cloud, serve, http):
    cloud.faults["connectSettings"] = [Fault(status=503), Fault(delay=1.0), Fault(cut=True)]
    cloud.faults["generateEphemeralCert"] = [
        Fault(cut=True), Fault(status=429, headers={"Retry-After": "2"})]
    pod = serve()
    works(http, pod)
    assert cloud.asked.count("connectSettings") >= 2


def test_the_metadata_server_may_come_later(cloud, serve, http):
    cloud.call(cloud.stop_metadata())
    cloud.faults["token"] = [Fault(status=404), Fault(status=503), Fault(delay=0.5)]
    pod = serve(listening=False)
    pod.spawn()
    time.sleep(0.5)
    cloud.call(cloud.start_metadata())
    pod.wait_until_listening(WAIT_SECONDS)
    works(http, pod)


def test_an_authority_that_changes_is_learnt_by_a_forced_refresh(server, serve, http,
                                                                 postgres_server):
    instance, _ = server
    pod = serve("--database-connections-per-pod", "1")
    works(http, pod)
    asked = len(instance.cloud.asked)
    other = type(instance.authority)("rotated-ca")
    instance.trusted = [other]
    instance.open(postgres_server.port, authority=other)
    instance.cut()
    until(lambda: http.put(f"{pod.url}/v1/kv/things/r", content=b"x").status_code < 300)
    assert errors(http, pod, "certificate") > 0
    assert len(instance.cloud.asked) > asked


def test_a_session_outlives_its_certificate(cloud, server, serve, http):
    instance, _ = server
    instance.certificate_life = datetime.timedelta(seconds=20)
    pod = serve("--database-connections-per-pod", "2")
    works(http, pod)
    first = len(cloud.certificates)
    sessions = instance.sessions
    until(lambda: len(cloud.certificates) >= first + 2)  # the first one has ended by then
    works(http, pod, "later")
    assert errors(http, pod, "certificate") == 0
    instance.cut()
    until(lambda: http.put(f"{pod.url}/v1/kv/things/again", content=b"x").status_code < 300)
    assert instance.sessions > sessions


def test_a_revoked_identity_gets_no_new_sessions(cloud, server, serve, http):
    instance, _ = server
    pod = serve("--database-connections-per-pod", "1")
    works(http, pod)
    cloud.revoked.add(cloud.EMAIL)
    works(http, pod, "still")  # a session that is there goes on
    instance.cut()
    until(lambda: errors(http, pod, "iam_denied") > 0)
    cloud.revoked.clear()
    until(lambda: http.put(f"{pod.url}/v1/kv/things/back", content=b"x").status_code < 300)


def test_a_connection_is_replaced_after_its_life(server, serve, http):
    instance, _ = server
    pod = serve("--database-connection-lifetime", "1s")
    before = instance.sessions
    until(lambda: [works(http, pod), instance.sessions > before + 3][1])


def test_by_password(cloud, server, serve, http):
    cloud.passwords["postgres"] = "pa ss"
    instance, database = server
    url = cloud.url(instance, database, user="postgres", parameters="&password=pa%20ss")
    pod = serve(url=url)
    works(http, pod)
    assert not any("access_token" in form for form in cloud.forms)
    assert "pa ss" not in pod.stderr() and "pa%20ss" not in pod.stderr()


def test_iam_without_the_connector(cloud, server, serve, postgres_server, http):
    port, authority = cloud.open_direct(postgres_server.port)
    user = cloud.EMAIL.replace("@", "%40")
    url = (f"postgres://{user}@localhost:{port}/{server[1]}?auth=iam&sslmode=verify-full"
           f"&sslrootcert={authority}")
    pod = serve(url=url)
    works(http, pod)
    assert "connectSettings" not in cloud.asked
    cloud.revoked.add(cloud.EMAIL)
    assert not any(token in pod.stderr() for token in cloud.tokens)


def test_a_token_is_not_sent_without_a_verified_server(cloud, coolkit):
    url = "postgres://me%40example.com@localhost/db?auth=iam&sslmode=require"
    done = coolkit("check-database", "--database-url", url, environment=cloud.environment())
    assert done.returncode == 2
    assert b"sslmode=verify-full" in done.stderr
    assert cloud.asked == []


def test_migrate_and_check_database_go_the_same_way(cloud, server, coolkit):
    instance, database = server
    url = cloud.url(instance, database)
    done = coolkit("migrate", "--database-url", url, environment=cloud.environment(), timeout=60)
    assert done.returncode == 0, done.stderr
    done = coolkit("check-database", "--database-url", url, environment=cloud.environment(),
                   timeout=60)
    assert done.returncode in (0, 1), done.stderr
