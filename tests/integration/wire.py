"""HTTP/1.1 by hand over a socket: the bytes that a test means, none that a library corrects."""

import json
import socket
import urllib.parse

SECONDS = 10.0


class Answer:
    """One response as it came."""

    def __init__(self, head, body):
        lines = head.split(b"\r\n")
        self.version, status, _ = (lines[0] + b" ").split(b" ", 2)
        self.status = int(status)
        self.fields = []
        for line in lines[1:]:
            name, value = line.split(b":", 1)
            self.fields.append((name.decode().lower(), value.strip().decode("latin-1")))
        self.body = body

    def __getitem__(self, name):
        """The value of a field that is there once."""
        values = [value for key, value in self.fields if key == name.lower()]
        assert len(values) == 1, f"{name} is there {len(values)} times in {self!r}"
        return values[0]

    def __contains__(self, name):
        return any(key == name.lower() for key, _ in self.fields)

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:300]!r}>"

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The `code` of a problem document; fails when it is none (RFC 9457)."""
        assert self["Content-Type"] == "application/problem+json", self
        problem = self.json()
        assert problem["status"] == self.status
        return problem["code"]


class Wire:
    """A connection to the server at `url`; a context manager.

    With `session`, each `call` sends the `Coolkit-Position` that the answer before it gave.
    """

    def __init__(self, url, seconds=SECONDS, session=False):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=seconds)
        self.pending = b""
        self.session = session
        self.position = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        chunk = self.socket.recv(1 << 16)
        self.pending += chunk
        return chunk

    def _take(self, count):
        while len(self.pending) < count:
            assert self._more(), f"closed inside an answer: {self.pending[:300]!r}"
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def receive(self, bodiless=False):
        """The next answer; None when the connection was closed before it began."""
        while b"\r\n\r\n" not in self.pending:
            try:
                if not self._more():
                    assert not self.pending, f"closed inside a head: {self.pending[:300]!r}"
                    return None
            except ConnectionResetError:
                return None
        end = self.pending.index(b"\r\n\r\n")
        head = self._take(end + 4)[:-4]
        answer = Answer(head, b"")
        if bodiless or answer.status in (204, 304) or answer.status < 200:
            return answer
        answer.body = self._take(int(answer["Content-Length"]))
        return answer

    def call(self, method, target, headers=(), body=None):
        """One request with exactly this target, and its answer."""
        lines = [f"{method} {target} HTTP/1.1", "Host: coolkit.test"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if self.session and self.position and "Coolkit-Position" not in headers:
            lines.append(f"Coolkit-Position: {self.position}")
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        try:
            self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of the body was sent: the answer is there
        answer = self.receive(bodiless=method == "HEAD")
        assert answer is not None, "closed without an answer"
        if "Coolkit-Position" in answer:
            self.position = answer["Coolkit-Position"]
        return answer

    def closed(self):
        """Whether the server ends the connection without another byte; waits for it."""
        assert self.pending == b"", self.pending[:300]
        try:
            return self._more() == b""
        except ConnectionResetError:
            return True
