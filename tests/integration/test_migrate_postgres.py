"""`coolkit migrate` on a real PostgreSQL: apply, dry run, status, after-restore, for every user."""

import os
import subprocess

import httpx
import pytest

import pod as pods
from postgres_server import programs

DONE, NEGATIVE, USAGE, FAILURE = 0, 1, 2, 3


@pytest.fixture
def migrate(coolkit):
    """Runs `coolkit migrate` against a URL: (status, stdout, stderr)."""

    def run(url, *arguments):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        done = coolkit("migrate", *arguments, environment=kept | {"DATABASE_URL": url})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.fixture
def empty(postgres_server):
    return postgres_server.create_database()


def schema(server, database):
    """Everything that a migration makes, as SQL; and what it notes."""
    dump = subprocess.run([programs() / "pg_dump", "--schema-only", "-d", server.url(database)],
                          capture_output=True, text=True, check=True, timeout=60).stdout
    # psql of later minor releases writes a random word into each dump.
    kept = [line for line in dump.splitlines() if "restrict " not in line]
    notes = server.ask(database, "SELECT number, name, encode(sha256, 'hex'), compatible_from "
                       "FROM coolkit.migration ORDER BY 1")
    return "\n".join(kept), notes


def test_from_nothing(postgres_server, migrate, empty):
    url = postgres_server.url(empty)
    status, output, errors = migrate(url, "status")
    assert (status, errors) == (NEGATIVE, "") and output.startswith("1 initial: to be applied\n")
    known = len(output.splitlines())
    status, output, errors = migrate(url)
    assert (status, errors) == (DONE, "") and output.startswith("1 initial: applied 20")
    assert output.count(": applied 20") == known
    assert migrate(url) == (DONE, "nothing to apply\n", "")
    assert migrate(url, "status") == (DONE, output, "")


def test_a_dry_run_prints_sql_that_does_the_same(postgres_server, migrate, tmp_path):
    planned, applied = (postgres_server.create_database() for _ in range(2))
    status, script, errors = migrate(postgres_server.url(planned), "--dry-run")
    assert (status, errors) == (NEGATIVE, "")
    assert "CREATE TABLE coolkit.entry (" in script and "-- 1 initial: to be applied" in script
    assert postgres_server.ask(planned, "SELECT to_regnamespace('coolkit') IS NULL") == "t"
    path = tmp_path / "schema.sql"
    path.write_text(script)
    subprocess.run([programs() / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", path, "-d",
                    postgres_server.url(planned)], check=True, timeout=60, capture_output=True)
    assert migrate(postgres_server.url(applied))[0] == DONE
    assert schema(postgres_server, planned) == schema(postgres_server, applied)
    status, script, _ = migrate(postgres_server.url(planned), "--dry-run")
    assert status == DONE and "CREATE" not in script


def test_ten_processes_at_once(postgres_server, empty, start_pod):
    url = postgres_server.url(empty)
    command = [str(pods.binary()), "migrate", "--database-url", url]
    serving = [start_pod("--threads", "1", database_url=url, listening=False) for _ in range(3)]
    for pod in serving:
        pod.spawn()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
               for _ in range(7)]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (DONE, b"")
    for pod in serving:
        pod.wait_until_listening()
        assert httpx.get(f"{pod.url}/v1/kv/c/k", trust_env=False).status_code == 404
    assert postgres_server.ask(empty, "SELECT count(*) = max(number) AND count(*) = "
                               "count(DISTINCT number) FROM coolkit.migration") == "t"
    assert postgres_server.ask(empty, "SELECT count(*) FROM coolkit.incarnation_log") == "1"


