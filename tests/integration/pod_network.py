"""The network between the pods of a ring: each pod has a second address at which the others reach
it, and what passes there can be held, for each pair of pods and each way. Clients and the database
do not come this way."""

import asyncio
import os
import pathlib
import socket
import threading

WAIT_SECONDS = 20.0
CHUNK_BYTES = 1 << 16


def _pid_holds(pid, socket_link):
    folder = pathlib.Path(f"/proc/{pid}/fd")
    try:
        return any(os.readlink(entry) == socket_link for entry in folder.iterdir())
    except OSError:
        return False


def owner_of(address, pids):
    """The key in `pids` (of process ids) whose process has a TCP socket with that local address."""
    host, port = address
    local = f"{socket.inet_aton(host)[::-1].hex().upper()}:{port:04X}"
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines():
        fields = line.split()
        if fields[1] == local:
            return next((key for key, pid in pids.items()
                         if _pid_holds(pid, f"socket:[{fields[9]}]")), None)
    return None


class PodNetwork:
    """`places`: number -> (host, port) where the others reach that pod, (host, port) where it
    listens. `pids`: a function that gives number -> process id, which tells who dialled."""

    def __init__(self, places, pids):
        self._places, self._pids = places, pids
        self._lost = set()  # (from, to): held until healed
        self._links = set()
        self._tasks = set()
        self._servers = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._listen())

    def lose(self, *pairs):
        """What the first pod of a pair sends to the second does not arrive, until it is healed;
        then it does, late, unless somebody has given up the connection: as packets that are lost
        and sent again."""
        self._call(self._change(self._lost | set(pairs)))

    def cut(self, number):
        """Nothing passes between this pod and the others."""
        self.lose(*((a, b) for a in self._places for b in self._places
                    if a != b and number in (a, b)))

    def heal(self, number=None):
        """Everything passes again; with a number: between this pod and the others."""
        kept = {pair for pair in self._lost if number is not None and number not in pair}
        self._call(self._change(kept))

    @property
    def lost(self):
        return set(self._lost)

    def close(self):
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()

    # ------------------------------------------------------------------------------ on the loop

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WAIT_SECONDS)

    async def _listen(self):
        self._changed = asyncio.Condition()
        for number, ((host, port), _) in self._places.items():
            self._servers.append(await asyncio.start_server(
                lambda reader, writer, to=number: self._accept(to, reader, writer), host, port))

    async def _change(self, lost):
        self._lost = lost
        async with self._changed:
            self._changed.notify_all()

    async def _close(self):
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in list(self._links):
            writer.transport.abort()

    async def _passes(self, link, up):
        """Waits while what goes this way is lost. Who dialled is looked up when it matters."""
        while self._lost and link.pair(up, self._pids) in self._lost:
            async with self._changed:
                await self._changed.wait()

    async def _accept(self, to, reader, writer):
        link = _Link(to, writer.get_extra_info("peername"))
        await self._passes(link, True)
        await self._passes(link, False)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._places[to][1])
        except OSError:
            writer.transport.abort()  # as the pod refuses, so does its other address
            return
        self._links |= {writer, far_writer}
        for up, source, sink in ((True, reader, far_writer), (False, far_reader, writer)):
            task = self._loop.create_task(self._pump(link, up, source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, link, up, source, sink):
        try:
            while data := await source.read(CHUNK_BYTES):
                await self._passes(link, up)
                sink.write(data)
                await sink.drain()
            await self._passes(link, up)
        except OSError:
            pass
        sink.close()
        self._links.discard(sink)


class _Link:
    """One connection to a pod."""

    def __init__(self, to, address):
        self.to, self.address = to, address
        self.dialler = None

    def pair(self, up, pids):
        """(from, to) of what goes up, which is from who dialled, or down."""
        if self.dialler is None:
            self.dialler = owner_of(self.address, pids()) or -1  # nobody any more
        return (self.dialler, self.to) if up else (self.to, self.dialler)
