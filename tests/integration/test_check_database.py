"""`coolkit check-database`: what it prints and how it ends. Each fault alone is planted by
tests/postgres/inspect_test.cpp and tests/unit/store/sqlite/inspect_test.cpp."""

import json
import os
import sqlite3

import pytest

DONE, NEGATIVE, USAGE, FAILURE = 0, 1, 2, 3


@pytest.fixture
def check(coolkit, tmp_path):
    def run(url, *arguments, **variables):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("PG", "COOLKIT_", "KUBERNETES_"))}
        return coolkit("check-database", *arguments, cwd=tmp_path,
                       environment=kept | {"DATABASE_URL": url} | variables)

    return run


def ids(result):
    return [finding["id"] for finding in json.loads(result.stdout)["findings"]]


def test_a_server_with_faults(start_postgres, coolkit, check):
    server = start_postgres()
    database = server.create_database()
    url = server.url(database)
    missing = check(url)
    assert missing.returncode == NEGATIVE and b"error schema-missing: " in missing.stdout
    assert coolkit("migrate", "--database-url", url).returncode == DONE
    assert (check(url).returncode, check(url).stdout) == (DONE, b"no findings\n")
    healthy = check(url, "--json")
    assert (healthy.returncode, json.loads(healthy.stdout)) == \
        (DONE, {"findings": [], "not_looked_at": []})

    server.ask(database, "ALTER TABLE coolkit.entry DISABLE TRIGGER feed_insert")
    server.ask(database, f"ALTER DATABASE {database} SET synchronous_commit = off")
    result = check(url)
    assert result.returncode == NEGATIVE
    lines = result.stdout.decode().splitlines()
    assert lines[0] == ("error trigger-disabled: triggers of coolkit.entry are not always enabled: "
                        "feed_insert (off)")
    assert lines[1].startswith("  why: ") and lines[2].startswith("  do:  ALTER TABLE ")
    assert lines[3].startswith("warning synchronous-commit: ") and lines[-1] == "2 findings"
    shown = json.loads(check(url, "--json").stdout)["findings"]
    assert [(one["id"], one["severity"]) for one in shown] == \
        [("trigger-disabled", "error"), ("synchronous-commit", "warning")]
    assert all(one["what"] and one["why"] and one["do"] for one in shown)


def test_the_settings_count(postgres_server, coolkit, check):
    database = postgres_server.create_database()  # of a server with 60, 3 of them reserved
    url = postgres_server.url(database)
    coolkit("migrate", "--database-url", url)
    own = {"fsync"}  # of the tests' server
    assert set(ids(check(url, "--json"))) == own
    assert set(ids(check(url, "--json", "--database-connections", "400"))) == \
        own | {"connections-budget"}
    assert set(ids(check(url, "--json", COOLKIT_DATABASE_CONNECTIONS="46"))) == \
        own | {"connections-budget"}
    assert set(ids(check(url, "--json", COOLKIT_DATABASE_CONNECTIONS="45"))) == own
    assert set(ids(check(url, "--json", "--database-connections-per-pod", "46"))) == \
        own | {"connections-few"}
    with postgres_server.session(database) as session:
        session.run("BEGIN; SELECT pg_current_xact_id()")
        assert set(ids(check(url, "--json"))) == own
        old = check(url, "--json", "--max-transaction-age", "1ms")
        assert set(ids(old)) == own | {"old-transaction"}


def test_wrong_usage_and_no_database(check):
    for arguments in (["--max-transaction-age", "soon"], ["--database-connections", "0"], ["--no"],
                      ["now"]):
        assert check("sqlite:x.db", *arguments).returncode == USAGE
    assert check("mysql://h/d").returncode == USAGE
    gone = check("postgres://u:hunter2@127.0.0.1:1/d")
    assert gone.returncode == FAILURE
    assert b"can't be reached" in gone.stderr and b"hunter2" not in gone.stderr
    help_text = check("sqlite:x.db", "--help")
    assert help_text.returncode == DONE and b"Exit status: 0 no findings" in help_text.stdout


def test_sqlite(coolkit, check, tmp_path):
    path = tmp_path / "data.db"
    url = f"sqlite:{path}"
    assert ids(check(url, "--json")) == ["schema-pending"] and not path.exists()
    coolkit("migrate", "--database-url", url)
    assert (check(url).returncode, check(url).stdout) == (DONE, b"no findings\n")
    with sqlite3.connect(path) as database:
        database.execute("DROP TRIGGER entry_deleted")
    database.close()
    assert ids(check(url, "--json")) == ["schema-missing"]
    assert check(url).returncode == NEGATIVE