def test_an_edited_migration_is_refused(postgres_server, migrate, empty, coolkit):
    url = postgres_server.url(empty)
    migrate(url)
    postgres_server.ask(empty, "UPDATE coolkit.migration SET sha256 = sha256('edited') "
                        "WHERE number = 1")
    before = schema(postgres_server, empty)
    for arguments in ([], ["status"], ["--dry-run"]):
        status, _, errors = migrate(url, *arguments)
        assert status == FAILURE
        assert "schema 1 (initial)" in errors and "checksum differs" in errors
    served = coolkit("serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                     "--database-url", url)
    assert served.returncode != DONE and b"checksum differs" in served.stderr
    assert schema(postgres_server, empty) == before


def test_compatible_from_decides_who_may_run(postgres_server, migrate, empty, start_pod, coolkit):
    url = postgres_server.url(empty)
    migrate(url)
    later = ("INSERT INTO coolkit.migration (number, name, sha256, compatible_from) "
             "VALUES (99, 'later', '', {})")
    postgres_server.ask(empty, later.format(1))
    status, output, _ = migrate(url, "status")
    assert status == DONE and "99 later: applied by a newer release" in output
    start_pod(database_url=url).terminate()
    postgres_server.ask(empty, "UPDATE coolkit.migration SET compatible_from = 99 "
                        "WHERE number = 99")
    for arguments in ([], ["status"]):
        status, _, errors = migrate(url, *arguments)
        assert status == FAILURE
        assert "needs a release that knows schema 99; this release knows up to schema " in errors
    served = coolkit("serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                     "--database-url", url)
    assert served.returncode != DONE and b"needs a release that knows schema 99" in served.stderr


def test_status_needs_no_right_to_change(postgres_server, migrate, empty):
    postgres_server.ask("postgres", "DO $$ BEGIN CREATE ROLE onlooker LOGIN; "
                        "EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    theirs = postgres_server.url(empty).replace("postgres@", "onlooker@")
    assert migrate(theirs, "status")[0] == NEGATIVE
    status, _, errors = migrate(theirs)
    assert status == FAILURE and "lacks a privilege" in errors, "may not create a schema"
    migrate(postgres_server.url(empty))
    status, _, errors = migrate(theirs, "status")
    assert status == FAILURE and "permission denied" in errors
    for role in ("coolkit_reader", "coolkit_service"):
        postgres_server.ask(empty, f"GRANT {role} TO onlooker")
        assert migrate(theirs, "status")[0] == DONE
        assert migrate(theirs) == (DONE, "nothing to apply\n", "")
        assert migrate(theirs, "after-restore")[0] == FAILURE
        postgres_server.ask(empty, f"REVOKE {role} FROM onlooker")


def test_a_plain_user_and_then_an_administrator(start_postgres, migrate, start_pod):
    server = start_postgres()
    database = server.create_database()
    server.ask("postgres", "CREATE ROLE plain LOGIN")
    server.ask("postgres", f"ALTER DATABASE {database} OWNER TO plain")
    theirs = server.url(database).replace("postgres@", "plain@")
    status, script, _ = migrate(theirs, "--dry-run")
    assert status == NEGATIVE and "-- note: the roles coolkit_owner" in script
    status, output, _ = migrate(theirs)
    assert status == DONE
    assert "note: the roles coolkit_owner, coolkit_service" in output and "CREATEROLE" in output
    pod = start_pod(database_url=theirs)
    assert httpx.put(f"{pod.url}/v1/kv/c/k", content=b"v", trust_env=False).status_code == 201
    assert server.ask("postgres", "SELECT count(*) FROM pg_roles "
                            "WHERE rolname LIKE 'coolkit%'") == "0"
    # Somebody who may makes the roles later; the schema stays whose it is.
    status, output, _ = migrate(server.url(database))
    assert status == DONE and "does not belong to coolkit_owner" in output
    server.ask(database, "CREATE ROLE app LOGIN IN ROLE coolkit_reader")
    as_app = server.url(database).replace("postgres@", "app@")
    assert subprocess.run([programs() / "psql", "-XqAtc", "SELECT count(*) FROM coolkit.kv",
                           "-d", as_app], capture_output=True, check=True).stdout == b"1\n"
    assert migrate(theirs)[0] == DONE


def test_after_restore_begins_a_life_above_all_versions(postgres_server, migrate, empty,
                                                         start_pod):
    url = postgres_server.url(empty)
    pod = start_pod(database_url=url)
    with httpx.Client(base_url=f"{pod.url}/v1/kv/c/", trust_env=False) as client:
        written = client.put("k", content=b"old")
        token = written.headers["Coolkit-Position"]
        high = int(written.headers["ETag"].strip('"')) + (1 << 50)
        life = postgres_server.ask(empty, "SELECT id, base FROM coolkit.era").split("|")
        # What a tool that loads rows with their versions leaves behind.
        postgres_server.ask(empty, "INSERT INTO coolkit.entry (collection, key, value, version, "
                            f"created_version) VALUES ('c', 'restored', 'x', {high}, {high})")
        assert migrate(url, "after-restore") == \
            (DONE, "a new incarnation has begun; caches start again\n", "")
        now = postgres_server.ask(empty, "SELECT id, base FROM coolkit.era").split("|")
        assert now[0] != life[0] and int(now[1]) > int(life[1])
        fresh = client.put("other", content=b"new")
        assert int(fresh.headers["ETag"].strip('"')) > high, "above what was restored"
        read = client.get("k", headers={"Coolkit-Position": token})
        assert (read.status_code, read.content) == (200, b"old"), "R12: asked of the database"
        before, after = (position.rsplit(":", 1)[0] for position in
                         (token, read.headers["Coolkit-Position"]))
        assert before != after
        assert client.get("restored").headers["ETag"] == f'"{high}"'
        assert migrate(url, "after-restore")[0] == DONE, "harmless twice"
        assert client.put("k", content=b"newer").status_code == 204


def test_the_ring_key_is_rotated_by_the_owner_and_never_shown(postgres_server, migrate, empty):
    url = postgres_server.url(empty)
    migrate(url)
    keys = lambda: postgres_server.ask(  # noqa: E731
        empty, "SELECT string_agg(id || ':' || encode(secret, 'hex'), ' ' ORDER BY id) "
        "FROM coolkit.ring_key")
    said = []
    for number in (1, 2, 3):
        before = keys()
        status, output, errors = migrate(url, "rotate-ring-key")
        assert (status, errors) == (DONE, "")
        assert output == f"the ring has key {number}; the one before stays good\n"
        said.append(output)
        if before:
            assert keys().startswith(before.split()[-1]), "the newest two"
    assert len(keys().split()) == 2
    status, dump, _ = migrate(url, "--dry-run")
    assert all(key.split(":")[1] not in dump + "".join(said) for key in keys().split())
    postgres_server.ask("postgres", "DO $$ BEGIN CREATE ROLE rotator LOGIN IN ROLE "
                        "coolkit_service; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    theirs = url.replace("postgres@", "rotator@")
    status, _, errors = migrate(theirs, "rotate-ring-key")
    assert status == FAILURE and "lacks a privilege" in errors
    assert migrate(url, "rotate-ring-key", "--dry-run")[0] == USAGE
    status, _, errors = migrate("sqlite:nowhere.db", "rotate-ring-key")
    assert status == FAILURE and "has no ring" in errors
