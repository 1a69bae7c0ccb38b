"""A cloud on loopback that speaks the real protocols: a metadata server, the Cloud SQL Admin API
over TLS, and instances that take TLS 1.3 with client certificates in front of a real PostgreSQL.
Everything can be slow, wrong, or refuse. Its servers run in a thread of their own."""

import asyncio
import datetime
import json
import pathlib
import random
import ssl
import struct
import threading
import urllib.parse

from cloud_certificates import Authority, pem_of

SERVER_PORT = 3307
SSL_REQUEST = 80877103
CANCEL_REQUEST = 80877102
WAIT_SECONDS = 20.0
CHUNK_BYTES = 1 << 16


class Fault:
    """How one answer is given: another status, a delay in seconds, a cut connection."""

    def __init__(self, status=200, body="{}", delay=0.0, cut=False, headers=None):
        self.status = status
        self.body = body
        self.delay = delay
        self.cut = cut
        self.headers = headers or {}


class Instance:
    """One database instance. What a test changes counts from the next question on."""

    def __init__(self, cloud, name="project:region:main"):
        self.cloud = cloud
        self.name = name
        self.project, self.region, self.instance = name.rsplit(":", 2)
        self.address = cloud.free_address()
        self.authority = Authority("instance-ca")
        self.common_name = f"{self.project}:{self.instance}"
        self.settings = {
            "region": self.region, "backendType": "SECOND_GEN", "databaseVersion": "POSTGRES_15",
            "ipAddresses": [{"type": "PRIMARY", "ipAddress": self.address},
                            {"type": "PRIVATE", "ipAddress": self.address}]}
        self.trusted = [self.authority]
        self.certificate_life = datetime.timedelta(hours=1)
        self.sessions = 0  # logged in, so far
        self.fronts = {}   # address -> server
        self.port = None   # of PostgreSQL
        self.accept = True
        self.links = set()

    def connect_settings(self):
        pems = "\n".join(authority.pem for authority in self.trusted)
        return {**self.settings, "serverCaCert": {"cert": pems}}

    def open(self, port, address=None, common_name=None, dns_names=(), authority=None):
        """Listens in front of the PostgreSQL at `port`; again: with another certificate."""
        self.port = port
        address = address or self.address
        name = self.common_name if common_name is None else common_name
        path = (authority or self.authority).server(self.cloud.folder, name, dns_names)
        self.cloud.call(self._open(address, path))
        return self

    async def _open(self, address, path):
        await self._close(address)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(path)
        context.load_verify_locations(cadata=self.cloud.client_authority.pem)
        context.verify_mode = ssl.CERT_REQUIRED
        self.fronts[address] = await asyncio.start_server(
            self._serve, address, SERVER_PORT, ssl=context, limit=CHUNK_BYTES)

    async def _close(self, address):
        if (server := self.fronts.pop(address, None)) is not None:
            server.close()

    def close(self, address=None):
        """Refuses new connections; old ones stay."""
        self.cloud.call(self._close(address or self.address))

    def break_handshakes(self):
        """Connections are cut as soon as the client has said hello; old ones stay."""
        async def listen():
            await self._close(self.address)
            self.fronts[self.address] = await asyncio.start_server(
                hang_up, self.address, SERVER_PORT)

        self.cloud.call(listen())

    def cut(self):
        """Ends all sessions."""
        self.cloud.call(self._cut())

    async def _cut(self):
        for writer in list(self.links):
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self.links.add(writer)
        try:
            await self._session(reader, writer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.links.discard(writer)
            writer.close()

    async def _session(self, reader, writer):
        certificate = writer.get_extra_info("ssl_object").getpeercert()
        identity = self.cloud.certificates[certificate["serialNumber"].lstrip("0")]
        startup = await read_startup(reader)
        user = user_of(startup)
        if not self.accept:
            return
        if user is not None and identity is not None and \
                (identity["user"] != user or identity["email"] in self.cloud.revoked):
            writer.write(refusal(user))
            await writer.drain()
            return
        if user is not None and identity is None:
            if not await self.cloud.check_password(reader, writer, user):
                return
        self.sessions += user is not None
        await splice(reader, writer, self.port, startup)


async def hang_up(reader, writer):
    await reader.read(CHUNK_BYTES)
    writer.write(b"\x16\x03\x03\x00\x7a\x02")  # the beginning of a ServerHello
    await writer.drain()
    writer.close()


async def read_startup(reader):
    head = await reader.readexactly(4)
    return head + await reader.readexactly(struct.unpack("!I", head)[0] - 4)


def user_of(startup):
    """Nothing: a cancel request."""
    if struct.unpack("!I", startup[4:8])[0] == CANCEL_REQUEST:
        return None
    words = startup[8:].split(b"\0")
    return words[words.index(b"user") + 1].decode()


def refusal(user):
    fields = (b"SFATAL\0VFATAL\0C28P01\0MCloud SQL IAM user authentication failed for user \""
              + user.encode() + b"\"\0\0")
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


async def splice(reader, writer, port, first):
    """Hands everything on to 127.0.0.1:port, until either side ends."""
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    far_writer.write(first)

    async def copy(source, target):
        try:
            while data := await source.read(CHUNK_BYTES):
                target.write(data)
                await target.drain()
        except (OSError, ssl.SSLError):
            pass
        target.close()

    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


class Cloud:
    """A context manager. `folder`: for certificates."""

    EMAIL = "pod@project.iam.gserviceaccount.com"
    USER = "pod@project.iam"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.api_authority = Authority("api-ca")
        self.client_authority = Authority("client-ca")
        self.api_ca = self.folder / "api-ca.pem"
        self.api_ca.write_text(self.api_authority.pem)
        self.instances = {}
        self.certificates = {}  # serial -> None or {"user", "email"}
        self.tokens = {}        # token -> e-mail
        self.revoked = set()    # e-mails
        self.passwords = {}     # user -> password
        self.faults = {}        # "token", "connectSettings", "generateEphemeralCert" -> [Fault]
        self.asked = []         # the same names
        self.forms = []         # what token endpoints were sent
        self.token_life = 3600
        self.date_shift = datetime.timedelta(0)
        self._taken = random.Random()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers = []
        self.metadata_port = self.api_port = None

    def __enter__(self):
        self._thread.start()
        self.call(self._start())
        return self

    def __exit__(self, *_):
        self.call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    def free_address(self):
        return "127." + ".".join(str(self._taken.randrange(1, 255)) for _ in range(3))

    async def _start(self):
        await self.start_metadata()
        path = self.api_authority.server(self.folder, "api", addresses=["127.0.0.1"])
        self.api_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.api_context.load_cert_chain(path)
        api = await asyncio.start_server(self._serve_api, "127.0.0.1", 0, ssl=self.api_context)
        self.api_port = api.sockets[0].getsockname()[1]
        self._servers.append(api)

    async def start_metadata(self):
        server = await asyncio.start_server(self._serve_metadata, "127.0.0.1",
                                            self.metadata_port or 0)
        self.metadata_port = server.sockets[0].getsockname()[1]
        self._servers.append(server)

    async def stop_metadata(self):
        self._servers.pop(0).close()

    async def _stop(self):
        for server in self._servers:
            server.close()
        for instance in self.instances.values():
            for address in list(instance.fronts):
                await instance._close(address)
            await instance._cut()

    def add_instance(self, name="project:region:main"):
        self.instances[name] = Instance(self, name)
        return self.instances[name]

    def environment(self):
        return {"GCE_METADATA_HOST": f"127.0.0.1:{self.metadata_port}", "HOME": str(self.folder),
                "COOLKIT_CLOUDSQL_API_ENDPOINT": self.api_url,
                "COOLKIT_CLOUDSQL_API_CA": str(self.api_ca)}

    @property
    def api_url(self):
        return f"https://127.0.0.1:{self.api_port}"

    def url(self, instance, database, user=None, parameters=""):
        user = urllib.parse.quote(user or self.EMAIL, safe="")
        return f"cloudsql://{instance.name}/{database}?user={user}{parameters}"

    # -------------------------------------------------------------------------------- HTTP

    def new_token(self, email=None):
        token = f"ya29.{random.getrandbits(128):x}"
        self.tokens[token] = email or self.EMAIL
        return token

    def token_answer(self, email=None):
        return {"access_token": self.new_token(email), "expires_in": self.token_life,
                "token_type": "Bearer"}

    async def _read_request(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in
                   (line.partition(": ") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return first.split()[1], headers, body.decode()

    async def _answer(self, reader, writer, decide, flavor=""):
        try:
            path, headers, body = await self._read_request(reader)
            call, answer = decide(path, headers, body)
            self.asked.append(call)
            faults = self.faults.get(call)
            fault = faults.pop(0) if faults else Fault()
            await asyncio.sleep(fault.delay)
            if fault.cut:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                await writer.drain()
                return
            status, content = answer() if fault.status == 200 else (fault.status, fault.body)
            content = content if isinstance(content, str) else json.dumps(content)
            date = datetime.datetime.now(datetime.timezone.utc) + self.date_shift
            fields = {"Content-Length": len(content), "Connection": "close",
                      "Date": date.strftime("%a, %d %b %Y %H:%M:%S GMT"),
                      **({"Metadata-Flavor": flavor} if flavor else {}), **fault.headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n{content}".encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _serve_metadata(self, reader, writer):
        def decide(path, headers, _body):
            assert headers.get("metadata-flavor") == "Google"
            assert "/service-accounts/default/token?scopes=" in path
            return "token", lambda: (200, self.token_answer())

        await self._answer(reader, writer, decide, flavor="Google")

    async def _serve_api(self, reader, writer):
        await self._answer(reader, writer, self._decide_api)

    def _decide_api(self, path, headers, body):
        if path in ("/token", "/sts"):
            self.forms.append(dict(urllib.parse.parse_qsl(body)))
            return "endpoint", lambda: (200, self.token_answer())
        if path == "/impersonate":
            expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
            return "impersonate", lambda: (200, {
                "accessToken": self.new_token(),
                "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ")})
        call = "generateEphemeralCert" if path.endswith(":generateEphemeralCert") else \
            "connectSettings"
        return call, lambda: self._answer_api(call, path, headers, body)

    def _answer_api(self, call, path, headers, body):
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {"error": {"code": 401}}
        words = path.split("/")
        project, name = words[4], words[6].split(":")[0]
        found = [one for one in self.instances.values()
                 if (one.project, one.instance) == (project, name)]
        if not found:
            return 404, {"error": {"code": 404}}
        if call == "connectSettings":
            return 200, found[0].connect_settings()
        asked = json.loads(body)
        email = self.tokens.get(asked.get("access_token"))
        identity = email and {"email": email, "user": email.removesuffix(".gserviceaccount.com")}
        self.client_authority.shift = self.date_shift
        certificate = self.client_authority.client(asked["public_key"], found[0].certificate_life)
        self.certificates[f"{certificate.serial_number:X}"] = identity
        return 200, {"ephemeralCert": {"cert": pem_of(certificate)}}

    # -------------------------------------------------------------------------------- logins

    async def check_password(self, reader, writer, user):
        """Asks for it in clear text, as Cloud SQL does for IAM logins; tokens count too."""
        writer.write(b"R" + struct.pack("!II", 8, 3))
        await writer.drain()
        kind, size = struct.unpack("!cI", await reader.readexactly(5))
        assert kind == b"p"
        password = (await reader.readexactly(size - 4)).rstrip(b"\0").decode()
        email = self.tokens.get(password)
        good = email is not None and email not in self.revoked and \
            email.removesuffix(".gserviceaccount.com") == user
        if good or (password and self.passwords.get(user) == password):
            return True
        writer.write(refusal(user))
        await writer.drain()
        return False

    def open_direct(self, port, name="localhost"):
        """(port, path of the CA) of an instance's own port 5432, in front of PostgreSQL."""
        authority = Authority("direct-ca")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.server(self.folder, name, [name]))
        path = self.folder / "direct-ca.pem"
        path.write_text(authority.pem)

        async def serve(reader, writer):
            try:
                request = await read_startup(reader)
                if struct.unpack("!I", request[4:8])[0] == SSL_REQUEST:
                    writer.write(b"S")
                    await writer.drain()
                    await writer.start_tls(context)
                    request = await read_startup(reader)
                if await self.check_password(reader, writer, user_of(request)):
                    await splice(reader, writer, port, request)
            except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            finally:
                writer.close()

        async def start():
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            self._servers.append(server)
            return server.sockets[0].getsockname()[1]

        return self.call(start()), path
