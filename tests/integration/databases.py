"""The databases that a test can run over: each with its URL, and written to as an outsider does."""

import sqlite3


class SqliteDatabase:
    """A file; the service makes it."""

    kind = "sqlite"

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:{path}"

    def run(self, sql):
        """One statement, committed; its rows as tuples of text."""
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            with connection:
                rows = connection.execute(sql).fetchall()
        finally:
            connection.close()
        return [tuple(str(column) for column in row) for row in rows]

    def literal(self, value):
        """The bytes in SQL."""
        return f"x'{value.hex()}'"

    def close(self):
        pass


class PostgresDatabase:
    """A database of its own on a server; the service migrates it."""

    kind = "postgres"

    def __init__(self, server):
        self.server = server
        self.name = server.create_database()
        self.url = server.url(self.name)
        self._session = None

    def run(self, sql):
        """As SqliteDatabase.run, in a session that stays."""
        if self._session is None:
            self._session = self.server.session(self.name)
            self._session.run("SET search_path TO coolkit")
        return [tuple(row.split("|")) for row in self._session.run(sql).splitlines()]

    def literal(self, value):
        return f"'\\x{value.hex()}'::bytea"

    def close(self):
        if self._session is not None:
            self._session.close()
