"""A small DNS server on 127.0.0.1, UDP and TCP, that can be wrong in many ways."""

import socket
import struct
import threading

A, AAAA = 1, 28
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
UDP_MAX = 512


def _name(data, at):
    labels = []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(labels).lower(), at + 1


def _encode(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


class Names:
    """What is known of one name: addresses, or how it fails."""

    def __init__(self, *addresses, fails="", fails_for=(A, AAAA)):
        self.addresses = addresses
        self.fails = fails  # nxdomain, servfail, silent, garbage, wrong-id, wrong-name, tcp-closes
        self.fails_for = fails_for

    def of(self, kind):
        family = socket.AF_INET if kind == A else socket.AF_INET6
        return [socket.inet_pton(family, address) for address in self.addresses
                if (":" in address) == (kind == AAAA)]


def _both_on_one_port():
    """A UDP and a TCP socket; the port that is free for one may be taken for the other."""
    for _ in range(100):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        try:
            return udp, socket.create_server(udp.getsockname())
        except OSError:
            udp.close()
    raise OSError("no port is free for both UDP and TCP")


class DnsServer:
    def __init__(self):
        self.names = {}
        self.asked = []  # (name, type, "udp" or "tcp")
        self._udp, self._tcp = _both_on_one_port()
        self.port = self._udp.getsockname()[1]
        self._closing = False
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        self._closing = True
        for listening in (self._udp, self._tcp):
            try:
                listening.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listening.close()

    def _answers(self, query, transport):
        """The datagrams or messages to send back."""
        ident = query[:2]
        name, end = _name(query, 12)
        kind = struct.unpack(">H", query[end:end + 2])[0]
        self.asked.append((name, kind, transport))
        question = query[12:end + 4]
        known = self.names.get(name)
        fails = known.fails if known and kind in known.fails_for else ""
        code = {"nxdomain": NXDOMAIN, "servfail": SERVFAIL}.get(fails, NOERROR)
        if known is None:
            code = NXDOMAIN
        records = known.of(kind) if known and code == NOERROR else []

        def message(records, *, answer_id=ident, asked=question, truncated=False):
            flags = 0x8180 | code | (0x0200 if truncated else 0)
            body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 5, len(data)) + data
                            for data in records)
            return answer_id + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + asked + body

        if fails == "silent" or (fails == "tcp-closes" and transport == "tcp"):
            return []
        if fails == "garbage":
            return [ident + b"\xff" * 60, message(records)[:20]]
        right = message(records)
        if transport == "udp" and (len(right) > UDP_MAX or fails == "tcp-closes"):
            right = message(records[:10], truncated=True)
        forged = [socket.inet_pton(socket.AF_INET, "6.6.6.6")] if kind == A else []
        if fails == "wrong-id":
            other = bytes([ident[0] ^ 1, ident[1]])
            return [message(forged, answer_id=other), right]
        if fails == "wrong-name":
            return [message(forged, asked=_encode("evil.test") + question[-4:]), right]
        return [right]

    def _serve_udp(self):
        while not self._closing:
            try:
                query, client = self._udp.recvfrom(4096)
                if len(query) < 12:  # it is being closed
                    continue
                for answer in self._answers(query, "udp"):
                    self._udp.sendto(answer, client)
            except OSError:
                return

    def _serve_tcp(self):
        while not self._closing:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as stream:
            while len(head := stream.read(2)) == 2:
                query = stream.read(struct.unpack(">H", head)[0])
                answers = self._answers(query, "tcp")
                if not answers:
                    return
                for answer in answers:
                    connection.sendall(struct.pack(">H", len(answer)) + answer)
