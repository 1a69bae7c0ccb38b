"""Two services on one SQLite file that do not know each other, and programs that write to it with
SQLite's own library: bounded, session and strong reads, judged by `coolkit check`."""

import contextlib
import os
import sqlite3
import time

import pytest

from coherence import SOAK_CALLS, SOAK_READS, TIMEOUT, judge_load, judge_until, soak
from nemesis import Nemesis, freeze
from postgres_server import free_port

CALLS = int(os.environ.get("COHERENCE_SQLITE_CALLS", "260000"))
INSERT_IN_BULK = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO kv (collection, key, value) SELECT 'bulk', 'b' || i, x'30' FROM n"""
LOCK_SECONDS = 30.0


@contextlib.contextmanager
def session(path):
    connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
    try:
        # As coolkit itself does: a checkpoint beside a commit of others can harm the file.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        yield connection
    finally:
        connection.close()


def a_key(choice):
    return f"k{choice.randrange(400):08d}"


def acts_on(path):
    """What other programs do to the same keys."""

    def update_some(choice):
        with session(path) as sql:
            sql.execute("UPDATE kv SET value = CAST('sql ' || random() AS BLOB) "
                        f"WHERE collection = 'bench' AND key LIKE '%{choice.randrange(10)}'")

    def hold_a_transaction(choice):
        """The only writer meanwhile; a savepoint is undone, and perhaps all of it."""
        with session(path) as sql:
            sql.execute("BEGIN IMMEDIATE")
            sql.execute("UPDATE kv SET value = x'6c6f6e67' WHERE collection = 'bench' AND key = ?",
                        [a_key(choice)])
            sql.execute("SAVEPOINT s")
            sql.execute("UPDATE kv SET value = x'756e' WHERE collection = 'bench' AND key = ?",
                        [a_key(choice)])
            sql.execute("ROLLBACK TO s")
            time.sleep(choice.uniform(0.05, 0.5))
            sql.execute(choice.choice(["COMMIT", "ROLLBACK"]))

    def keep_a_snapshot(choice):
        with session(path) as sql:
            sql.execute("BEGIN")
            sql.execute("SELECT count(*) FROM entry").fetchall()
            time.sleep(choice.uniform(0.05, 0.8))
            sql.execute("COMMIT")

    def write_in_bulk(choice):
        with session(path) as sql:
            sql.execute("BEGIN IMMEDIATE")
            if sql.execute("SELECT 1 FROM kv WHERE collection = 'bulk' LIMIT 1").fetchall():
                sql.execute("UPDATE kv SET value = CAST(random() AS BLOB) "
                            "WHERE collection = 'bulk'")
            else:
                sql.execute(INSERT_IN_BULK)
            sql.execute("UPDATE kv SET value = x'62756c6b' WHERE collection = 'bench' AND key = ?",
                        [a_key(choice)])
            sql.execute("COMMIT")

    def delete_everything(_):
        with session(path) as sql:
            sql.execute("DELETE FROM kv")

    return [update_some, hold_a_transaction, keep_a_snapshot, write_in_bulk, delete_everything]


def judge_one_file(start_pod, folder, calls, seed):
    path = folder / f"shared-{seed}.db"
    both = [start_pod("--log-level", "error", database_url=f"sqlite:{path}",
                      listen=f"127.0.0.1:{free_port()}") for _ in range(2)]

    def kill_a_pod(choice):
        pod = choice.choice(both)
        pod.kill()
        time.sleep(choice.uniform(0, 0.3))
        pod.start()

    nemesis = Nemesis([*acts_on(path), freeze(lambda: both), kill_a_pod], seed)
    checked = judge_load(nemesis, [pod.url for pod in both], folder, calls, seed)
    assert sum(nemesis.done.values()) > 5
    for pod in both:
        pod.close()
    return checked


@pytest.mark.alone
@pytest.mark.timeout(TIMEOUT)
def test_two_services_on_one_file(start_pod, tmp_path):
    judge_one_file(start_pod, tmp_path, CALLS, seed=5)


@soak
def test_two_services_on_one_file_for_long(start_pod, tmp_path):
    judge_until(SOAK_READS / 5, lambda seed: judge_one_file(start_pod, tmp_path, SOAK_CALLS, seed))
